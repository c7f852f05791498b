package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// cluster plays Kubernetes with containers on a network of their own, whose DNS has the names of pods and services. All
// that it starts and executes is read from the manifests.
type cluster struct {
	t       *testing.T
	docker  *testcontainers.DockerClient
	network *testcontainers.DockerNetwork
	m       *manifests
	pods    map[string]*pod
}

// pod is a pod with one container.
type pod struct {
	name     string
	domain   string // the name of the service, or empty
	template corev1.PodTemplateSpec
	testcontainers.Container
}

func newCluster(t *testing.T, overlay string) *cluster {
	t.Helper()
	c := &cluster{t: t, docker: needEngine(t), m: build(t, overlay), pods: map[string]*pod{}}
	var err error
	c.network, err = network.New(t.Context(), network.WithLabels(engine.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	testcontainers.CleanupNetwork(t, c.network)
	return c
}

// apply starts all pods except those of jobs, and waits until they are ready.
func (c *cluster) apply() {
	c.t.Helper()
	for _, d := range c.m.deployments {
		c.start(d.Name+"-1", "", d.Spec.Template)
	}
	var wg sync.WaitGroup
	for _, s := range c.m.sets {
		for i := range *s.Spec.Replicas {
			p := c.start(fmt.Sprintf("%s-%d", s.Name, i), s.Spec.ServiceName, s.Spec.Template)
			wg.Go(func() { c.ready(p) })
		}
	}
	wg.Wait()
}

// start starts a pod, as the manifests say.
func (c *cluster) start(name, domain string, template corev1.PodTemplateSpec) *pod {
	c.t.Helper()
	p := &pod{name: name, domain: domain, template: template}
	spec := template.Spec.Containers[0]
	env := map[string]string{}
	for _, e := range spec.Env {
		if e.ValueFrom != nil && e.ValueFrom.FieldRef.FieldPath == "metadata.name" {
			e.Value = name
		}
		env[e.Name] = e.Value
	}
	var args []string
	for _, a := range spec.Args {
		args = append(args, reference.ReplaceAllStringFunc(a, func(r string) string { return env[reference.FindStringSubmatch(r)[1]] }))
	}
	aliases := []string{name + "." + domain}
	for _, s := range c.m.services {
		if labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(template.Labels)) {
			aliases = append(aliases, s.Name)
		}
	}
	user := template.Spec.SecurityContext
	made, err := testcontainers.GenericContainer(c.t.Context(), testcontainers.GenericContainerRequest{
		ContainerRequest: testcontainers.ContainerRequest{
			Image: image(c.t, spec.Image), Cmd: args, Env: env, Labels: engine.Labels(),
			Networks: []string{c.network.Name}, NetworkAliases: map[string][]string{c.network.Name: aliases},
			ConfigModifier: func(config *container.Config) {
				config.User = fmt.Sprintf("%d:%d", *user.RunAsUser, *user.RunAsGroup)
				config.Hostname, config.Domainname = name, domain
			},
			HostConfigModifier: func(host *container.HostConfig) {
				host.ReadonlyRootfs = *spec.SecurityContext.ReadOnlyRootFilesystem
				for _, d := range spec.SecurityContext.Capabilities.Drop {
					host.CapDrop = append(host.CapDrop, string(d))
				}
				host.SecurityOpt = []string{"no-new-privileges"}
				host.Memory = spec.Resources.Limits.Memory().Value()
			},
		},
		Started: true,
	})
	testcontainers.CleanupContainer(c.t, made)
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	p.Container = made
	c.pods[name] = p
	return p
}

// ready waits until the pod's startup probe succeeds, and then tries its other probes.
func (c *cluster) ready(p *pod) {
	c.t.Helper()
	spec := p.template.Spec.Containers[0]
	out := ""
	deadline := time.Now().Add(startTimeout)
	for code := -1; code != 0; {
		if time.Now().After(deadline) || !c.running(p) {
			c.t.Errorf("%s is not ready: %s\n%s", p.name, out, c.log(p))
			return
		}
		code, out = c.exec(p, spec.StartupProbe.Exec.Command)
	}
	for _, probe := range []*corev1.Probe{spec.ReadinessProbe, spec.LivenessProbe} {
		if code, out := c.exec(p, probe.Exec.Command); code != 0 {
			c.t.Errorf("%s: %v: exit code %d: %s", p.name, probe.Exec.Command, code, out)
		}
	}
}

// exec executes a command in a container, as a probe does.
func (c *cluster) exec(p *pod, command []string) (code int, out string) {
	c.t.Helper()
	code, output, err := p.Exec(c.t.Context(), command)
	if err != nil {
		if c.running(p) {
			c.t.Errorf("%s: %v: %v", p.name, command, err)
		}
		return -1, err.Error()
	}
	text, err := io.ReadAll(output)
	if err != nil {
		return -1, err.Error()
	}
	return code, string(text)
}

func (c *cluster) running(p *pod) bool {
	c.t.Helper()
	state, err := p.State(c.t.Context())
	if err != nil {
		c.t.Errorf("%s: %v", p.name, err)
		return false
	}
	return state.Running
}

// kill ends a pod as a fault does.
func (c *cluster) kill(name string) {
	c.t.Helper()
	if _, err := c.docker.ContainerKill(c.t.Context(), c.pods[name].GetContainerID(), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		c.t.Fatal(err)
	}
}

// end ends a pod as Kubernetes does: by SIGTERM, and by SIGKILL after the grace period, which must not be needed.
func (c *cluster) end(name string) {
	c.t.Helper()
	p := c.pods[name]
	grace := time.Duration(*p.template.Spec.TerminationGracePeriodSeconds) * time.Second
	if err := p.Stop(c.t.Context(), &grace); err != nil {
		c.t.Fatal(err)
	}
	c.ended(p)
}

// ended checks that a pod has ended by itself, in order.
func (c *cluster) ended(p *pod) {
	c.t.Helper()
	state, err := p.State(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if state.Running || state.ExitCode != 0 {
		c.t.Errorf("%s: running %v, exit code %d\n%s", p.name, state.Running, state.ExitCode, c.log(p))
	}
}

// again starts a pod that has ended under the same name, and waits until it is ready.
func (c *cluster) again(name string) {
	c.t.Helper()
	p := c.pods[name]
	if err := p.Terminate(context.WithoutCancel(c.t.Context())); err != nil {
		c.t.Fatal(err)
	}
	c.ready(c.start(name, p.domain, p.template))
}

// log is what a pod has written.
func (c *cluster) log(p *pod) string {
	c.t.Helper()
	logs, err := c.docker.ContainerLogs(context.WithoutCancel(c.t.Context()), p.GetContainerID(), client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = logs.Close() }()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, logs); err != nil {
		c.t.Fatal(err)
	}
	return out.String()
}

// entry is a line of the driver's log.
type entry struct {
	Time                          time.Time
	Msg, Member, First, Last, Err string
	Step, Steps, Agents, Lost     int
}

// entries are the lines of the driver's log so far.
func entries(t *testing.T, log string) (list []entry) {
	t.Helper()
	for line := range strings.Lines(log) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// until waits until a job's log satisfies ok, and returns it.
func (c *cluster) until(p *pod, what string, ok func(list []entry) bool) []entry {
	c.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		log := c.log(p)
		list := entries(c.t, log)
		if ok(list) {
			return list
		}
		if time.Now().After(deadline) || !c.running(p) {
			c.t.Fatalf("%s: not %s\n%s", p.name, what, log)
		}
		pause(c.t)
	}
}

// pause waits a little before something that Docker does not announce is looked at again.
func pause(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
