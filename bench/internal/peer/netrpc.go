package peer

import (
	"context"
	"io"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"

	"github.com/aiomas-go/aiomas-go/bench/internal/state"
)

func init() {
	registerNetRPC("gob", (*rpc.Server).ServeConn, rpc.NewClient)
	registerNetRPC("jsonrpc",
		func(s *rpc.Server, conn io.ReadWriteCloser) { s.ServeCodec(jsonrpc.NewServerCodec(conn)) },
		func(conn io.ReadWriteCloser) *rpc.Client { return jsonrpc.NewClient(conn) })
}

func registerNetRPC(name string, serve func(*rpc.Server, io.ReadWriteCloser), client func(io.ReadWriteCloser) *rpc.Client) {
	register(Peer{
		Name: name,
		Serve: func(ln net.Listener, _ Work) error {
			s := rpc.NewServer()
			if err := s.RegisterName("Bench", netRPC{}); err != nil {
				return err
			}
			return accept(ln, func(conn net.Conn) { serve(s, conn) })
		},
		Dial: func(ctx context.Context, addr string, work Work) (Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &netRPCCaller{client(conn), text(work.Size)}, nil
		},
	})
}

// Terms are the arguments of add for peers that take one argument.
type Terms struct{ A, B int }

type netRPC struct{}

func (netRPC) Add(t *Terms, sum *int) error {
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
}

func (c *netRPCCaller) Call(_ context.Context, work Work, i int) error {
	switch work.Name {
	case "add":
		var sum int
		if err := c.client.Call("Bench.Add", &Terms{i, 2}, &sum); err != nil || sum != i+2 {
			return orWrong(err, work, sum)
		}
	case "echo":
		var s string
		if err := c.client.Call("Bench.Echo", c.text, &s); err != nil || len(s) != work.Size {
			return orWrong(err, work, len(s))
		}
	case "state":
		var s state.Typed
		if err := c.client.Call("Bench.State", typedState, &s); err != nil || len(s) != len(typedState) {
			return orWrong(err, work, len(s))
		}
	default:
		return errNoWork(work)
	}
	return nil
}

func orWrong(err error, work Work, got any) error {
	if err != nil {
		return err
	}
	return errWrong(work, got)
}
