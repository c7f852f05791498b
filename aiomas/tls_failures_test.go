package aiomas_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testlog"
)

// A check tells whether an error is of the kind that a row wants.
type check func(error) bool

// as wants an error of type T.
func as[T error]() check {
	return func(err error) bool {
		var target T
		return errors.As(err, &target)
	}
}

// alert wants what the peer told by one of these alerts.
func alert(numbers ...tls.AlertError) check {
	return func(err error) bool {
		var got tls.AlertError
		for _, n := range numbers {
			if errors.Is(err, n) && errors.As(err, &got) && got == n {
				return true
			}
		}
		return false
	}
}

func expired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// says wants an error whose text has these parts.
func says(parts ...string) check {
	return func(err error) bool {
		for _, p := range parts {
			if !strings.Contains(err.Error(), p) {
				return false
			}
		}
		return true
	}
}

// tlsEnd is the setting of one end, by files or by a configuration.
type tlsEnd struct {
	ca   string
	pair testcert.Pair
}

// option is the end's setting for a TLS version: 1.3 is what the files give, for 1.2 it takes a
// configuration.
func (e tlsEnd) option(t *testing.T, version uint16) aiomas.TLSOption {
	t.Helper()
	if e.ca == "" {
		return nil
	}
	if version == tls.VersionTLS13 && e.pair.Cert != "" {
		return aiomas.WithTLSFiles(e.ca, e.pair.Cert, e.pair.Key)
	}
	pem, err := os.ReadFile(e.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c := &tls.Config{MaxVersion: version, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	if e.pair.Cert != "" {
		pair, err := tls.LoadX509KeyPair(e.pair.Cert, e.pair.Key)
		if err != nil {
			t.Fatal(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return aiomas.WithTLS(c)
}

// Every way for a TLS connection not to come about: each end's error has the
// type of the cause, the server goes on, and so do its other connections.
func TestTLSFailures(t *testing.T) {
	ca, otherCA := testcert.NewCA(t), testcert.NewCA(t)
	good := tlsEnd{ca.File, ca.Issue(t, "localhost", "127.0.0.1")}
	plain := tlsEnd{}
	const notAccepted = "does not accept this end's certificate"
	for _, r := range []struct {
		name           string
		server, client tlsEnd
		clientGets     []check
		serverLogs     []check
	}{
		{"server of another CA", tlsEnd{ca.File, otherCA.Issue(t, "localhost")}, good,
			[]check{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), as[x509.UnknownAuthorityError]()},
			[]check{as[*aiomas.TLSError](), alert(42, 48), says(notAccepted)}},
		{"server of another name", tlsEnd{ca.File, ca.Issue(t, "elsewhere")}, good,
			[]check{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), as[x509.HostnameError](), says("elsewhere", "not localhost")},
			[]check{as[*aiomas.TLSError](), alert(42), says(notAccepted)}},
		{"server's certificate expired", tlsEnd{ca.File, ca.IssueExpired(t, "localhost")}, good,
			[]check{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), expired},
			[]check{as[*aiomas.TLSError](), alert(42, 45), says(notAccepted)}},
		{"client without a certificate", good, tlsEnd{ca: ca.File},
			[]check{as[*aiomas.TLSError](), alert(40, 116), says("requires a certificate of this end")},
			[]check{as[*aiomas.TLSError](), says("didn't provide a certificate")}},
		{"client of another CA", good, tlsEnd{ca.File, otherCA.Issue(t, "client")},
			[]check{as[*aiomas.TLSError](), alert(42, 48), says(notAccepted)},
			[]check{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), as[x509.UnknownAuthorityError]()}},
		{"client's certificate expired", good, tlsEnd{ca.File, ca.IssueExpired(t, "client")},
			[]check{as[*aiomas.TLSError](), alert(42, 45), says(notAccepted)},
			[]check{as[*aiomas.TLSError](), as[*tls.CertificateVerificationError](), expired}},
		{"plain client", good, plain,
			[]check{as[*aiomas.ProtocolError](), says("a TLS alert (the peer expects TLS)")},
			[]check{as[*aiomas.TLSError](), as[tls.RecordHeaderError](), says("does not speak TLS but plain TCP, with codec json")}},
		{"plain server", plain, good,
			[]check{as[*aiomas.TLSError](), says("it may expect plain TCP")},
			[]check{as[*aiomas.ProtocolError](), says("look like TLS")}},
	} {
		for version, name := range map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"} {
			t.Run(r.name+"/"+name, func(t *testing.T) {
				logger, log := testlog.NewErrors()
				_, addr := startServer(t, echoService(), r.server.option(t, version), aiomas.WithLogger(logger))
				bystander := newBystander(t, addr, ca.File, r.server, good)
				// A refused client of TLS 1.3 has a race to win against the end of its connection.
				for range 20 {
					err := callOnce(t, addr, r.client.option(t, version))
					checkError(t, "the client gets", err, r.clientGets)
					checkError(t, "the server logs", <-log, r.serverLogs)
				}
				bystander()
			})
		}
	}
}

