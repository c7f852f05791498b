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
		peers = append(peers,
			raw("raw-epoll-"+c.Name(), c, func() handler { return rawHandler{} }, func(m rawMessages) messages { return m }),
			texts("checked-epoll-"+c.Name(), c, false), texts("text-epoll-"+c.Name(), c, true), decoding(c))
	}
	peer.Main(peers...)
}

// raw returns a peer that exchanges frames of the sizes given by a codec, and interprets nothing.
func raw(name string, c codec.Codec, newHandler func() handler, client func(rawMessages) messages) peer.Peer {
	return epoll(name, newHandler, func(work peer.Work) (messages, error) {
		frame, err := rawframe.New(c, work)
		return client(rawMessages{frame}), err
	})
}

// texts is raw for texts, which both ends check; with fresh they also copy each to a new string.
func texts(name string, c codec.Codec, fresh bool) peer.Peer {
	return raw(name, c, func() handler { return &textHandler{texts: text{fresh: fresh}} }, func(m rawMessages) messages {
		return &textMessages{rawMessages: m, texts: text{fresh: fresh}}
	})
}

// decoding returns a peer for the messages of add, which both ends decode and encode.
func decoding(c codec.Codec) peer.Peer {
	return epoll("codec-epoll-"+c.Name(),
		func() handler { return &adder{codec: c, decoder: c.NewDecoder()} },
		func(peer.Work) (messages, error) {
			return &sums{codec: c, decoder: c.NewDecoder(), call: codec.Call{Path: "add"}}, nil
		})
}

func epoll(name string, newHandler func() handler, newMessages func(peer.Work) (messages, error)) peer.Peer {
	return peer.Peer{
		Name:  name,
		Serve: func(ln net.Listener, _ peer.Work) error { return serve(ln, newHandler) },
		Dial: func(_ context.Context, addr string, work peer.Work) (peer.Caller, error) {
			l, err := newLoop()
			if err != nil {
				return nil, err
			}
			conn, err := dial(addr)
			if err != nil {
				return nil, err
			}
			m, err := newMessages(work)
			if err != nil {
				return nil, err
			}
			return &caller{loop: l, conn: conn, messages: m}, l.add(conn)
		},
	}
}
