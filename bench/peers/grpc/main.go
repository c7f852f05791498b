// Program grpc is the peer of grpc-go.
package main

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/pb"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
)

func main() {
	peer.Main(peer.Peer{
		Name: "grpc",
		Serve: func(ln net.Listener, _ peer.Work) error {
			s := grpc.NewServer()
			pb.RegisterBenchServer(s, grpcServer{})
			return s.Serve(ln)
		},
		Dial: func(_ context.Context, addr string, work peer.Work) (peer.Caller, error) {
			conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				return nil, err
			}
			return &grpcCaller{pb.NewBenchClient(conn), &pb.Text{Text: peer.Text(work.Size)}, pb.StateOf(state.New())}, nil
		},
	})
}

type grpcServer struct{ pb.UnimplementedBenchServer }

// slowTerm is the second term of slow calls, for which the service has no method of its own.
const slowTerm = 3

func (grpcServer) Add(_ context.Context, r *pb.AddRequest) (*pb.AddReply, error) {
	if r.GetB() == slowTerm {
		peer.WaitSlow()
	}
	return &pb.AddReply{Sum: r.GetA() + r.GetB()}, nil
}

func (grpcServer) Echo(_ context.Context, t *pb.Text) (*pb.Text, error)   { return t, nil }
func (grpcServer) Keep(_ context.Context, s *pb.State) (*pb.State, error) { return s, nil }

type grpcCaller struct {
	client pb.BenchClient
	text   *pb.Text
	state  *pb.State
}

func (c *grpcCaller) Call(ctx context.Context, work peer.Work, i int) error {
	switch work.Name {
	case "add", "mixed":
		b := int64(2)
		if peer.Slow(work, i) {
			b = slowTerm
		}
		r, err := c.client.Add(ctx, &pb.AddRequest{A: int64(i), B: b})
		if err != nil || r.GetSum() != int64(i)+b {
			return peer.Wrong(err, work, r)
		}
	case "echo":
		r, err := c.client.Echo(ctx, c.text)
		if err != nil || len(r.GetText()) != work.Size {
			return peer.Wrong(err, work, len(r.GetText()))
		}
	case "state":
		r, err := c.client.Keep(ctx, c.state)
		if err != nil || len(r.GetUnits()) != len(c.state.GetUnits()) {
			return peer.Wrong(err, work, r)
		}
	default:
		return peer.NoWork(work)
	}
	return nil
}
