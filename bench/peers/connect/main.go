// Program connect is the peer of connect-go, over HTTP/2 without TLS.
package main

import (
	"context"
	"net"
	"net/http"

	"connectrpc.com/connect"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/pb"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/pb/pbconnect"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
)

func main() {
	peer.Main(peer.Peer{
		Name: "connect",
		Serve: func(ln net.Listener, _ peer.Work) error {
			mux := http.NewServeMux()
			mux.Handle(pbconnect.NewBenchHandler(connectServer{}))
			// As many streams as calls in flight; otherwise several connections would be
			// used.
			s := &http.Server{Handler: mux, Protocols: h2c(), HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 2000}}
			return s.Serve(ln)
		},
		Dial: func(_ context.Context, addr string, work peer.Work) (peer.Caller, error) {
			client := &http.Client{Transport: &http.Transport{Protocols: h2c()}}
			return &connectCaller{pbconnect.NewBenchClient(client, "http://"+addr), &pb.Text{Text: peer.Text(work.Size)}, pb.StateOf(state.New())}, nil
		},
	})
}

// h2c returns the protocols for HTTP/2 without TLS.
func h2c() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

type connectServer struct{}

func (connectServer) Add(_ context.Context, r *connect.Request[pb.AddRequest]) (*connect.Response[pb.AddReply], error) {
	return connect.NewResponse(&pb.AddReply{Sum: r.Msg.GetA() + r.Msg.GetB()}), nil
}

func (connectServer) Echo(_ context.Context, r *connect.Request[pb.Text]) (*connect.Response[pb.Text], error) {
	return connect.NewResponse(r.Msg), nil
}

func (connectServer) Keep(_ context.Context, r *connect.Request[pb.State]) (*connect.Response[pb.State], error) {
	return connect.NewResponse(r.Msg), nil
}

type connectCaller struct {
	client pbconnect.BenchClient
	text   *pb.Text
	state  *pb.State
}

func (c *connectCaller) Call(ctx context.Context, work peer.Work, i int) error {
	switch work.Name {
	case "add":
		r, err := c.client.Add(ctx, connect.NewRequest(&pb.AddRequest{A: int64(i), B: 2}))
		if err != nil || r.Msg.GetSum() != int64(i)+2 {
			return peer.Wrong(err, work, r)
		}
	case "echo":
		r, err := c.client.Echo(ctx, connect.NewRequest(c.text))
		if err != nil || len(r.Msg.GetText()) != work.Size {
			return peer.Wrong(err, work, r)
		}
	case "state":
		r, err := c.client.Keep(ctx, connect.NewRequest(c.state))
		if err != nil || len(r.Msg.GetUnits()) != len(c.state.GetUnits()) {
			return peer.Wrong(err, work, r)
		}
	default:
		return peer.NoWork(work)
	}
	return nil
}
