package nats_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	"github.com/nats-io/jwt/v2"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// key makes a key of NATS, and returns its public part and the file with its seed.
func key(t *testing.T, make func() (nkeys.KeyPair, error)) (k nkeys.KeyPair, public, file string) {
	t.Helper()
	k, err := make()
	var seed []byte
	if err == nil {
		public, err = k.PublicKey()
	}
	if err == nil {
		seed, err = k.Seed()
	}
	file = filepath.Join(t.TempDir(), "seed")
	if err == nil {
		err = os.WriteFile(file, seed, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k, public, file
}

// credentials returns the configuration of a server with an operator and an account, and the
// file with the credentials of a user.
func credentials(t *testing.T) (text, file string) {
	t.Helper()
	op, opPublic, _ := key(t, nkeys.CreateOperator)
	account, accountPublic, _ := key(t, nkeys.CreateAccount)
	user, userPublic, _ := key(t, nkeys.CreateUser)
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	encode := func(c interface {
		Encode(pair nkeys.KeyPair) (string, error)
	}, by nkeys.KeyPair) string {
		token, err := c.Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	operator := encode(jwt.NewOperatorClaims(opPublic), op)
	text = fmt.Sprintf("operator: %q\nresolver: MEMORY\nresolver_preload: { %s: %q }\n", operator, accountPublic, encode(jwt.NewAccountClaims(accountPublic), op))
	creds, err := jwt.FormatUserConfig(encode(jwt.NewUserClaims(userPublic), account), seed)
	file = filepath.Join(t.TempDir(), "user.creds")
	if err == nil {
		err = os.WriteFile(file, creds, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text, file
}

// Whatever a server asks of its clients, streams are whole.
func TestConnecting(t *testing.T) {
	_, public, seed := key(t, nkeys.CreateUser)
	nkey, err := client.NkeyOptionFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	operator, creds := credentials(t)
	ca := testcert.NewCA(t)
	cert := ca.Issue(t, "127.0.0.1")
	tls := fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }\n", cert.Cert, cert.Key, ca.File)
	files := []client.Option{client.RootCAs(ca.File), client.ClientCert(cert.Cert, cert.Key)}
	dead := fmt.Sprint("nats://127.0.0.1:", freePorts(t, 1)[0])
	for name, c := range map[string]struct {
		config string
		url    func(string) string
		opts   []client.Option
	}{
		"token":           {"authorization { token: t }\n", nil, []client.Option{client.Token("t")}},
		"password in URL": {"authorization { user: u, password: p }\n", func(url string) string { return strings.Replace(url, "//", "//u:p@", 1) }, nil},
		"nkey":            {"authorization { users: [ { nkey: " + public + " } ] }\n", nil, []client.Option{nkey}},
		"credentials":     {operator, nil, []client.Option{client.UserCredentials(creds)}},
		"TLS":             {tls, nil, files},
		"TLS first":       {strings.Replace(tls, "verify", "handshake_first: true, verify", 1), nil, append(files, client.TLSHandshakeFirst())},
		"several servers": {"\n", func(url string) string { return dead + "," + url }, []client.Option{client.DontRandomize()}},
		"verbose":         {"\n", nil, []client.Option{func(o *client.Options) error { o.Verbose, o.Pedantic = true, true; return nil }}},
		"tiny messages":   {"max_payload: 1024\n", nil, nil},
		"often pinged":    {"ping_interval: \"10ms\"\nping_max: 100\n", nil, []client.Option{client.PingInterval(10 * time.Millisecond), client.MaxPingsOutstanding(100)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, embedded.Options{Config: config(t, c.config)})
			url := s.URL()
			if c.url != nil {
				url = c.url(url)
			}
			a, b := connect(t, url, nats.Options{}, c.opts...), connect(t, url, nats.Options{}, append(slices.Clip(c.opts), s.InProcess())...)
			whole(t, a, b, 1)
			whole(t, b, a, 2)
		})
	}
}

// restart starts a server with another configuration where one was.
func restart(t *testing.T, s *embedded.Server, text string) *embedded.Server {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.NATS().Addr().String())
	n, err := strconv.Atoi(port)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return start(t, embedded.Options{Port: n, Config: config(t, text)})
}

// After a restart, a server may accept smaller messages than before.
func TestServerAcceptsLess(t *testing.T) {
	s := start(t, embedded.Options{})
	a, b := connect(t, s.URL(), nats.Options{}), connect(t, s.URL(), nats.Options{})
	x, y := pair(t, a, b)
	exchange(t, x, y, "before")
	restart(t, s, "max_payload: 1024\n")
	await(t, "both to be there again", func() bool { return a.NATS().Stats().Reconnects == 1 && b.NATS().Stats().Reconnects == 1 })
	if err := errors.Join(a.NATS().Flush(), b.NATS().Flush()); err != nil { // they have subscribed again
		t.Fatal(err)
	}
	exchange(t, x, y, strings.Repeat("after", 20_000))
	exchange(t, y, x, strings.Repeat("after", 20_000))
}

// When the server does not let the client in again, or the user ends the connection, streams
// end with the error that says so.
func TestConnectionEndsForGood(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *embedded.Server, n *nats.Transport){
		"other password": func(t *testing.T, s *embedded.Server, _ *nats.Transport) {
			restart(t, s, "authorization { token: other }\n")
		},
		"drained": func(t *testing.T, _ *embedded.Server, n *nats.Transport) {
			if err := n.NATS().Drain(); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, embedded.Options{Config: config(t, "authorization { token: t }\n")})
			token := client.Token("t")
			a, b := connect(t, s.URL(), nats.Options{Timeout: 3 * time.Second}, token), connect(t, s.URL(), nats.Options{}, token)
			x, y := pair(t, b, a)
			exchange(t, x, y, "hello")
			ln := listen(t, b, "ln")
			end(t, s, b)
			if _, err := x.Read(make([]byte, 1)); !errors.Is(err, nats.ErrDisconnected) {
				t.Errorf("read: %v", err)
			}
			if _, err := ln.Accept(); !errors.Is(err, nats.ErrDisconnected) {
				t.Errorf("accept: %v", err)
			}
			if _, err := b.Dial(t.Context(), "ln"); !errors.Is(err, nats.ErrDisconnected) {
				t.Errorf("dial: %v", err)
			}
			if _, err := y.Read(make([]byte, 1)); !typed(err) && !errors.Is(err, nats.ErrDisconnected) {
				t.Errorf("the other end: %v", err)
			}
		})
	}
}

