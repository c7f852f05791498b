// Program netrpc has the peers of net/rpc, with gob and with JSON.
package main

import (
	"context"
	"io"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
)

func main() {
	peer.Main(
		netRPCPeer("gob", (*rpc.Server).ServeConn, rpc.NewClient),
		netRPCPeer("jsonrpc",
			func(s *rpc.Server, conn io.ReadWriteCloser) { s.ServeCodec(jsonrpc.NewServerCodec(conn)) },
			func(conn io.ReadWriteCloser) *rpc.Client { return jsonrpc.NewClient(conn) }))
}

func netRPCPeer(name string, serve func(*rpc.Server, io.ReadWriteCloser), client func(io.ReadWriteCloser) *rpc.Client) peer.Peer {
	return peer.Peer{
		Name: name,
		Serve: func(ln net.Listener, _ peer.Work) error {
			s := rpc.NewServer()
			if err := s.RegisterName("Bench", netRPC{}); err != nil {
				return err
			}
			return peer.Accept(ln, func(conn net.Conn) { serve(s, conn) })
		},
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &netRPCCaller{client(conn), peer.Text(work.Size), state.New()}, nil
		},
	}
}

type netRPC struct{}

func (netRPC) Add(t *peer.Terms, sum *int) error {
	*sum = t.A + t.B
	return nil
}

func (netRPC) Echo(s string, reply *string) error {
	*reply = s
	return nil
}

func (netRPC) State(s state.Typed, reply *state.Typed) error {
	*reply = s
	return nil
}

type netRPCCaller struct {
	client *rpc.Client
	text   string
	state  state.Typed
}

func (c *netRPCCaller) Call(_ context.Context, work peer.Work, i int) error {
	switch work.Name {
	case "add":
		var sum int
		if err := c.client.Call("Bench.Add", &peer.Terms{A: i, B: 2}, &sum); err != nil || sum != i+2 {
			return peer.Wrong(err, work, sum)
		}
	case "echo":
		var s string
		if err := c.client.Call("Bench.Echo", c.text, &s); err != nil || len(s) != work.Size {
			return peer.Wrong(err, work, len(s))
		}
	case "state":
		var s state.Typed
		if err := c.client.Call("Bench.State", c.state, &s); err != nil || len(s) != len(c.state) {
			return peer.Wrong(err, work, len(s))
		}
	default:
		return peer.NoWork(work)
	}
	return nil
}
