package aiomas_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// dialled is the address that a connection would have been made to.
type dialled struct{ network, address string }

func (d dialled) Network() string { return d.network }
func (d dialled) String() string  { return d.address }

// FuzzAddress: an address is refused with a reason, or FormatAddress writes what
// it leads to so that it leads there again.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"tcp://127.0.0.1:5555", "tcp://[::1]:5555", "tcp://:5555", "tcp+tls://host:1", "tcp://host:5555/0", "tcp://host", "tcp://host:",
		"tcp:host:1", "tcp://[fe80::1%eth0]:1", "unix:///tmp/s", "unix:relative", "unix://", "unix:", "ipc://[/tmp/s]", "ipc://[]", "ipc:///tmp/s",
		"http://host:1", "host:1", "", "unix:////s", "ipc://[a]]",
	} {
		f.Add(s)
	}
	errDialled := errors.New("dialled")
	var to dialled
	dialer := aiomas.WithDialer(func(_ context.Context, network, address string) (net.Conn, error) {
		to = dialled{network, address}
		return nil, errDialled
	})
	dial := func(t *testing.T, s string) dialled {
		t.Helper()
		to = dialled{}
		ch, err := aiomas.DialChannel(t.Context(), s, dialer)
		switch {
		case ch != nil:
			t.Errorf("%q: a channel without a connection", s)
		case errors.Is(err, errDialled) != (to != dialled{}):
			t.Errorf("%q: %v, but dialled %q", s, err, to)
		case !strings.HasPrefix(err.Error(), "aiomas: "):
			t.Errorf("%q: %v", s, err)
		}
		return to
	}
	f.Fuzz(func(t *testing.T, s string) {
		there := dial(t, s)
		if there == (dialled{}) {
			return
		}
		if there.address == "" || there.network != "tcp" && there.network != "unix" {
			t.Errorf("%q leads to %q", s, there)
		}
		written := aiomas.FormatAddress(there)
		if again := dial(t, written); again != there {
			t.Errorf("%q leads to %q, written as %q to %q", s, there, written, again)
		}
	})
}
