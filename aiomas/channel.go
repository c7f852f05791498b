package aiomas

import (
	"context"
	"errors"
	"net"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Channel is a request–reply channel between two ends: both may send requests,
// any number at once, and reply in any order. It mirrors
// aiomas.channel.Channel and is safe for concurrent use.
//
// Remote calls need a [Client] on top; a bare Channel carries any content.
type Channel struct {
	conv *conversation.Conn
	cfg  *config
}

// DialChannel connects to addr ("tcp://host:port", "tcp+tls://host:port" or
// "unix:///path") and returns the channel. It mirrors
// aiomas.channel.open_connection.
func DialChannel(ctx context.Context, addr string, opts ...DialOption) (*Channel, error) {
	cfg, err := dialConfig(opts)
	if err != nil {
		return nil, err
	}
	if cfg.service != nil {
		return nil, errors.New("aiomas: DialChannel: WithService is for Dial; a Channel has no service, see NewClient")
	}
	conn, err := cfg.dialAwaited(ctx, addr)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	c.conv.Start()
	return c, nil
}

// NewChannel returns a channel over an existing connection, which it takes
// over. It serves either end.
func NewChannel(conn net.Conn, opts ...Option) (*Channel, error) {
	cfg, err := channelConfig(opts)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	c.conv.Start()
	return c, nil
}

// newChannel returns a channel that is not read from yet.
func newChannel(ctx context.Context, conn net.Conn, cfg *config) *Channel {
	transport.Watch(conn, cfg.limits.KeepAlive, cfg.limits.WriteTimeout)
	return &Channel{conversation.New(ctx, conn, peerName(conn), &cfg.conversation), cfg}
}

// peerName is the peer's address, or for an unnamed Unix socket (a client's
// end) the one that it came to.
func peerName(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil && a.String() != "" && a.String() != "@" {
		return FormatAddress(a)
	}
	return FormatAddress(conn.LocalAddr())
}

// Codec returns the channel's codec.
func (c *Channel) Codec() codec.Codec { return c.cfg.codec }

// LocalAddr returns the address of this end.
func (c *Channel) LocalAddr() net.Addr { return c.conv.NetConn().LocalAddr() }

// RemoteAddr returns the peer's address.
func (c *Channel) RemoteAddr() net.Addr { return c.conv.NetConn().RemoteAddr() }

// NetConn returns the connection, to ask it things (its TLS state, say); it must
// not be read from, written to or closed. It mirrors Channel.transport and
// Channel.get_extra_info.
func (c *Channel) NetConn() net.Conn { return c.conv.NetConn() }

// Done is closed when the connection is gone.
func (c *Channel) Done() <-chan struct{} { return c.conv.Done() }

// Err returns nil while the channel is open, and then the *[ConnectionError]
// that calls get.
func (c *Channel) Err() error { return c.conv.Err() }

// Send sends a request and waits for its reply, which it decodes into reply, a
// non-nil pointer, or drops if reply is nil. It mirrors Channel.send.
//
// The error is a *[RemoteError] when the peer failed the request, a
// *[ConnectionError] when the connection ended, an *[EncodeError] or a
// *[DecodeError] when content or the reply does not fit, or it wraps the error
// of ctx. A request given up by ctx may still be handled by the peer; its late
// reply is dropped.
func (c *Channel) Send(ctx context.Context, content, reply any) error {
	return c.conv.Call(ctx, &conversation.Exchange{Content: content, Target: reply})
}

// Go is like Send but does not wait: [Pending.Wait] does. Many requests can so be
// under way without a goroutine for each. content is encoded before Go returns;
// reply is written by Wait.
func (c *Channel) Go(ctx context.Context, content, reply any) *Pending {
	p := &Pending{}
	if err := checkTarget(reply); err != nil {
		p.p.Fail(err)
		return p
	}
	p.p.Exchange = conversation.Exchange{Content: content, Target: reply}
	p.p.Start(ctx, c.conv)
	return p
}

// Recv waits for the next request of the peer. It mirrors Channel.recv, and may
// be called by several goroutines. It returns a *[ConnectionError] once the
// connection has ended and all requests are handed out. On the channel of a
// [Client], the client answers all requests and Recv gets none.
func (c *Channel) Recv(ctx context.Context) (*Request, error) {
	r, err := c.conv.Recv(ctx)
	if err != nil {
		return nil, err
	}
	return &Request{r, c}, nil
}

// Close ends the connection: calls of this end fail with [ErrClosed], the
// contexts of running handlers end, replies that are already written still
// leave. It returns when the connection is gone, at the latest a few seconds
// later when the peer does not react. Close waits for no handler and no callback,
// and may be called by one; see [Channel.Shutdown]. Closing twice is fine. It
// mirrors Channel.close.
func (c *Channel) Close() error { return c.conv.Close() }

// Shutdown closes the connection gracefully: it refuses new requests, lets
// running handlers finish and their replies leave, and then closes. The contexts
// of handlers that still run after [Limits].ShutdownGrace end. Shutdown returns
// when the peer has closed too, or about a second after the last reply has left:
// then nothing is lost. When ctx ends first, it closes at once and returns the
// error of ctx. A handler that calls it waits for itself until then.
func (c *Channel) Shutdown(ctx context.Context) error { return c.conv.Shutdown(ctx) }

// Request is a request of the peer, as [Channel.Recv] returns it. It must be
// answered by Reply or Fail, from any goroutine, exactly once: a Python peer
// waits for ever otherwise. It mirrors aiomas.channel.Request.
type Request struct {
	r  *conversation.Request
	ch *Channel
}

// Decode decodes the content into what target, a non-nil pointer, points to.
// The error is a *[DecodeError].
func (r *Request) Decode(target any) error { return r.r.Decode(target) }

// Channel returns the channel that the request came by.
func (r *Request) Channel() *Channel { return r.ch }

// Reply answers the request with a result. When the result cannot be encoded,
// the peer gets that as an exception, and Reply returns the *[EncodeError].
// Other errors are [ErrAlreadyReplied], [ErrTooLate] past [WithReplyDeadline], a
// *[ConnectionError], or wrap that of ctx, which ends the wait for a peer that
// does not read; they mean that the peer has no reply. After that of ctx the
// request is as if Reply had not been called, and must still be answered.
func (r *Request) Reply(ctx context.Context, result any) error { return r.r.Reply(ctx, result) }

// Fail answers the request with an exception. A Python peer gets a traceback
// whose last line is the type and message of err; see [ExceptionType] for how
// to choose the type. Its errors are those of Reply.
func (r *Request) Fail(ctx context.Context, err error) error { return r.r.Fail(ctx, err) }
