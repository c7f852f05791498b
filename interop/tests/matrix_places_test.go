package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// containerPlace is one container in which all peers of one Python run, and in
// which the clients are started. A directory is shared with it, for Unix sockets and
// certificates.
type containerPlace struct {
	c           testcontainers.Container
	dir         string
	here, there []string
	addrs       map[string]string // of the peers, by set-up
	host        string            // this machine's address in the engine's network
}

const (
	sharedDir = "/shared" // in the container
	firstPort = 6000
)

// environment is where the Dockerfile has put aiomas as it is, and with the
// packages that change it.
func environment(kind string) string {
	if kind == "plain" {
		return "/opt/plain"
	}
	return "/opt/compat"
}

// kindArgs makes peer.py and client.py use the packages of a kind.
func kindArgs(kind string) []string {
	switch kind {
	case "compat":
		return []string{"--compat"}
	case "fast":
		return []string{"--compat", "--fast"}
	}
	return nil
}

func newContainerPlace(t *testing.T, py pyenv.Python) *containerPlace {
	t.Helper()
	p := &containerPlace{dir: testnet.SocketDir(t), addrs: map[string]string{}, host: hostAddress(t)}
	p.here, p.there = tlsFiles(t, p.dir, sharedDir, hostName)
	var cells, ports []string
	port := firstPort
	portOf := map[string]string{}
	for _, s := range setups() {
		args := append([]string{s.String(), environment(s.kind)}, kindArgs(s.kind)...)
		if s.transport == "unix" {
			args = append(args, "--listen", "unix://"+sharedDir+"/py-"+s.String())
			p.addrs[s.String()] = "unix://" + filepath.Join(p.dir, "py-"+s.String())
		} else {
			args = append(args, "--listen", fmt.Sprintf("tcp://0.0.0.0:%d", port))
			ports = append(ports, fmt.Sprintf("%d/tcp", port))
			portOf[s.String()] = ports[len(ports)-1]
			port++
		}
		args = append(args, "--codec", s.codec.Name())
		if s.transport == "tls" {
			args = append(args, p.there...)
		}
		cells = append(cells, strings.Join(args, " "))
	}
	p.c = runContainer(t, py.Version,
		testcontainers.WithEntrypoint("python3", "cells.py"),
		testcontainers.WithCmd(cells...),
		testcontainers.WithExposedPorts(ports...),
		testcontainers.WithEnv(map[string]string{"SSLKEYLOGFILE": sharedDir + "/keys"}),
		testcontainers.WithConfigModifier(func(c *container.Config) { c.User = "0:0" }), // the sockets and keys are root's
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.Binds = append(host.Binds, p.dir+":"+sharedDir)
			host.ExtraHosts = append(host.ExtraHosts, hostName+":host-gateway")
		}),
		testcontainers.WithWaitStrategyAndDeadline(buildTimeout, wait.ForLog("ready all").WithStartupTimeout(startTimeout)),
	)
	for name, port := range portOf {
		addr, err := p.c.PortEndpoint(t.Context(), port, "tcp")
		if err != nil {
			t.Fatal(err)
		}
		p.addrs[name] = addr
	}
	return p
}

func (p *containerPlace) python(_ testing.TB, s setup) string { return p.addrs[s.String()] }

func (p *containerPlace) tls() (here, there []string) { return p.here, p.there }

func (p *containerPlace) keys() string { return filepath.Join(p.dir, "keys") }

func (p *containerPlace) listen(_ testing.TB, s setup) string {
	if s.transport == "unix" {
		return "unix://" + filepath.Join(p.dir, "go-"+s.String())
	}
	return "tcp://" + net.JoinHostPort(p.host, "0")
}

func (p *containerPlace) connect(tb testing.TB, s setup, ready string) string {
	tb.Helper()
	if s.transport == "unix" {
		return "unix://" + sharedDir + "/go-" + s.String()
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(ready, "tcp://"))
	if err != nil {
		tb.Fatal(err)
	}
	return "tcp://" + hostName + ":" + port
}

func (p *containerPlace) client(tb testing.TB, s setup, args ...string) []pyenv.Check {
	tb.Helper()
	cmd := append([]string{"python3", "client.py"}, kindArgs(s.kind)...)
	code, out, err := p.c.Exec(tb.Context(), append(cmd, args...),
		tcexec.WithEnv([]string{"PYTHONPATH=" + environment(s.kind)}), tcexec.Multiplexed())
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		tb.Fatal(err)
	}
	checks := readChecks(tb, text)
	if code != 0 {
		tb.Errorf("the client ended with exit code %d", code)
	}
	return checks
}

// readChecks reads the lines of the Python client, and fails the test for each
// check that did.
func readChecks(tb testing.TB, out []byte) (checks []pyenv.Check) {
	tb.Helper()
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var check pyenv.Check
		switch err := json.Unmarshal(lines.Bytes(), &check); {
		case err != nil:
			tb.Errorf("the client: %s", lines.Text()) // something on stderr
		case check.Row != "":
			checks = append(checks, check)
			if !check.OK {
				tb.Errorf("check failed: %s", lines.Text())
			}
		}
	}
	return checks
}

// hostPlace are the Pythons of this machine.
type hostPlace struct {
	py          map[string]pyenv.Python // by kind
	dir         string
	here, there []string
}

func newHostPlace(t *testing.T, py pyenv.Python) *hostPlace {
	t.Helper()
	compat := pyenv.RequireCompat(t, py)
	p := &hostPlace{dir: testnet.SocketDir(t), py: map[string]pyenv.Python{"plain": py, "compat": compat, "fast": compat}}
	p.here, p.there = tlsFiles(t, p.dir, p.dir)
	return p
}

func (p *hostPlace) tls() (here, there []string) { return p.here, p.there }

func (p *hostPlace) keys() string { return keyLog }

func (p *hostPlace) listen(_ testing.TB, s setup) string {
	if s.transport == "unix" {
		return "unix://" + filepath.Join(p.dir, s.String())
	}
	return "tcp://127.0.0.1:0"
}

func (p *hostPlace) connect(_ testing.TB, _ setup, ready string) string { return ready }

func (p *hostPlace) python(tb testing.TB, s setup) string {
	tb.Helper()
	args := append(kindArgs(s.kind), "--listen", p.listen(tb, s), "--codec", s.codec.Name())
	if s.transport == "tls" {
		args = append(args, p.there...)
	}
	return p.pythonOf(tb, s).StartPeer(tb, args...).Addr
}

func (p *hostPlace) client(tb testing.TB, s setup, args ...string) []pyenv.Check {
	tb.Helper()
	return p.pythonOf(tb, s).RunClient(tb, append(kindArgs(s.kind), args...)...)
}

// pythonOf returns the Python of a set-up; aiomas as it is has no blosc.
func (p *hostPlace) pythonOf(tb testing.TB, s setup) pyenv.Python {
	tb.Helper()
	if s.kind == "plain" && s.codec == blosc.Codec {
		return pyenv.RequireBlosc(tb, p.py[s.kind])
	}
	return p.py[s.kind]
}
