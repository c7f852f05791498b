// Program jsonrpc2 is the peer of sourcegraph/jsonrpc2.
package main

import (
	"context"
	"encoding/json"
	"net"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/state"
)

func main() {
	peer.Main(peer.Peer{
		Name: "jsonrpc2",
		Serve: func(ln net.Listener, _ peer.Work) error {
			return peer.Accept(ln, func(conn net.Conn) {
				jsonrpc2.NewConn(context.Background(), jsonrpc2.NewPlainObjectStream(conn),
					jsonrpc2.AsyncHandler(jsonrpc2.HandlerWithError(answerJSONRPC2)))
			})
		},
		Dial: func(ctx context.Context, addr string, work peer.Work) (peer.Caller, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			c := jsonrpc2.NewConn(ctx, jsonrpc2.NewPlainObjectStream(conn),
				jsonrpc2.AsyncHandler(jsonrpc2.HandlerWithError(answerJSONRPC2)))
			return &jsonRPC2Caller{c, peer.Text(work.Size), state.New()}, nil
		},
	})
}

func answerJSONRPC2(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
	switch r.Method {
	case "add":
		var t peer.Terms
		err := json.Unmarshal(*r.Params, &t)
		return t.A + t.B, err
	case "echo":
		var s string
		err := json.Unmarshal(*r.Params, &s)
		return s, err
	case "state":
		var s state.Typed
		err := json.Unmarshal(*r.Params, &s)
		return s, err
	}
	return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound}
}

type jsonRPC2Caller struct {
	conn  *jsonrpc2.Conn
	text  string
	state state.Typed
}

func (c *jsonRPC2Caller) Call(ctx context.Context, work peer.Work, i int) error {
	switch work.Name {
	case "add":
		var sum int
		if err := c.conn.Call(ctx, "add", peer.Terms{A: i, B: 2}, &sum); err != nil || sum != i+2 {
			return peer.Wrong(err, work, sum)
		}
	case "echo":
		var s string
		if err := c.conn.Call(ctx, "echo", c.text, &s); err != nil || len(s) != work.Size {
			return peer.Wrong(err, work, len(s))
		}
	case "state":
		var s state.Typed
		if err := c.conn.Call(ctx, "state", c.state, &s); err != nil || len(s) != len(c.state) {
			return peer.Wrong(err, work, len(s))
		}
	default:
		return peer.NoWork(work)
	}
	return nil
}
