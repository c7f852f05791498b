package aiomas_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

// Two ends that were set up with different codecs: the one that gets the first
// message tells which codec it looks like, and hangs up; the other one tells
// that it was hung up on, and what to look at. Who uses the right one goes on.
func TestCodecMismatch(t *testing.T) {
	codecs := []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}
	for _, theirs := range codecs {
		for _, ours := range codecs {
			if ours == theirs {
				continue
			}
			t.Run("a "+ours.Name()+" client calls a "+theirs.Name()+" server", func(t *testing.T) {
				logger, log := testlog.NewErrors()
				_, addr := startServer(t, echoService(), aiomas.WithCodec(theirs), aiomas.WithLogger(logger))
				bystander := dial(t, addr, aiomas.WithCodec(theirs))

				err := dial(t, addr, aiomas.WithCodec(ours)).Remote("echo").Call(t.Context(), nil, "x")
				checkError(t, "the client gets", err, []check{
					as[*aiomas.ConnectionError](), says("it has never sent anything", "codec "+ours.Name()+" and no TLS?"),
					func(err error) bool { return errors.Is(err, io.EOF) }, // and no reset
				})
				checkError(t, "the server logs", <-log, []check{
					as[*aiomas.ProtocolError](), says("a frame that is not a " + theirs.Name() + " message; it looks like codec " + ours.Name()),
				})
				if got, err := aiomas.Call[string](t.Context(), bystander.Remote("echo"), "x"); got != "x" || err != nil {
					t.Errorf("a bystander gets %q, %v", got, err)
				}
			})
			t.Run("a "+theirs.Name()+" server calls a "+ours.Name()+" client", func(t *testing.T) {
				served := make(chan error, 1)
				_, addr := startServer(t, echoService(), aiomas.WithCodec(theirs), aiomas.WithConnected(func(c *aiomas.Client) {
					go func() { served <- c.Remote("echo").Call(t.Context(), nil, "x") }()
				}))
				conn := dial(t, addr, aiomas.WithCodec(ours), aiomas.WithService(echoService()))
				<-conn.Done()
				checkError(t, "the client ends with", conn.Err(), []check{
					as[*aiomas.ProtocolError](), says("it looks like codec " + theirs.Name()),
				})
				checkError(t, "the server gets", <-served, []check{as[*aiomas.ConnectionError](), says("codec " + theirs.Name())})
			})
		}
	}
}

// An end that has been heard, or asked for nothing, is not blamed for its codec.
func TestNoHintAfterAnAnswer(t *testing.T) {
	for _, answer := range []bool{true, false} {
		ch, raw := newRawChannel(t)
		done := make(chan error, 2)
		if answer {
			go func() {
				done <- ch.Send(t.Context(), "x", nil)
				done <- ch.Send(t.Context(), "y", nil)
			}()
			raw.recv()
			raw.send(`[1, 0, null]`)
			<-done
			raw.recv()
		}
		_ = raw.conn.Close()
		<-ch.Done()
		if err := ch.Err(); !errors.Is(err, io.EOF) || strings.Contains(err.Error(), "codec") {
			t.Errorf("answered %v: %v", answer, err)
		}
	}
}
