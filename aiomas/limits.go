package aiomas

import (
	"errors"
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Limits bound the resources that one connection may use. A zero field means its default.
// docs/limits.md explains each limit. Python's aiomas has none.
type Limits struct {
	FrameIn  int64 // bytes of a received payload, also after decompression; default 64 MiB
	FrameOut int64 // bytes of a sent payload; default and maximum 2³²−1
	Depth    int   // nesting of a received message; default 512
	Elements int   // values in a received message; default 8 Mi

	Requests   int   // requests of the peer, running or queued; others are refused at once; default 10,000
	PendingIn  int64 // bytes of these requests, but one request may have any size; others are refused at once; default 256 MiB, or 4 × FrameIn if that is more
	PendingOut int64 // bytes that the peer has not read yet; above it senders wait; default 64 MiB

	WriteTimeout     time.Duration // for the peer to accept the next 64 KiB of pending bytes, or all of them; default 10 s
	FrameTimeout     time.Duration // between two parts of a frame; default 60 s
	HandshakeTimeout time.Duration // of TLS; default 10 s
	ShutdownGrace    time.Duration // from the start of Shutdown until the contexts of handlers end; default 1 s
	KeepAlive        time.Duration // between TCP keep-alive probes; default 15 s

	Path      int // bytes of a path; default 4 KiB
	ErrorText int // bytes of an exception's message sent to the peer; default 64 KiB
	LogLines  int // log lines of a connection per second; ten times as many for all connections of a server; default 10

	// These are off by default.

	Idle        time.Duration // a connection without calls in either direction is closed after this time
	CallTimeout time.Duration // for calls whose context has no deadline
	Connections int           // open connections of a server; others are closed at once
}

var defaultLimits = Limits{
	FrameIn: codec.DefaultSize, FrameOut: frame.MaxPayload, Depth: codec.DefaultDepth, Elements: codec.DefaultElements,
	Requests: 10_000, PendingIn: 256 << 20, PendingOut: 64 << 20,
	WriteTimeout: 10 * time.Second, FrameTimeout: 60 * time.Second,
	HandshakeTimeout: 10 * time.Second, ShutdownGrace: time.Second, KeepAlive: 15 * time.Second,
	Path: 4 << 10, ErrorText: 64 << 10, LogLines: 10,
}

// complete sets the defaults and checks all fields.
func (l Limits) complete() (Limits, error) {
	var errs []error
	check := func(name string, v, least, most int64) {
		if v < least || v > most {
			errs = append(errs, fmt.Errorf("aiomas: limit %s is %d, must be %d…%d", name, v, least, most))
		}
	}
	or(&l.FrameIn, defaultLimits.FrameIn)
	or(&l.FrameOut, defaultLimits.FrameOut)
	or(&l.Depth, defaultLimits.Depth)
	or(&l.Elements, defaultLimits.Elements)
	or(&l.Requests, defaultLimits.Requests)
	or(&l.PendingIn, max(defaultLimits.PendingIn, 4*l.FrameIn))
	or(&l.PendingOut, defaultLimits.PendingOut)
	or(&l.WriteTimeout, defaultLimits.WriteTimeout)
	or(&l.FrameTimeout, defaultLimits.FrameTimeout)
	or(&l.HandshakeTimeout, defaultLimits.HandshakeTimeout)
	or(&l.ShutdownGrace, defaultLimits.ShutdownGrace)
	or(&l.KeepAlive, defaultLimits.KeepAlive)
	or(&l.Path, defaultLimits.Path)
	or(&l.ErrorText, defaultLimits.ErrorText)
	or(&l.LogLines, defaultLimits.LogLines)

	const maxInt = int64(^uint(0) >> 1)
	check("FrameIn", l.FrameIn, conversation.LeastFrame, min(frame.MaxPayload, maxInt))
	check("FrameOut", l.FrameOut, conversation.LeastFrame, frame.MaxPayload)
	check("Depth", int64(l.Depth), 3, 10_000)
	check("Elements", int64(l.Elements), 3, maxInt)
	check("Requests", int64(l.Requests), 1, maxInt)
	check("PendingIn", l.PendingIn, 1, 1<<62)
	check("PendingOut", l.PendingOut, 1, 1<<62)
	for name, d := range map[string]time.Duration{
		"WriteTimeout": l.WriteTimeout, "FrameTimeout": l.FrameTimeout,
		"HandshakeTimeout": l.HandshakeTimeout, "KeepAlive": l.KeepAlive,
	} {
		check(name, int64(d), int64(time.Millisecond), 1<<62)
	}
	check("Path", int64(l.Path), 1, maxInt)
	check("ErrorText", int64(l.ErrorText), 1, maxInt)
	check("LogLines", int64(l.LogLines), 1, maxInt/ratelog.AllConnections)
	check("ShutdownGrace", int64(l.ShutdownGrace), 1, 1<<62)
	check("Idle", int64(l.Idle), 0, 1<<62)
	check("CallTimeout", int64(l.CallTimeout), 0, 1<<62)
	check("Connections", int64(l.Connections), 0, maxInt)
	return l, errors.Join(errs...)
}

func or[T int | int64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// WithLimits replaces the limits. Zero fields have their defaults.
func WithLimits(l Limits) Option { return setting(func(cfg *config) { cfg.limits = l }) }