// A member of a cluster that ends step by step, in lame duck mode, sends its clients to
// another one: idle streams live on.
func TestLameDuck(t *testing.T) {
	ports := freePorts(t, 2)
	var servers []*embedded.Server
	for i, p := range ports {
		servers = append(servers, start(t, embedded.Options{Config: config(t, fmt.Sprintf(
			"server_name: s%d\ncluster { name: c, listen: \"127.0.0.1:%d\", routes: [nats://127.0.0.1:%d] }\nlame_duck_grace_period: \"100ms\"\nlame_duck_duration: \"30s\"\n",
			i, p, ports[1-i]))}))
	}
	await(t, "the cluster", func() bool { return servers[0].NATS().NumRoutes() > 0 && servers[1].NATS().NumRoutes() > 0 })
	a := connect(t, servers[0].URL(), nats.Options{}, client.DontRandomize())
	b := connect(t, servers[1].URL(), nats.Options{})
	ln := listen(t, b, "name")
	x := dialSoon(t, a, "name")
	y, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, x, y, "before")
	go servers[0].NATS().LameDuckShutdown()
	await(t, "the other server", func() bool { return a.NATS().IsConnected() && a.NATS().Stats().Reconnects > 0 })
	if err := a.NATS().Flush(); err != nil { // it has subscribed again
		t.Fatal(err)
	}
	exchange(t, x, y, "question")
	exchange(t, y, x, "answer")
	_, _ = x.Close(), y.Close()
}

// A server that is killed while streams write to each other: each stream has received a
// beginning of what was sent, and ends with an error that says why, or goes on.
func TestServerIsKilled(t *testing.T) {
	port := freePorts(t, 1)[0]
	serve := func() *exec.Cmd { return startProcess(t, serverPort+"="+strconv.Itoa(port)) }
	server := serve()
	url := fmt.Sprint("nats://127.0.0.1:", port)
	a, b := connect(t, url, nats.Options{Timeout: 3 * time.Second}), connect(t, url, nats.Options{Timeout: 3 * time.Second})
	idle1, idle2 := pair(t, a, b)
	exchange(t, idle1, idle2, "before")
	var runs []traffic
	var from []net.Conn
	for range 4 {
		x, y := pair(t, a, b)
		runs, from = append(runs, startTraffic(x, y), startTraffic(y, x)), append(from, x, y)
	}
	exchange(t, idle1, idle2, strings.Repeat("some has passed", 10_000))
	_, _ = server.Process.Kill(), server.Wait()
	serve()
	reconnects := func(n *nats.Transport) bool { return n.NATS().IsConnected() && n.NATS().Stats().Reconnects > 0 }
	await(t, "both to be there again", func() bool { return reconnects(a) && reconnects(b) })
	if err := errors.Join(a.NATS().Flush(), b.NATS().Flush()); err != nil {
		t.Fatal(err)
	}
	exchange(t, idle1, idle2, "question")
	exchange(t, idle2, idle1, "answer")
	for i, r := range runs {
		r.end(t, from[i])
	}
}
