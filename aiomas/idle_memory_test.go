package aiomas_test

import (
	"context"
	"net"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// A connection that waits has no read buffer, whatever its type: the buffer of one end
// alone has 72 KiB.
func TestIdleConnectionsHaveNoReadBuffer(t *testing.T) {
	ca := testcert.NewCA(t)
	files := ca.Issue(t, "127.0.0.1")
	tls := aiomas.WithTLSFiles(ca.File, files.Cert, files.Key)
	var dialer net.Dialer
	own := aiomas.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		return struct{ net.Conn }{conn}, err // no socket of package net any more
	})
	for name, c := range map[string]struct {
		server []aiomas.ServerOption
		client []aiomas.DialOption
		most   int64 // bytes of both ends
	}{
		"TCP":        {most: 16 << 10},
		"a dialer's": {client: []aiomas.DialOption{own}, most: 16 << 10},
		"TLS":        {server: []aiomas.ServerOption{tls}, client: []aiomas.DialOption{tls}, most: 64 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			_, addr := startServer(t, echoService(), c.server...)
			const conns = 50
			before := testcost.LiveHeap()
			for range conns {
				client, err := aiomas.Dial(t.Context(), addr, c.client...)
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				if err := client.Remote("echo").Call(t.Context(), nil, "x"); err != nil {
					t.Fatal(err)
				}
			}
			got := (int64(testcost.LiveHeap()) - int64(before)) / conns
			t.Logf("%d bytes", got)
			if got > c.most {
				t.Errorf("the two ends of an idle connection hold %d bytes, more than %d", got, c.most)
			}
		})
	}
}
