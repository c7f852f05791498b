package nats_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	process := func(run func(ctx context.Context, value string) error, value string) bool {
		if value == "" {
			return false
		}
		if err := run(context.Background(), value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return true
	}
	if process(peerProcess, os.Getenv(serverOf)) || process(serverProcess, os.Getenv(serverPort)) {
		return
	}
	goleak.VerifyTestMain(m)
}

// serverOf is the environment variable with the NATS server of a process started by
// startProcess.
const serverOf = "AIOMAS_NATS_TEST_SERVER"

const peerName = "peer.process"

// peerProcess is a process of TestProcessIsKilled: a server whose function hang does not
// return.
func peerProcess(ctx context.Context, url string) error {
	n, err := nats.Connect(ctx, url, nats.Options{Claim: claim})
	if err != nil {
		return err
	}
	ln, err := n.Listen(ctx, peerName)
	if err != nil {
		return err
	}
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	service.Expose("hang", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	fmt.Println("ready")
	return aiomas.NewServer(service).Serve(ctx, ln)
}

// serverPort is the environment variable with the port of the NATS server that a process
// started by startProcess is.
const serverPort = "AIOMAS_NATS_TEST_PORT"

func serverProcess(ctx context.Context, port string) error {
	n, err := strconv.Atoi(port)
	if err == nil {
		_, err = embedded.Start(ctx, embedded.Options{Port: n})
	}
	if err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// startProcess starts this program as another process, and waits until it is ready.
func startProcess(t *testing.T, env string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the process has not started: %q, %v", line, err)
	}
	return cmd
}

// claim is a short one: all is on this machine.
const claim = 20 * time.Millisecond

func start(t testing.TB, o embedded.Options) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func connect(t testing.TB, url string, o nats.Options, opts ...client.Option) *nats.Transport {
	t.Helper()
	if o.Claim == 0 {
		o.Claim = claim
	}
	n, err := nats.Connect(t.Context(), url, o, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// two are transports of two processes with one server.
func two(t testing.TB, o nats.Options) (a, b *nats.Transport) {
	t.Helper()
	s := start(t, embedded.Options{})
	return connect(t, s.URL(), o), connect(t, s.URL(), o)
}

func listen(t testing.TB, n *nats.Transport, name string) net.Listener {
	t.Helper()
	ln, err := n.Listen(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

var pairs atomic.Int64

// pair is a stream from one to the other.
func pair(t testing.TB, from, to *nats.Transport) (dialled, accepted net.Conn) {
	t.Helper()
	name := fmt.Sprint("pair.", pairs.Add(1))
	ln, err := to.Listen(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if dialled, err = from.Dial(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if accepted, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled, accepted
}

// await waits until f is true.
func await(t testing.TB, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func exchange(t testing.TB, a, b net.Conn, text string) {
	t.Helper()
	if _, err := a.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(b, got); err != nil || string(got) != text {
		t.Fatalf("%q has come, %v", got, err)
	}
}
