package aiomas_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// pipeListener accepts in-memory connections.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{make(chan net.Conn), make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// A peer that is silent during the TLS handshake holds neither Dial nor a server's
// connection.
func TestLimitHandshakeTimeout(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost")
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	secure := aiomas.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}, InsecureSkipVerify: true}) //nolint:gosec // nobody answers
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := aiomas.Dial(t.Context(), "tcp+tls://localhost:1", secure, aiomas.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			x, y := net.Pipe()
			go discard(y)
			return x, nil
		}))
		if err == nil || time.Since(start) != 10*time.Second {
			t.Errorf("Dial: %v after %v", err, time.Since(start))
		}

		srv := aiomas.NewServer(newService(t), secure, aiomas.WithLimits(aiomas.Limits{HandshakeTimeout: time.Minute}))
		ln := newPipeListener()
		served := make(chan error, 1)
		go func() { served <- srv.Serve(t.Context(), ln) }()
		x, y := net.Pipe()
		start = time.Now()
		ln.conns <- x
		discard(y)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the server closed the connection after %v", took)
		}
		_ = srv.Close()
		if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// discard reads until the end.
func discard(c net.Conn) {
	b := make([]byte, 1024)
	for {
		if _, err := c.Read(b); err != nil {
			_ = c.Close()
			return
		}
	}
}
