//go:build linux

// Program epoll has the peers that are the limit of what the system allows: raw system calls in
// one loop on one thread, without a goroutine for each connection, as a program in C would do it.
package main

import (
	"context"
	"net"
	"runtime"

	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/rawframe"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	// The scheduler does not know that the loop waits, and needs a place for the goroutine that
	// answers the bench.
	runtime.GOMAXPROCS(max(runtime.NumCPU(), 2))
	var peers []peer.Peer
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		peers = append(peers, epoll("raw-epoll-"+c.Name(), c, false), epoll("codec-epoll-"+c.Name(), c, true))
	}
	peer.Main(peers...)
}

// epoll returns a peer that exchanges frames of the sizes given by a codec. If it decodes, the
// frames are the messages of add, which both ends decode and encode; otherwise nothing is
// interpreted.
func epoll(name string, c codec.Codec, decodes bool) peer.Peer {
	return peer.Peer{
		Name: name,
		Serve: func(ln net.Listener, _ peer.Work) error {
			if decodes {
				return serve(ln, func() handler { return &adder{codec: c, decoder: c.NewDecoder()} })
			}
			return serve(ln, func() handler { return rawHandler{} })
		},
		Dial: func(_ context.Context, addr string, work peer.Work) (peer.Caller, error) {
			l, err := newLoop()
			if err != nil {
				return nil, err
			}
			conn, err := dial(addr)
			if err != nil {
				return nil, err
			}
			var m messages
			if decodes {
				m = &sums{codec: c, decoder: c.NewDecoder(), call: codec.Call{Path: "add"}}
			} else {
				frame, err := rawframe.New(c, work)
				if err != nil {
					return nil, err
				}
				m = rawMessages{frame}
			}
			return &caller{loop: l, conn: conn, messages: m}, l.add(conn)
		},
	}
}
