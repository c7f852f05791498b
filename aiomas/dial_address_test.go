package aiomas_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// An address of host and port needs no scheme, for whoever dials and for whoever
// listens.
func TestAddressWithoutScheme(t *testing.T) {
	dialled := errors.New("dialled")
	_, err := aiomas.Dial(t.Context(), "localhost:5555", aiomas.WithDialer(func(_ context.Context, network, addr string) (net.Conn, error) {
		if network != "tcp" || addr != "localhost:5555" {
			t.Errorf("dials %s %s", network, addr)
		}
		return nil, dialled
	}))
	if !errors.Is(err, dialled) {
		t.Error(err)
	}
	ln, err := aiomas.Listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(newService(t))
	go func() { _ = srv.Serve(t.Context(), ln) }()
	defer srv.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(aiomas.FormatAddress(ln.Addr()), "tcp://"))
	conn := dial(t, "localhost:"+port)
	if n, err := aiomas.Call[int](t.Context(), conn.Remote("add"), 1, 2); n != 3 || err != nil {
		t.Error(n, err)
	}
}
