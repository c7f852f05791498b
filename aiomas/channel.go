package aiomas

import (
	"context"
	"errors"
	"net"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/conversation"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Channel is a request–reply channel between two ends. Both ends may send requests, any
// number at a time, and reply in any order. It mirrors aiomas.channel.Channel and is
// safe for concurrent use.
//
// A Channel carries content of any form. For remote calls, put a [Client] on top.
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

// NewChannel returns a channel over conn, which it takes over. It works for either end
// of a connection.
func NewChannel(conn net.Conn, opts ...Option) (*Channel, error) {
	cfg, err := channelConfig(opts)
	if err != nil {
		return nil, err
	}
	c := newChannel(context.Background(), conn, cfg)
	c.conv.Start()
	return c, nil
}

// newChannel returns a channel that does not read yet.
func newChannel(ctx context.Context, conn net.Conn, cfg *config) *Channel {
	transport.Watch(conn, cfg.limits.KeepAlive, cfg.limits.WriteTimeout)
	return &Channel{conversation.New(ctx, conn, &cfg.conversation), cfg}
}

// peerName returns the peer's address, or the local one if the peer is an unnamed Unix
// socket, as a client's is.
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

// NetConn returns the underlying connection, for information such as its TLS state. The
// caller must not read from it, write to it or close it. It mirrors Channel.transport
// and Channel.get_extra_info.
func (c *Channel) NetConn() net.Conn { return c.conv.NetConn() }

// Done returns a channel that is closed when the connection has ended.
func (c *Channel) Done() <-chan struct{} { return c.conv.Done() }

// Err returns nil while the channel is open, and afterwards the *[ConnectionError] that
// calls return.
func (c *Channel) Err() error { return c.conv.Err() }

// Send sends a request and waits for its reply, which it decodes into reply, a
// non-nil pointer; if reply is nil, the reply is discarded. It mirrors Channel.send.
//
// The error is a *[RemoteError] if the peer failed the request, a *[ConnectionError] if
// the connection ended, or an *[EncodeError] or a *[DecodeError] if the content cannot
// be encoded or the reply not decoded; or it wraps the error of ctx. When ctx ends, the
// peer may still handle the request; its late reply is discarded.
func (c *Channel) Send(ctx context.Context, content, reply any) error {
	return c.conv.Call(ctx, &conversation.Exchange{Content: content, Target: reply})
}

// Go is like Send but does not wait for the reply; [Pending.Wait] does. It allows many
// requests in flight without a goroutine for each. content is encoded before Go returns;
// reply is set by Wait.
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

// Recv waits for the next request of the peer. It mirrors Channel.recv, and several
// goroutines may call it. Once the connection has ended and all requests have been
// returned, it returns a *[ConnectionError]. If the channel has a [Client], the client
// answers all requests, and Recv receives none.
func (c *Channel) Recv(ctx context.Context) (*Request, error) {
	r, err := c.conv.Recv(ctx)
	if err != nil {
		return nil, err
	}
	return &Request{r, c}, nil
}

// Close closes the connection. Calls of this end fail with [ErrClosed], and the contexts
// of running handlers end; replies already passed to the writer are still sent. Close
// returns when the connection has ended, after a few seconds at most if the peer does
// not react. It does not wait for handlers and callbacks, which may therefore call it;
// see [Channel.Shutdown]. Closing more than once is harmless. It mirrors Channel.close.
func (c *Channel) Close() error { return c.conv.Close() }

// Shutdown closes the connection gracefully: it refuses new requests, waits until
// running handlers have finished and their replies are sent, and then closes. The
// contexts of handlers still running after [Limits].ShutdownGrace end. Shutdown returns
// when the peer has closed its end, too, or about a second after the last reply was
// sent; no reply is lost then. If ctx ends first, it closes at once and returns the
// error of ctx. A handler that calls Shutdown waits for itself until then.
func (c *Channel) Shutdown(ctx context.Context) error { return c.conv.Shutdown(ctx) }

// Request is a request of the peer, as returned by [Channel.Recv]. It must be answered
// exactly once, by Reply or Fail, from any goroutine: without an answer a Python peer
// waits for ever. It mirrors aiomas.channel.Request.
type Request struct {
	r  *conversation.Request
	ch *Channel
}

// Decode decodes the content into the value that target, a non-nil pointer, points to.
// The error is a *[DecodeError].
func (r *Request) Decode(target any) error { return r.r.Decode(target) }

// Channel returns the channel on which the request arrived.
func (r *Request) Channel() *Channel { return r.ch }

// Reply answers the request with a result. If the result cannot be encoded, the peer
// receives that as an exception, and Reply returns the *[EncodeError]. Other errors mean
// that the peer received no reply: [ErrAlreadyReplied], [ErrTooLate] if the deadline of
// [WithReplyDeadline] has passed, a *[ConnectionError], or the error of ctx, which
// bounds the wait for a peer that does not read. After the error of ctx the request is
// still unanswered, and must be answered by another call.
func (r *Request) Reply(ctx context.Context, result any) error { return r.r.Reply(ctx, result) }

// Fail answers the request with an exception. A Python peer receives a traceback whose
// last line has the type and message of err; see [ExceptionType] for how to choose the
// type. Its errors are those of Reply.
func (r *Request) Fail(ctx context.Context, err error) error { return r.r.Fail(ctx, err) }
