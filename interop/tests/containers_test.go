package tests

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// pythonDir is where the Python side and its Dockerfile are.
const pythonDir = "../python"

const (
	buildTimeout = 5 * time.Minute // the first time it may make a base image
	startTimeout = 3 * time.Minute // of Python, on a busy machine
	peerPort     = "5555/tcp"
	hostName     = "host.docker.internal" // this machine, for a container
)

// startPeer starts a Python peer in a container and returns its address, once it
// is ready. Python is a version like "3.11", or empty for whichever is at hand;
// args are further options of the peer. It is removed when the test ends.
func startPeer(t testing.TB, python string, args ...string) string {
	t.Helper()
	c := runContainer(t, python,
		testcontainers.WithCmd(append([]string{"--listen", "tcp://0.0.0.0:5555"}, args...)...),
		testcontainers.WithExposedPorts(peerPort),
		testcontainers.WithWaitStrategyAndDeadline(buildTimeout, wait.ForLog("ready tcp://").WithStartupTimeout(startTimeout)),
	)
	addr, err := c.PortEndpoint(t.Context(), peerPort, "tcp")
	if err != nil {
		t.Fatalf("port of the Python peer: %v", err)
	}
	return addr
}

// runClient runs the Python client in a container until it ends, and returns
// what it wrote to stdout and its exit code. It reaches listeners of listenHost.
func runClient(t testing.TB, python string, args ...string) (stdout string, exitCode int) {
	t.Helper()
	return runPython(t, python, append([]string{"client.py"}, args...)...)
}

// runPython is runClient for any arguments of the interpreter.
func runPython(t testing.TB, python string, args ...string) (stdout string, exitCode int) {
	t.Helper()
	c := runContainer(t, python,
		testcontainers.WithEntrypoint("python3"),
		testcontainers.WithCmd(args...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.ExtraHosts = append(host.ExtraHosts, hostName+":host-gateway")
		}),
		testcontainers.WithWaitStrategyAndDeadline(buildTimeout, wait.ForExit().WithExitTimeout(buildTimeout)),
	)
	state, err := c.State(t.Context())
	if err != nil {
		t.Fatalf("state of the container: %v", err)
	}
	out, errOut := containerOutput(t, c.GetContainerID())
	if errOut != "" {
		t.Logf("stderr of python3 %s:\n%s", strings.Join(args, " "), errOut)
	}
	return out, state.ExitCode
}

// listenHost listens on a free port that containers reach, and returns the
// address at which they do. The listener is closed when the test ends.
func listenHost(t testing.TB) (net.Listener, string) {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", net.JoinHostPort(hostAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, fmt.Sprintf("tcp://%s:%d", hostName, l.Addr().(*net.TCPAddr).Port)
}

// hostAddress is this machine's address in the engine's own network, which
// nothing outside reaches. Where the engine runs elsewhere (in a virtual machine,
// say) that is not an address of this machine, and it is every interface.
func hostAddress(t testing.TB) string {
	t.Helper()
	docker, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = docker.Close() }()
	bridge, err := docker.NetworkInspect(t.Context(), "bridge", client.NetworkInspectOptions{})
	if err != nil {
		t.Fatalf("the engine's network: %v", err)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range bridge.Network.IPAM.Config {
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.String() == c.Gateway.String() {
				return n.IP.String()
			}
		}
	}
	return "0.0.0.0"
}

// runContainer starts a container of the Python side and waits for it.
func runContainer(t testing.TB, python string, options ...testcontainers.ContainerCustomizer) testcontainers.Container {
	t.Helper()
	image := pythonImage(t, python)
	c, err := testcontainers.Run(t.Context(), image, append(options, testcontainers.WithLabels(engine.Labels()))...)
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		if c != nil {
			out, errOut := containerOutput(t, c.GetContainerID())
			t.Logf("stdout of the container:\n%s\nstderr:\n%s", out, errOut)
		}
		t.Fatalf("container of %s: %v", image, err)
	}
	return c
}

// containerOutput returns what a container wrote so far.
func containerOutput(t testing.TB, id string) (stdout, stderr string) {
	t.Helper()
	docker, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = docker.Close() }()
	logs, err := docker.ContainerLogs(t.Context(), id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatalf("output of the container: %v", err)
	}
	defer func() { _ = logs.Close() }()
	var out, errOut bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &errOut, logs); err != nil {
		t.Fatalf("output of the container: %v", err)
	}
	return out.String(), errOut.String()
}

// images holds the image for each Python, built once.
var images struct {
	sync.Mutex
	build map[string]func() (string, error)
}

// pythonImage returns the image of the Python side, built from its Dockerfile.
func pythonImage(t testing.TB, python string) string {
	t.Helper()
	engine.Need(t)
	images.Lock()
	build := images.build[python]
	if build == nil {
		build = sync.OnceValues(func() (string, error) { return buildImage(python) })
		if images.build == nil {
			images.build = map[string]func() (string, error){}
		}
		images.build[python] = build
	}
	images.Unlock()
	image, err := build()
	if err != nil {
		engine.Unavailable(t, "image of the Python side: %v", err)
	}
	return image
}

func buildImage(python string) (string, error) {
	// Not the context of a test: the image outlives the one that asks first.
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	return engine.Peer(ctx, pythonDir, python)
}
