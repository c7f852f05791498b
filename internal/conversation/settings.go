package conversation

import (
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Settings are shared by the connections of a server, or belong to a dialled one. They must be
// complete and valid, and must not be changed once a connection uses them. See aiomas.Limits for
// the meaning of the limits.
type Settings struct {
	// The fields that each call uses are together, since each dialled connection has its own
	// Settings.
	Codec       codec.Codec
	decoders    *sync.Pool // of codec.Decoder
	inMemory    bool       // content is in the memory that parse returns
	unpacker    unpacker   // the codec, if its messages are compressed; nil: they are not
	knower      knower     // the codec, if it is one; else nil
	CodecLimits codec.Limits
	CallTimeout time.Duration // 0: none
	calls       sync.Pool     // of *call

	Registry *codec.Registry // of custom types; see Conn.Handle for another one
	Errors   Errors
	Counters *Counters
	Tallies  []*Tally
	Loop     *arrival.Loop // reads the connections in the order of arrival; nil: each has a reader goroutine
	Log      *ratelog.Log
	PeerName func(net.Conn) string // for errors and the log

	FrameIn, FrameOut     int64
	Requests              int
	PendingIn, PendingOut int64
	WriteTimeout          time.Duration
	FrameTimeout          time.Duration
	Idle                  time.Duration // 0: none
	ShutdownGrace         time.Duration
	Concurrency           int           // handlers running at the same time; 0: no limit
	ReplyDeadline         time.Duration // 0: none

	Inline Inline

	watchdog  watchdog // of connections that are no sockets
	mostApart int32    // for Loop.Helpers; see Conn.handleApart
}

// Prepare completes s before its first connection.
func (s *Settings) Prepare() {
	s.decoders = decodersOf(s.Codec)
	s.unpacker, _ = s.Codec.(unpacker)
	s.knower, _ = s.Codec.(knower)
	_, s.inMemory = s.Codec.(gapCodec)
	s.inMemory = s.inMemory || s.unpacker != nil
	s.mostApart = int32(runtime.GOMAXPROCS(0) - 1) //nolint:gosec // a small number
	if s.Inline == InlineAuto {
		s.Inline = InlineLearned
		if plain || runtime.GOMAXPROCS(0) == 1 && s.Loop == nil {
			s.Inline = InlineNever
		}
	}
}

// Errors makes the errors of a connection and the exceptions for its peer. The package above
// implements it.
type Errors interface {
	// Ended returns the error of calls that are pending when the connection ends. cause is
	// [ErrClosed], a *[Violation], an error of the network, or the result of Explain.
	Ended(c *Conn, cause error) error
	// Unsent returns the error of a call of which nothing was passed to the system. err is the
	// result of Ended, or an error of the network.
	Unsent(c *Conn, err error) error
	// Explain adds a probable reason to err, the error of the network that ended the connection.
	Explain(c *Conn, err error) error
	// Panicked returns the error for a panic with v, or for runtime.Goexit if v is nil.
	Panicked(v any, stack []byte) error
	// Exception returns the text that answers a request that has failed with err: the error of
	// the handler, [ErrShuttingDown], [ErrBusy], or an *[UnreadableError]. It must be valid
	// UTF-8. label is the function, or empty. custom, which may be nil, returns other content; if
	// that cannot be encoded, text is sent.
	Exception(c *Conn, label string, err error) (text string, custom func() any)
	// Failed returns the error for the exception that answers the request label.
	Failed(c *Conn, label string, d codec.Decoder) error
	// OfCall adds the name of the request to an error of encoding or decoding.
	OfCall(c *Conn, name string, err error) error
}

// Handler answers the requests of a connection. Its methods may be called concurrently.
type Handler interface {
	// Handle answers r, by [Request.Answer] or [Request.Refuse], in all cases. The context of
	// handlers is Conn.Context.
	Handle(r *Request)
	// Ended is called once, when the connection has ended.
	Ended()
}

// LeastFrame is the smallest allowed limit of a payload.
const LeastFrame = 1 << 10
