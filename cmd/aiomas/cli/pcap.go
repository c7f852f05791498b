//go:build !aiomas_nopcap

package cli

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

func isPcap(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch binary.LittleEndian.Uint32(head) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a:
		return true
	}
	return false
}

type packetReader interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// readPcap reassembles the streams of a capture, and calls tell for the frames of streams that have any.
func readPcap(in io.Reader, limit int64, tell func(record.Event) error) error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	in = io.MultiReader(bytes.NewReader(head), in)
	var packets packetReader
	var err error
	if binary.LittleEndian.Uint32(head) == 0x0a0d0d0a {
		packets, err = pcapgo.NewNgReader(in, pcapgo.DefaultNgReaderOptions)
	} else {
		packets, err = pcapgo.NewReader(in)
	}
	if err != nil {
		return err
	}
	streams := &streams{limit: limit, tell: tell}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(streams))
	for streams.err == nil {
		data, info, err := packets.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
		packet := gopacket.NewPacket(data, packets.LinkType(), gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if ok && packet.NetworkLayer() != nil {
			assembler.AssembleWithContext(packet.NetworkLayer().NetworkFlow(), tcp, captured(info))
		}
	}
	assembler.FlushAll()
	return streams.err
}

type captured gopacket.CaptureInfo

// GetCaptureInfo returns the time of a packet.
func (c captured) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(c) }

// streams makes a stream for each TCP connection.
type streams struct {
	limit int64
	tell  func(record.Event) error
	conns int64
	err   error
}

// New is called for the first packet of a connection.
func (s *streams) New(network, transport gopacket.Flow, tcp *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	src := net.JoinHostPort(network.Src().String(), transport.Src().String())
	dst := net.JoinHostPort(network.Dst().String(), transport.Dst().String())
	st := &stream{all: s, addrs: [2]string{src, dst}}
	// The first packet is the client's, unless the capture began later: then the side with the lower port is taken
	// for the server.
	if tcp.SYN && tcp.ACK || !tcp.SYN && tcp.SrcPort < tcp.DstPort {
		st.swapped, st.addrs = true, [2]string{dst, src}
	}
	for side := range st.split {
		st.split[side].Limit = s.limit
	}
	return st
}

// stream is a TCP connection. Streams that do not begin with a message are ignored, since a capture may contain
// others.
type stream struct {
	all     *streams
	addrs   [2]string
	swapped bool
	split   [2]record.Splitter
	lost    [2]bool
	conn    int64 // 0 before it is reported
	foreign bool
}

// Accept accepts all packets, and connections whose beginning was not captured.
func (s *stream) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ reassembly.TCPFlowDirection, _ reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	*start = true
	return true
}

// ReassembledSG handles the next bytes of one direction.
func (s *stream) ReassembledSG(sg reassembly.ScatterGather, ac reassembly.AssemblerContext) {
	dir, _, end, skip := sg.Info()
	side := record.Client
	if (dir == reassembly.TCPDirServerToClient) != s.swapped {
		side = record.Server
	}
	n, _ := sg.Lengths()
	e := record.Event{Time: ac.GetCaptureInfo().Timestamp, From: side}
	if skip > 0 && !s.lost[side] {
		s.lost[side] = true
		s.put(e, record.Ended, fmt.Sprintf("%d bytes are missing in the capture, nothing after them can be read", skip))
	}
	if !s.lost[side] && n > 0 {
		s.split[side].Add(sg.Fetch(n), func(data []byte, rest bool) {
			kind := record.Frame
			if rest {
				kind = record.Rest
			}
			e.Data = data
			s.put(e, kind, "")
		})
		e.Data = nil
	}
	if end && !s.lost[side] {
		s.lost[side] = true
		s.put(e, record.Ended, "EOF")
	}
}

// put reports an event, and before the first message the connection.
func (s *stream) put(e record.Event, kind record.Kind, reason string) {
	if s.conn == 0 && !s.foreign {
		s.foreign = kind != record.Frame || record.Detect(e.Data) == nil
		if !s.foreign {
			s.all.conns++
			s.conn = s.all.conns
			s.event(record.Event{Time: e.Time, Kind: record.Opened, Addrs: s.addrs})
		}
	}
	if !s.foreign {
		e.Kind, e.Reason = kind, reason
		s.event(e)
	}
}

func (s *stream) event(e record.Event) {
	e.Conn = s.conn
	if s.all.err == nil {
		s.all.err = s.all.tell(e)
	}
}

// ReassemblyComplete allows the connection to be forgotten.
func (s *stream) ReassemblyComplete(reassembly.AssemblerContext) bool { return true }
