package tests

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
)

// goImage is the Go peer in an image that holds nothing else: one static program.
func goImage(t *testing.T) testcontainers.FromDockerfile {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "peer")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", bin, "./interop/peer")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	program, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, data := range map[string][]byte{
		"Dockerfile": []byte("FROM scratch\nCOPY peer /peer\nENTRYPOINT [\"/peer\"]\n"),
		"peer":       program,
	} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return testcontainers.FromDockerfile{ContextArchive: bytes.NewReader(archive.Bytes())}
}

// A Go peer in a container of its own, nothing but a static program, is called by
// real aiomas in another, and calls it back: every row, over a network that only
// the two are in.
func TestContainersAmongThemselves(t *testing.T) {
	t.Parallel()
	engine.Need(t)
	nw, err := network.New(t.Context(), network.WithLabels(engine.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	testcontainers.CleanupNetwork(t, nw)
	goPeer, err := testcontainers.GenericContainer(t.Context(), testcontainers.GenericContainerRequest{
		ContainerRequest: testcontainers.ContainerRequest{
			FromDockerfile: goImage(t),
			Cmd:            []string{"--listen", "tcp://0.0.0.0:5555"},
			Labels:         engine.Labels(),
			Networks:       []string{nw.Name},
			NetworkAliases: map[string][]string{nw.Name: {"go-peer"}},
			WaitingFor:     wait.ForLog("ready tcp://").WithStartupTimeout(startTimeout),
		},
		Started: true,
	})
	testcontainers.CleanupContainer(t, goPeer)
	if err != nil {
		t.Fatal(err)
	}
	python := runContainer(t, "",
		network.WithNetwork([]string{"python"}, nw),
		testcontainers.WithEntrypoint("python3"),
		testcontainers.WithCmd("client.py", "--connect", "tcp://go-peer:5555"),
		testcontainers.WithWaitStrategyAndDeadline(buildTimeout, wait.ForExit().WithExitTimeout(buildTimeout)),
	)
	state, err := python.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, errOut := containerOutput(t, python.GetContainerID())
	if checks := readChecks(t, []byte(out)); state.ExitCode != 0 || len(checks) < 500 {
		t.Errorf("exit code %d after %d checks\n%s", state.ExitCode, len(checks), errOut)
	}
}

// faultyPeer is a Python peer in a container on a network of its own, which is
// reached there directly: a published port would hide what happens to it.
type faultyPeer struct {
	t       *testing.T
	docker  *testcontainers.DockerClient
	id      string
	network *testcontainers.DockerNetwork
	record  aiomas.DialOption
}

func newFaultyPeer(t *testing.T) faultyPeer {
	t.Helper()
	engine.Need(t)
	nw, err := network.New(t.Context(), network.WithLabels(engine.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	testcontainers.CleanupNetwork(t, nw)
	c := runContainer(t, "",
		network.WithNetwork([]string{"peer"}, nw),
		testcontainers.WithCmd("--listen", "tcp://0.0.0.0:5555"),
		testcontainers.WithWaitStrategyAndDeadline(buildTimeout, wait.ForLog("ready tcp://").WithStartupTimeout(startTimeout)),
	)
	docker, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	return faultyPeer{t, docker, c.GetContainerID(), nw, aiomas.WithDialer(recorder.Dialer(t, json.Codec, recorder.MayAbort()))}
}

func (p faultyPeer) dial() (*aiomas.Client, error) {
	p.t.Helper()
	info, err := p.docker.ContainerInspect(p.t.Context(), p.id, client.ContainerInspectOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	ip := info.Container.NetworkSettings.Networks[p.network.Name].IPAddress
	ctx, cancel := context.WithTimeout(p.t.Context(), startTimeout)
	defer cancel()
	return aiomas.Dial(ctx, "tcp://"+ip.String()+":5555", aiomas.WithRetry(-1), p.record)
}

func (p faultyPeer) mustDial() *aiomas.Client {
	p.t.Helper()
	c, err := p.dial()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (p faultyPeer) do(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func add(ctx context.Context, c *aiomas.Client) error {
	n, err := aiomas.Call[int](ctx, c.Remote("add"), 1, 2)
	if err == nil && n != 3 {
		return errors.New("a wrong sum")
	}
	return err
}

// patience is how long a call waits that must not be answered.
const patience = 300 * time.Millisecond

func TestContainerKilled(t *testing.T) {
	t.Parallel()
	p := newFaultyPeer(t)
	c := p.mustDial()
	call := c.Remote("sleep").Go(t.Context(), nil, 3600)
	p.do(add(t.Context(), c)) // after it, sleep has arrived too
	_, err := p.docker.ContainerKill(t.Context(), p.id, client.ContainerKillOptions{})
	p.do(err)
	if err := call.Wait(t.Context()); !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("the call: %v", err)
	}
}

func TestContainerPaused(t *testing.T) {
	t.Parallel()
	p := newFaultyPeer(t)
	c := p.mustDial()
	p.do(add(t.Context(), c))
	early := c.Remote("sleep").Go(t.Context(), nil, 0.1, "early")
	_, err := p.docker.ContainerPause(t.Context(), p.id, client.ContainerPauseOptions{})
	p.do(err)
	var late int
	waiting := c.Remote("add").Go(t.Context(), &late, 20, 22)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := add(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call of a paused peer: %v", err)
	}
	_, err = p.docker.ContainerUnpause(t.Context(), p.id, client.ContainerUnpauseOptions{})
	p.do(err)
	if err := early.Wait(t.Context()); err != nil {
		t.Errorf("a call from before the pause: %v", err)
	}
	if err := waiting.Wait(t.Context()); err != nil || late != 42 {
		t.Errorf("a call during the pause: %d, %v", late, err)
	}
	if err := add(t.Context(), c); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestContainerNetworkCut(t *testing.T) {
	t.Parallel()
	p := newFaultyPeer(t)
	c := p.mustDial()
	p.do(add(t.Context(), c))
	_, err := p.docker.NetworkDisconnect(t.Context(), p.network.ID, client.NetworkDisconnectOptions{Container: p.id})
	p.do(err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := add(ctx, c); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("a call into nowhere: %v", err)
	}
	_, err = p.docker.NetworkConnect(t.Context(), p.network.ID, client.NetworkConnectOptions{Container: p.id})
	p.do(err)
	// A new connection works. The old one does too when the peer has got its old
	// address again, or ends with an error; it does not hang.
	if err := add(t.Context(), p.mustDial()); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := add(ctx, c); err != nil && !errors.Is(err, aiomas.ErrConnection) {
		t.Errorf("on the old connection: %v", err)
	}
}
