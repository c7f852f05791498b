package conversation

import (
	"runtime"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/arrival"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Settings are what the connections of a server, or one that was dialled, have in
// common. They are complete and checked; see aiomas.Limits for what the limits mean.
// They must not be changed once a connection uses them.
type Settings struct {
	// What each call needs, together: each connection that is dialled has its own.
	Codec       codec.Codec
	decoders    *sync.Pool // of codec.Decoder
	CodecLimits codec.Limits
	CallTimeout time.Duration // 0: none
	calls       sync.Pool     // of *call

	Registry *codec.Registry // of custom types; see Conn.Handle for another one
	Errors   Errors
	Counters *Counters
	Tallies  []*Tally
	Loop     *arrival.Loop // reads the connections, in the order of arrival; nil: goroutines do
	Log      *ratelog.Log

	FrameIn, FrameOut     int64
	Requests              int
	PendingIn, PendingOut int64
	WriteTimeout          time.Duration
	FrameTimeout          time.Duration
	Idle                  time.Duration // 0: none
	ShutdownGrace         time.Duration
	Concurrency           int           // handlers at once; 0: any number
	ReplyDeadline         time.Duration // 0: none

	Inline Inline

	watchdog watchdog
}

// Prepare completes s for its first connection.
func (s *Settings) Prepare() {
	s.decoders = decodersOf(s.Codec)
	if s.Inline == InlineAuto {
		s.Inline = InlineLearned
		if plain || runtime.GOMAXPROCS(0) == 1 {
			s.Inline = InlineNever
		}
	}
}

// Errors are how the package above says what happens on a connection: its errors, and
// the form of exceptions.
type Errors interface {
	// Ended returns the error of calls that the end of the connection leaves
	// without a reply. cause is [ErrClosed], a *[Violation], what the network said,
	// or what Explain made of that.
	Ended(c *Conn, cause error) error
	// Unsent returns err for a call of which nothing was handed to the network. err
	// is of Ended, or what the network said.
	Unsent(c *Conn, err error) error
	// Explain says more about err, with which the network ended the connection.
	Explain(c *Conn, err error) error
	// Panicked returns the error for a panic with v, nil for runtime.Goexit.
	Panicked(v any, stack []byte) error
	// Exception returns the text that answers a request that has failed with err:
	// what the handler said, [ErrShuttingDown], [ErrBusy], an *[UnreadableError]. It
	// must be valid UTF-8. label names the function, if there is one. custom, which
	// may be nil, makes another content, in place of which text is sent if that
	// cannot be encoded.
	Exception(c *Conn, label string, err error) (text string, custom func() any)
	// Failed reads the exception that answers the request label.
	Failed(c *Conn, label string, d codec.Decoder) error
	// OfCall says of which request an error of encoding or decoding is.
	OfCall(c *Conn, name string, err error) error
}

// Handler answers the requests of a connection. Its methods may be called at the
// same time.
type Handler interface {
	// Handle answers r, by [Request.Answer] or [Request.Refuse], whatever happens.
	// The context of Conn.Context ends with the connection.
	Handle(r *Request)
	// Ended is called once, when the connection is gone.
	Ended()
}

// LeastFrame is the least limit of a payload.
const LeastFrame = 1 << 10
