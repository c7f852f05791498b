package tests

import (
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// A Python peer that is killed in mid-call fails the call, tells the client, and
// leaves nothing behind.
func TestPeerKilledInMidCall(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		peer := c.startPython(t)
		conn, _ := c.dial(t, peer.Addr)
		lost := make(chan error, 1)
		conn.OnConnectionReset(func(err error) { lost <- err })
		call := conn.Remote("sleep").Go(t.Context(), nil, 3600)
		if err := conn.Remote("add").Call(t.Context(), nil, 1); err != nil {
			t.Fatal(err) // after it, sleep has arrived too
		}
		peer.Kill()
		if err := call.Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("the call: %v", err)
		}
		if err := <-lost; !errors.Is(err, aiomas.ErrConnection) {
			t.Errorf("the callback: %v", err)
		}
		var ce *aiomas.ConnectionError
		if err := conn.Remote("add").Call(t.Context(), nil, 1); !errors.As(err, &ce) || !ce.Unsent {
			t.Errorf("a later call: %v", err)
		}
	})
}

// Python sends half a frame and is gone: an error that says so, and the other
// connections of the server go on.
func TestCutInMidFrame(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		ended := make(chan error, 2)
		service := callbacks()
		addr := c.startServer(t, service, aiomas.WithConnected(func(cl *aiomas.Client) {
			cl.OnConnectionReset(func(err error) { ended <- err })
		}))
		session := c.python.StartSession(t, "--connect", addr, "--codec", c.codec.Name())
		if _, err := session.Call("notify", []any{1}, nil); err != nil {
			t.Fatal(err)
		}

		frame, err := c.codec.AppendMessage(nil, codec.Request, 0, &codec.Call{Path: "notify", Args: []any{1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		frame = append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...)
		network, host, _ := strings.Cut(addr, "://")
		cut, err := new(net.Dialer).DialContext(t.Context(), network, host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cut.Write(frame[:len(frame)-2]); err != nil {
			t.Fatal(err)
		}
		_ = cut.Close()
		var pe *aiomas.ProtocolError
		if err := <-ended; !errors.As(err, &pe) || !strings.Contains(pe.Reason, "within a frame") {
			t.Errorf("the cut connection ended with %v", err)
		}
		if got, err := session.Call("notify", []any{21}, nil); err != nil || got != int64(42) {
			t.Errorf("another connection: %v, %v", got, err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A Go server that shuts down lets Python's running calls finish, refuses others
// with an exception like any other, and Python sees a clean end.
func TestShutdownWithPython(t *testing.T) {
	eachCodec(t, func(t *testing.T, c cell) {
		started, release := make(chan struct{}), make(chan struct{})
		r := aiomas.NewRouter()
		r.Expose("slow", func() string { close(started); <-release; return "done" })
		srv, addr := suite.Serve(t, "tcp://127.0.0.1:0", r, aiomas.WithCodec(c.codec))
		addr = recorder.Start(t, c.codec, addr, recorder.Listener)
		session := c.python.StartSession(t, "--connect", addr, "--codec", c.codec.Name())
		result := make(chan error, 1)
		go func() {
			got, err := session.Call("slow", nil, nil)
			if err == nil && got != "done" {
				err = errors.New("a wrong result")
			}
			result <- err
		}()
		<-started
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		var refused *pyenv.Error
		for { // until it has begun, there is just no such function
			if _, err := session.Call("other", nil, nil); !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if refused.Type != "LookupError" {
				break
			}
		}
		text := "Traceback (most recent call last):\naiomas_go.shutdown.ConnectionError: the peer is shutting down\n"
		want := pyenv.Error{Type: "ConnectionError", Message: "the peer is shutting down", Remote: true, Traceback: text}
		if *refused != want {
			t.Errorf("a call meanwhile: %+v", *refused)
		}
		close(release)
		if err := <-result; err != nil {
			t.Errorf("the running call: %v", err)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
}
