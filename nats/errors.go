package nats

import (
	"errors"
	"io/fs"
	"net"
	"syscall"
)

// Errors of streams, of Dial and of Listen. They are wrapped in a [net.OpError], and also
// match the error that a socket would return.
var (
	// ErrLost means that NATS has not delivered all bytes, for example because it
	// disconnected a slow client or a server ended. It matches syscall.ECONNRESET.
	ErrLost error = &failure{"bytes were lost on their way", syscall.ECONNRESET}
	// ErrPeerGone means that the peer's process has been silent for [Options].Timeout, or
	// that NATS has no subscription of it. It matches syscall.ECONNRESET.
	ErrPeerGone error = &failure{"the peer is gone", syscall.ECONNRESET}
	// ErrReset means that the peer has ended the stream before it was complete, or has
	// closed it with unread bytes. Streams have a method Reset() for it. It matches
	// syscall.ECONNRESET.
	ErrReset error = &failure{"the peer has reset the stream", syscall.ECONNRESET}
	// ErrDisconnected means that the NATS connection is closed for good.
	ErrDisconnected error = &failure{"the NATS connection is closed", net.ErrClosed}
	// ErrNameTaken means that another listener has the name. It matches syscall.EADDRINUSE.
	ErrNameTaken error = &failure{"the name is taken", syscall.EADDRINUSE}
	// ErrNoAnswer means that the name exists but its listener does not answer, or that
	// there was no connection to NATS during the whole time. It matches syscall.ETIMEDOUT.
	ErrNoAnswer error = &failure{"no answer", syscall.ETIMEDOUT}
	// ErrNotPermitted means that this process has not received a message that it sent to
	// itself: the NATS user may not publish or subscribe to the subjects of docs/nats.md.
	// It matches fs.ErrPermission.
	ErrNotPermitted error = &failure{"the NATS user lacks permissions, or NATS sends nothing back (NoEcho)", fs.ErrPermission}
	// ErrBadName is the error for names that are not NATS subjects, contain a slash or are
	// empty.
	ErrBadName = errors.New("a name is words of letters, digits, - and _, with dots between them")
)

// failure is an error that matches another one.
type failure struct {
	text string
	also error
}

func (f *failure) Error() string        { return f.text }
func (f *failure) Is(target error) bool { return target == f.also }
