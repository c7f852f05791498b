package ours

import (
	"context"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
)

// dialler does the work "dial": a connection, one add, and the end of the connection.
type dialler struct {
	dial func(ctx context.Context) (*aiomas.Client, error)
}

func (d dialler) Call(ctx context.Context, _ peer.Work, i int) error {
	conn, err := d.dial(ctx)
	if err != nil {
		return err
	}
	if err := callAdd(ctx, conn.Remote("add"), i); err != nil {
		return err
	}
	return conn.Close()
}
