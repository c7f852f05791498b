package tests

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// All that two Pythons say goes through the relay of the examples, which decodes
// and encodes it: custom types, callbacks, dicts of any order and keys, exceptions.
// The same bytes leave it that came, in both directions.
func TestRelayChangesNoByte(t *testing.T) {
	for _, c := range matrixCodecs {
		t.Run(c.Name(), func(t *testing.T) {
			py := pyenv.RequireBlosc(t, pyenv.RequireOne(t))
			// Blosc in several threads leaves the order of a large chunk's blocks to chance.
			t.Setenv("BLOSC_NTHREADS", "1")
			peer := py.StartPeer(t, "--listen", "tcp://127.0.0.1:0", "--codec", c.Name())
			behind := startTap(t, hostPort(peer.Addr))
			before := startTap(t, hostPort(startRelay(t, "-listen", "127.0.0.1:0", "-to", behind.addr, "-codec", c.Name())))
			checks := py.RunClient(t, "--connect", "tcp://"+before.addr, "--codec", c.Name(), "--random", "300", "--flight", "100")
			if len(checks) < 100 {
				t.Errorf("only %d checks", len(checks))
			}
			before.compare(t, c, behind)
		})
	}
}

func hostPort(addr string) string { return strings.TrimPrefix(addr, "tcp://") }

// startRelay returns the address of the relay. It runs until it is killed.
func startRelay(t *testing.T, args ...string) string {
	t.Helper()
	cmd := suite.Relay(t, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if stderr.Len() > 0 {
			t.Errorf("the relay: %s", stderr.Bytes())
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		t.Fatalf("the relay said %q, %v", line, err)
	}
	return addr
}

// tap is a relay that keeps what passes, by connection in the order of accepting
// and by direction.
type tap struct {
	addr, to string
	ln       net.Listener
	all      sync.WaitGroup

	mu    sync.Mutex
	conns []*[2]bytes.Buffer
}

func startTap(t *testing.T, to string) *tap {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{addr: ln.Addr().String(), to: to, ln: ln}
	p.all.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

// stop waits for all that passes.
func (p *tap) stop() {
	_ = p.ln.Close()
	p.all.Wait()
}

func (p *tap) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		kept := new([2]bytes.Buffer)
		p.mu.Lock()
		p.conns = append(p.conns, kept)
		p.mu.Unlock()
		p.all.Go(func() {
			var both sync.WaitGroup
			both.Go(func() { pass(client, server, &kept[0]) })
			both.Go(func() { pass(server, client, &kept[1]) })
			both.Wait()
			_ = client.Close()
			_ = server.Close()
		})
	}
}

func pass(from, to net.Conn, kept *bytes.Buffer) {
	_, _ = io.Copy(to, io.TeeReader(from, kept))
	_ = to.(*net.TCPConn).CloseWrite()
}

// compare waits for the end of all and compares each connection of p to that of
// behind.
func (p *tap) compare(t *testing.T, c codec.Codec, behind *tap) {
	t.Helper()
	p.stop()
	behind.stop()
	if len(p.conns) == 0 || len(p.conns) != len(behind.conns) {
		t.Fatalf("%d connections became %d", len(p.conns), len(behind.conns))
	}
	messages, merged := 0, 0
	for i, kept := range p.conns {
		sent, arrived := behind.conns[i][1].Bytes(), kept[1].Bytes()
		for dir, pair := range [2][2][]byte{{kept[0].Bytes(), behind.conns[i][0].Bytes()}, {sent, arrived}} {
			in, out := frames(t, pair[0]), frames(t, pair[1])
			if len(in) != len(out) {
				t.Errorf("connection %d, direction %d: %d messages became %d", i, dir, len(in), len(out))
			}
			messages += len(in)
			for j := range min(len(in), len(out)) {
				switch {
				case in[j] == out[j]:
				case c == json.Codec && cmp.Equal(content(t, in[j]), content(t, out[j]), cmpopts.EquateNaNs()):
					merged++
				default:
					t.Errorf("connection %d, direction %d: message %d, %.200q, became %.200q", i, dir, j, in[j], out[j])
				}
			}
		}
	}
	// {1: …, '1': …} has the same key twice, of which json.loads too keeps one.
	t.Logf("%d connections, %d messages, %d of them with a key that was there twice", len(p.conns), messages, merged)
	if merged > messages/100 {
		t.Errorf("%d of %d messages are not what came", merged, messages)
	}
}

func frames(t *testing.T, stream []byte) (list []string) {
	t.Helper()
	for r := frame.NewReader(bytes.NewReader(stream), 0); ; {
		switch f, err := r.Next(); {
		case errors.Is(err, io.EOF):
			return list
		case err != nil:
			t.Fatal(err)
		default:
			list = append(list, string(f))
		}
	}
}

// content is what a JSON message means.
func content(t *testing.T, f string) (v any) {
	t.Helper()
	m, err := json.Codec.ParseMessage([]byte(f[frame.HeaderSize:]), codec.Limits{})
	if err == nil {
		err = m.Decode(json.Codec, &v, new(codec.Registry).WithDecoding(codec.Decoding{Opaque: true}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return []any{m.Type, m.ID, v}
}
