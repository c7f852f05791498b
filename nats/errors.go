package nats

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// Errors of streams, of Dial and of Listen. They come within a [net.OpError], and match
// what a socket would say, too.
var (
	// ErrLost says that NATS has not delivered all bytes: a client that was too slow was
	// disconnected, a server has ended. It matches syscall.ECONNRESET.
	ErrLost error = &failure{"bytes were lost on their way", syscall.ECONNRESET}
	// ErrPeerGone says that the peer's process has not been heard of for
	// [Options].Timeout, or NATS knows it no more. It matches syscall.ECONNRESET.
	ErrPeerGone error = &failure{"the peer is gone", syscall.ECONNRESET}
	// ErrReset says that the peer has ended the stream before it was complete, or has
	// closed it with bytes unread. Streams have a method Reset() for it. It matches syscall.ECONNRESET.
	ErrReset error = &failure{"the peer has reset the stream", syscall.ECONNRESET}
	// ErrDisconnected says that the NATS connection is closed for good.
	ErrDisconnected error = &failure{"the NATS connection is closed", net.ErrClosed}
	// ErrNameTaken says that another listener has the name. It matches
	// syscall.EADDRINUSE.
	ErrNameTaken error = &failure{"the name is taken", syscall.EADDRINUSE}
	// ErrNoAnswer says that somebody has the name but does not answer, or that there was
	// no NATS server all the time. It matches syscall.ETIMEDOUT.
	ErrNoAnswer error = &failure{"no answer", syscall.ETIMEDOUT}
	// ErrNotPermitted says that this side has not received what it sent to itself: the
	// NATS user may not publish or subscribe to the subjects of docs/nats.md. It matches
	// fs.ErrPermission.
	ErrNotPermitted error = &failure{"the NATS user lacks permissions, or NATS sends nothing back (NoEcho)", fs.ErrPermission}
	// ErrBadName is for names that are no NATS subjects, have a slash or are empty.
	ErrBadName = errors.New("a name is words of letters, digits, - and _, with dots between them")
)

// failure is an error that matches another one.
type failure struct {
	text string
	also error
}

func (f *failure) Error() string        { return f.text }
func (f *failure) Is(target error) bool { return target == f.also } //nolint:errorlint // also is never wrapped
