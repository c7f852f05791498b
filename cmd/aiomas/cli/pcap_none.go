//go:build aiomas_nopcap

package cli

import (
	"errors"
	"io"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

// The tag aiomas_nopcap leaves out files of packets, whose library is a third of the program: for images.

func isPcap([]byte) bool { return false }

func readPcap(io.Reader, int64, func(record.Event) error) error {
	return errors.New("this program was built without pcap files, with the tag aiomas_nopcap")
}