// newBystander connects to the server, if anyone can, and returns a function
// that checks that the connection goes on.
func newBystander(t *testing.T, addr, ca string, server, end tlsEnd) func() {
	t.Helper()
	option := end.option(t, tls.VersionTLS12)
	switch {
	case server.ca == "":
		option = nil
	case server != end: // its certificate is no good, but who does not look can connect
		pair, err := tls.LoadX509KeyPair(end.pair.Cert, end.pair.Key)
		if err != nil {
			t.Fatal(err)
		}
		option = aiomas.WithTLS(&tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true})
	}
	conn := dial(t, addr, option)
	check := func() {
		t.Helper()
		if got, err := aiomas.Call[string](t.Context(), conn.Remote("echo"), "x"); got != "x" || err != nil {
			t.Errorf("a bystander gets %q, %v", got, err)
		}
	}
	check()
	return check
}

// callOnce connects by name and calls echo.
func callOnce(t *testing.T, addr string, opts ...aiomas.DialOption) error {
	t.Helper()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(addr, "tcp://"))
	var dialer net.Dialer
	opts = append(opts, aiomas.WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}))
	conn, err := aiomas.Dial(t.Context(), "tcp://localhost:"+port, opts...)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Remote("echo").Call(t.Context(), nil, "x")
}

func checkError(t *testing.T, who string, err error, checks []check) {
	t.Helper()
	if err == nil {
		t.Errorf("%s no error", who)
		return
	}
	for i, check := range checks {
		if !check(err) {
			t.Errorf("%s %v (%T), which fails check %d", who, err, err, i)
		}
	}
	if !strings.HasPrefix(err.Error(), "aiomas: ") {
		t.Errorf("%s %v", who, err)
	}
}

// A web browser on the port, with TLS or without it, is told apart, and gets a
// clean end instead of a reset.
func TestHTTPClient(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	for name, option := range map[string]aiomas.TLSOption{"plain": nil, "TLS": aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key)} {
		t.Run(name, func(t *testing.T) {
			logger, log := testlog.NewErrors()
			_, addr := startServer(t, echoService(), option, aiomas.WithLogger(logger))
			other := dial(t, addr, option)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http"+strings.TrimPrefix(addr, "tcp"), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{DisableKeepAlives: true}
			response, err := transport.RoundTrip(request)
			if err == nil {
				_ = response.Body.Close()
				t.Errorf("an HTTP client gets %s", response.Status)
			} else if name == "plain" && !errors.Is(err, io.EOF) {
				t.Errorf("an HTTP client gets %v, not a clean end", err)
			}
			if err := <-log; !strings.Contains(err.Error(), "HTTP") {
				t.Errorf("the server logs %v", err)
			}
			if got, err := aiomas.Call[string](t.Context(), other.Remote("echo"), "x"); got != "x" || err != nil {
				t.Errorf("a bystander gets %q, %v", got, err)
			}
		})
	}
}

// Ends that say nothing: a client waits as long as the limit allows, and so
// does a server.
func TestTLSSilence(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	files := aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key)
	soon := aiomas.WithLimits(aiomas.Limits{HandshakeTimeout: 50 * time.Millisecond})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	want := []check{as[*aiomas.TLSError](), says("no handshake within 50ms"), func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }}
	_, err = aiomas.Dial(t.Context(), "tcp://"+silent.Addr().String(), files, soon)
	checkError(t, "a client gets", err, append(want, says("the peer may expect plain TCP"), says("cannot connect to tcp://127.0.0.1:")))

	ctx, cancel := context.WithCancelCause(t.Context())
	whim := errors.New("a whim")
	cancel(whim)
	if _, err := aiomas.Dial(ctx, "tcp://"+silent.Addr().String(), files); !errors.Is(err, whim) && !errors.Is(err, context.Canceled) {
		t.Errorf("a client that changes its mind gets %v", err)
	}

	logger, log := testlog.NewErrors()
	_, addr := startServer(t, echoService(), files, soon, aiomas.WithLogger(logger))
	conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	checkError(t, "the server logs", <-log, want)
}

// A server that closes waits for no handshake, and not for a peer that it refuses.
func TestTLSServerCloses(t *testing.T) {
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, "localhost", "127.0.0.1")
	for _, send := range []string{"", "GET / HTTP/1.1\r\n\r\n"} {
		logger, log := testlog.NewErrors()
		srv, addr := startServer(t, echoService(), aiomas.WithTLSFiles(ca.File, pair.Cert, pair.Key), aiomas.WithLogger(logger))
		conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if send != "" {
			_, _ = io.WriteString(conn, send)
			<-log
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection is still there")
		}
	}
}
