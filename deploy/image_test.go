package deploy_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// most is the limit for the image, in bytes.
const most = 20_000_000

// The image has nothing but the program, is small, and runs as nobody, without writing and without rights. SIGTERM ends it
// at once, as process 1.
func TestImage(t *testing.T) {
	t.Parallel()
	docker := needEngine(t)
	name := image(t, "town")
	info, err := docker.ImageInspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size > most || len(info.RootFS.Layers) != 1 {
		t.Errorf("%d bytes in %d layers", info.Size, len(info.RootFS.Layers))
	}
	user, _, _ := strings.Cut(info.Config.User, ":")
	if user == "" || user == "0" || strings.Trim(user, "0123456789") != "" {
		t.Errorf("the user is %q: Kubernetes cannot tell that it is not root", info.Config.User)
	}
	t.Logf("%.1f MB", float64(info.Size)/1e6)

	decode := exec.CommandContext(t.Context(), filepath.Join(needPrograms(t), "aiomas"), "decode", "--format", "pcap", "Dockerfile")
	if out, err := decode.CombinedOutput(); err == nil || !strings.Contains(string(out), "aiomas_nopcap") {
		t.Errorf("pcap files, which it leaves out: %v\n%s", err, out)
	}

	c, err := testcontainers.Run(t.Context(), name, testcontainers.WithLabels(engine.Labels()),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.ReadonlyRootfs, host.CapDrop, host.SecurityOpt = true, []string{"ALL"}, []string{"no-new-privileges"}
			host.NetworkMode = "none"
		}),
		testcontainers.WithWaitStrategyAndDeadline(startTimeout, wait.ForLog("ready tcp://").WithStartupTimeout(startTimeout)))
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatal(err)
	}
	p := &pod{name: "town", Container: c}
	cl := &cluster{t: t, docker: docker}
	for _, probe := range []struct {
		addr string
		code int
	}{{"tcp://127.0.0.1:5555", 0}, {"tcp://127.0.0.1:5556", 3}} {
		if code, out := cl.exec(p, []string{"/aiomas", "ping", probe.addr, "--count=1", "--timeout=30s"}); code != probe.code {
			t.Errorf("ping %s: exit code %d: %s", probe.addr, code, out)
		}
	}
	processes, err := docker.ContainerTop(t.Context(), c.GetContainerID(), client.ContainerTopOptions{})
	if err != nil || len(processes.Processes) != 1 {
		t.Errorf("processes: %v, %v", processes.Processes, err)
	}
	grace := time.Minute // not needed
	if err := c.Stop(t.Context(), &grace); err != nil {
		t.Fatal(err)
	}
	cl.ended(p)
	if log := cl.log(p); strings.Contains(log, "err") {
		t.Error(log)
	}
}
