//go:build unix

package reliability

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// A server that is stopped for a while (SIGSTOP) answers everything afterwards.
func TestStoppedServer(t *testing.T) {
	times := pick(3, 20)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		peer := startPeer(t, language, listenArgs(c)...)
		me := callbacks()
		client := dial(t, peer.Addr, aiomas.WithCodec(c), aiomas.WithService(me), recorded(t, language, c))
		for range times {
			if err := peer.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			goOn := func() {
				if err := peer.Signal(syscall.SIGCONT); err != nil {
					t.Error(err)
				}
			}
			resume := time.AfterFunc(100*time.Millisecond, goOn)
			var o outcomes
			run(client, me, harmless, &o)
			if resume.Stop() { // one of its threads answered all while another was about to stop
				goOn()
			} else {
				ledger.inject("SIGSTOP", 1)
			}
			ledger.judge(t, "a stopped server", &o)
		}
	})
}

// A client that is stopped for a while gets its replies afterwards, and others theirs
// meanwhile.
func TestStoppedClient(t *testing.T) {
	times := pick(1, 20)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		asked := make(chan struct{}, 1000)
		opts := []aiomas.ServerOption{faultyOptions(c), aiomas.WithHandlerInterceptors(func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			if in.Path == "payload" { // the mixture's last call
				asked <- struct{}{}
			}
			return next(ctx)
		})}
		_, addr := startServer(t, conformance(), opts...)
		client := startFaultyClient(t, language, c)
		at := recordedAt(t, language, c, addr)
		other := startBystander(t, addr, c, false)
		for range times {
			ended := make(chan *outcomes, 1)
			go func() { ended <- client.send(at, harmless) }()
			<-asked
			if err := client.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			for range 200 { // the others go on meanwhile
				if err := other.client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
					t.Fatal(err)
				}
			}
			if err := client.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			ledger.inject("SIGSTOP", 1)
			ledger.judge(t, "a stopped client", within(t, harmless, "the end of the client's calls", ended))
			for len(asked) > 0 { // its second round
				<-asked
			}
		}
		other.finish(t)
	})
}

// A server that is killed fails the calls that it has not answered, each with a
// ConnectionError, and leaves nothing behind; other servers are not affected.
func TestKilledServer(t *testing.T) {
	times := pick(2, 10)
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		_, living := startServer(t, conformance(), faultyOptions(c))
		other := startBystander(t, living, c, false)
		for range times {
			peer := startPeer(t, language, listenArgs(c)...)
			client, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithCodec(c), recorded(t, language, c))
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan error, 1)
			client.OnConnectionReset(func(err error) { lost <- err })
			var calls []*aiomas.Pending
			for range 100 {
				calls = append(calls, client.Remote("sleep").Go(t.Context(), nil, 3600))
			}
			if err := client.Remote("add").Call(t.Context(), nil, 1, 2); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, len(calls))
			for _, call := range calls {
				go func() { ended <- call.Wait(context.Background()) }()
			}
			peer.Kill()
			ledger.inject("SIGKILL", 1)
			var o outcomes
			for range calls {
				err := within(t, harmless, "the end of a call", ended)
				o.add(outcome(err), err)
			}
			if ledger.judge(t, "a killed server", &o, "lost"); o.counts["ok"] > 0 {
				t.Errorf("%d calls have a result", o.counts["ok"])
			}
			if err := within(t, harmless, "OnConnectionReset", lost); !errors.Is(err, aiomas.ErrConnection) {
				t.Error(err)
			}
			_ = client.Close()
		}
		other.finish(t)
	})
}

// A client that is killed leaves nothing behind in a Go server: its handlers'
// contexts end, and its connections.
func TestKilledClient(t *testing.T) {
	times := pick(1, 10)
	const connections = 20
	eachPeer(t, func(t *testing.T, language string, c codec.Codec) {
		t.Helper()
		started, ended := make(chan *aiomas.Client, 1000), make(chan struct{}, 1000)
		opts := []aiomas.ServerOption{faultyOptions(c), aiomas.WithHandlerInterceptors(func(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (any, error) {
			if in.Path == "sleep" { // the mixture waits for this
				started <- aiomas.ClientFrom(ctx)
				<-ctx.Done()
				ended <- struct{}{}
			}
			return next(ctx)
		})}
		_, addr := startServer(t, conformance(), opts...)
		at := recordedAt(t, language, c, addr)
		other := startBystander(t, addr, c, false)
		for range times {
			client := startFaultyClient(t, language, c)
			for range connections {
				go client.send(at, harmless)
			}
			var clients []*aiomas.Client
			for range connections {
				clients = append(clients, within(t, harmless, "a call of the client's", started))
			}
			client.kill(t)
			ledger.inject("SIGKILL", 1)
			for _, cl := range clients {
				within(t, harmless, "the end of a handler's context", ended)
				within(t, harmless, "the end of a connection", cl.Done())
			}
		}
		other.finish(t)
	})
}
