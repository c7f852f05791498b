package peer

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer/pb"
)

func init() {
	register(Peer{
		Name: "grpc",
		Serve: func(ln net.Listener, _ Work) error {
			s := grpc.NewServer()
			pb.RegisterBenchServer(s, grpcServer{})
			return s.Serve(ln)
		},
		Dial: func(_ context.Context, addr string, work Work) (Caller, error) {
			conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				return nil, err
			}
			return &grpcCaller{pb.NewBenchClient(conn), &pb.Text{Text: text(work.Size)}, pbState()}, nil
		},
	})
}

type grpcServer struct{ pb.UnimplementedBenchServer }

func (grpcServer) Add(_ context.Context, r *pb.AddRequest) (*pb.AddReply, error) {
	return &pb.AddReply{Sum: r.GetA() + r.GetB()}, nil
}

func (grpcServer) Echo(_ context.Context, t *pb.Text) (*pb.Text, error)   { return t, nil }
func (grpcServer) Keep(_ context.Context, s *pb.State) (*pb.State, error) { return s, nil }

type grpcCaller struct {
	client pb.BenchClient
	text   *pb.Text
	state  *pb.State
}

func (c *grpcCaller) Call(ctx context.Context, work Work, i int) error {
	switch work.Name {
	case "add":
		r, err := c.client.Add(ctx, &pb.AddRequest{A: int64(i), B: 2})
		if err != nil || r.GetSum() != int64(i)+2 {
			return orWrong(err, work, r)
		}
	case "echo":
		r, err := c.client.Echo(ctx, c.text)
		if err != nil || len(r.GetText()) != work.Size {
			return orWrong(err, work, len(r.GetText()))
		}
	case "state":
		r, err := c.client.Keep(ctx, c.state)
		if err != nil || len(r.GetUnits()) != len(typedState) {
			return orWrong(err, work, r)
		}
	default:
		return errNoWork(work)
	}
	return nil
}

func pbState() *pb.State {
	s := &pb.State{Units: make(map[string]*pb.Unit, len(typedState))}
	for name, u := range typedState {
		s.Units[name] = &pb.Unit{
			ActivePower: u.ActivePower, ReactivePower: u.ReactivePower, Voltage: u.Voltage, VoltageAngle: u.VoltageAngle,
			Current: u.Current, Frequency: u.Frequency, Temperature: u.Temperature, Charge: u.Charge,
			Capacity: u.Capacity, MaxPower: u.MaxPower, MinPower: u.MinPower, Efficiency: u.Efficiency,
			Price: u.Price, Demand: u.Demand, Losses: u.Losses, Setpoint: u.Setpoint,
		}
	}
	return s
}
