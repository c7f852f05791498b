package deploy_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// workload is what all kinds of workloads have in common.
type workload struct {
	name     string
	selector *metav1.LabelSelector // nil for a job, which makes its own
	template corev1.PodTemplateSpec
	replicas int32
}

func (m *manifests) workloads() (list []workload) {
	for _, s := range m.sets {
		list = append(list, workload{s.Name, s.Spec.Selector, s.Spec.Template, *s.Spec.Replicas})
	}
	for _, d := range m.deployments {
		list = append(list, workload{d.Name, d.Spec.Selector, d.Spec.Template, *d.Spec.Replicas})
	}
	for _, j := range m.jobs {
		list = append(list, workload{j.Name, nil, j.Spec.Template, 1})
	}
	return list
}

func selects(t *testing.T, s *metav1.LabelSelector, w workload) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(w.template.Labels))
}

// Each overlay is what kustomize builds and Kubernetes knows, and its parts fit together.
func TestManifests(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			m := build(t, overlay)
			if len(m.sets) == 0 || len(m.jobs) != 1 || len(m.budgets) == 0 {
				t.Fatalf("%d stateful sets, %d jobs, %d budgets", len(m.sets), len(m.jobs), len(m.budgets))
			}
			for _, w := range m.workloads() {
				m.checkSelectors(t, w)
				m.checkPod(t, w)
			}
			for _, s := range m.sets {
				m.checkSet(t, s)
			}
			m.checkServices(t)
			m.checkPolicies(t)
			m.checkDriver(t)
		})
	}
}

// A selector matches the pods of its own workload only.
func (m *manifests) checkSelectors(t *testing.T, w workload) {
	t.Helper()
	for _, other := range m.workloads() {
		if w.selector != nil && selects(t, w.selector, other) != (other.name == w.name) {
			t.Errorf("the selector of %s, and the pods of %s: %v", w.name, other.name, other.template.Labels)
		}
	}
	if w.template.Labels["app.kubernetes.io/part-of"] != "town" {
		t.Errorf("%s is no part of the town: %v", w.name, w.template.Labels)
	}
}

// A pod runs as nobody and writes nothing, and says what it needs.
func (m *manifests) checkPod(t *testing.T, w workload) {
	t.Helper()
	spec := w.template.Spec
	s := spec.SecurityContext
	if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 || s.SeccompProfile == nil {
		t.Errorf("%s: security context %+v", w.name, s)
	}
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		t.Errorf("%s has a token of Kubernetes", w.name)
	}
	for _, c := range spec.Containers {
		s := c.SecurityContext
		if s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s: security context of the container: %+v", w.name, s)
		}
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if c.Resources.Requests.Name(name, "").IsZero() {
				t.Errorf("%s requests no %s", w.name, name)
			}
		}
		if c.Resources.Limits.Memory().Cmp(*c.Resources.Requests.Memory()) < 0 {
			t.Errorf("%s: limits %v", w.name, c.Resources.Limits)
		}
		if len(c.Command) > 0 || !strings.Contains(c.Image, ":") {
			t.Errorf("%s: command %q of image %q: the image's entry point is wanted, and a tag", w.name, c.Command, c.Image)
		}
		checkReferences(t, w.name, c)
	}
}

var reference = regexp.MustCompile(`\$\((\w+)\)`)

// What arguments refer to is in the environment.
func checkReferences(t *testing.T, name string, c corev1.Container) {
	t.Helper()
	for _, arg := range c.Args {
		for _, m := range reference.FindAllStringSubmatch(arg, -1) {
			if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == m[1] }) {
				t.Errorf("%s: %s is not in the environment", name, arg)
			}
		}
	}
}

// A stateful set has a headless service that selects its pods, a budget, probes and time for a graceful end.
func (m *manifests) checkSet(t *testing.T, s *appsv1.StatefulSet) {
	t.Helper()
	w := workload{s.Name, s.Spec.Selector, s.Spec.Template, *s.Spec.Replicas}
	i := slices.IndexFunc(m.services, func(v *corev1.Service) bool { return v.Name == s.Spec.ServiceName })
	if i < 0 {
		t.Fatalf("%s: there is no service %q", s.Name, s.Spec.ServiceName)
	}
	service := m.services[i]
	if service.Spec.ClusterIP != corev1.ClusterIPNone || !service.Spec.PublishNotReadyAddresses ||
		!labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(w.template.Labels)) {
		t.Errorf("service %s of %s: %+v", service.Name, s.Name, service.Spec)
	}
	budgets := 0
	for _, b := range m.budgets {
		if selects(t, b.Spec.Selector, w) {
			budgets++
			if b.Spec.MaxUnavailable == nil || b.Spec.MaxUnavailable.IntValue() < 1 || int32(b.Spec.MaxUnavailable.IntValue()) >= w.replicas {
				t.Errorf("budget %s: %v of %d may be unavailable", b.Name, b.Spec.MaxUnavailable, w.replicas)
			}
		}
	}
	if budgets != 1 {
		t.Errorf("%s has %d budgets", s.Name, budgets) // an eviction with two is an error
	}
	c := s.Spec.Template.Spec.Containers[0]
	for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
		checkProbe(t, s.Name+"'s "+name+" probe", c, probe)
	}
	own := 200 * time.Millisecond // of town.py
	if grace := flagOf(c.Args, "grace"); grace != "" {
		d, err := time.ParseDuration(grace)
		if err != nil {
			t.Error(err)
		}
		own = d + time.Second // of agent.Container.Run, after handlers' contexts have ended
	}
	if given := s.Spec.Template.Spec.TerminationGracePeriodSeconds; given == nil || time.Duration(*given)*time.Second < own+5*time.Second {
		t.Errorf("%s: %v s are not enough for %v", s.Name, given, own)
	}
}

// A probe is a ping of a port that the container has, and ends itself before the kubelet gives it up.
func checkProbe(t *testing.T, name string, c corev1.Container, p *corev1.Probe) {
	t.Helper()
	if p == nil || p.Exec == nil || len(p.Exec.Command) < 3 || p.Exec.Command[1] != "ping" || flagOf(p.Exec.Command, "count") != "1" {
		t.Errorf("%s: %+v", name, p)
		return
	}
	timeout, err := time.ParseDuration(flagOf(p.Exec.Command, "timeout"))
	if err != nil || timeout >= time.Duration(p.TimeoutSeconds)*time.Second {
		t.Errorf("%s: timeout %v (%v) within %d s, every %d s", name, timeout, err, p.TimeoutSeconds, p.PeriodSeconds)
	}
	if !slices.ContainsFunc(c.Ports, func(port corev1.ContainerPort) bool {
		return p.Exec.Command[2] == fmt.Sprintf("tcp://127.0.0.1:%d", port.ContainerPort)
	}) {
		t.Errorf("%s: %s is none of %+v", name, p.Exec.Command[2], c.Ports)
	}
}

// flagOf returns the value of --name=value.
func flagOf(args []string, name string) string {
	for _, a := range args {
		if value, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			return value
		}
	}
	return ""
}

func (m *manifests) checkServices(t *testing.T) {
	t.Helper()
	for _, s := range m.services {
		found := false
		for _, w := range m.workloads() {
			if !labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(w.template.Labels)) {
				continue
			}
			found = true
			for _, p := range s.Spec.Ports {
				if port := portOf(w, p.TargetPort.String()); port != p.Port {
					t.Errorf("port %s of service %s is %d, that of %s is %d", p.Name, s.Name, p.Port, w.name, port)
				}
			}
		}
		if !found {
			t.Errorf("service %s selects no pod", s.Name)
		}
	}
}

// portOf returns the number of a named port, or 0.
func portOf(w workload, name string) int32 {
	for _, c := range w.template.Spec.Containers {
		for _, p := range c.Ports {
			if p.Name == name {
				return p.ContainerPort
			}
		}
	}
	return 0
}

// Each pod has a policy that selects it, and lets only pods of the town in, by ports that it has.
func (m *manifests) checkPolicies(t *testing.T) {
	t.Helper()
	for _, w := range m.workloads() {
		selected := 0
		for _, p := range m.policies {
			if !selects(t, &p.Spec.PodSelector, w) {
				continue
			}
			selected++
			if !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
				t.Errorf("policy %s is none for ingress", p.Name)
			}
			for _, rule := range p.Spec.Ingress {
				m.checkRule(t, p.Name, w, rule)
			}
		}
		if selected != 1 {
			t.Errorf("%s has %d policies", w.name, selected)
		}
	}
}

func (m *manifests) checkRule(t *testing.T, policy string, w workload, rule networkingv1.NetworkPolicyIngressRule) {
	t.Helper()
	for _, port := range rule.Ports {
		if portOf(w, port.Port.String()) == 0 {
			t.Errorf("policy %s: %s has no port %s", policy, w.name, port.Port)
		}
	}
	for _, peer := range rule.From {
		for _, caller := range m.workloads() {
			if peer.PodSelector == nil || !selects(t, peer.PodSelector, caller) {
				t.Errorf("policy %s does not let %s reach %s", policy, caller.name, w.name)
			}
		}
	}
	if len(rule.From) == 0 || len(rule.Ports) == 0 {
		t.Errorf("policy %s lets everybody in", policy)
	}
}

var numbered = regexp.MustCompile(`^(\w+)://([\w-]+)-\[0-(\d+)\](?:\.([\w-]+):(\d+))?/0$`)

// The driver waits for as many members as there are, by the names and the port that they have.
func (m *manifests) checkDriver(t *testing.T) {
	t.Helper()
	c := m.jobs[0].Spec.Template.Spec.Containers[0]
	want := map[string]bool{}
	for _, s := range m.sets {
		name := fmt.Sprintf("tcp://%s-[0-%d].%s:%d/0", s.Name, *s.Spec.Replicas-1, s.Spec.ServiceName, portOf(workload{template: s.Spec.Template}, "aiomas"))
		if listen := flagOf(s.Spec.Template.Spec.Containers[0].Args, "listen"); strings.HasPrefix(listen, "nats://") {
			name = fmt.Sprintf("nats://%s-[0-%d]/0", s.Name, *s.Spec.Replicas-1)
			if broker := flagOf(c.Args, "nats"); broker == "" || broker != flagOf(s.Spec.Template.Spec.Containers[0].Args, "nats") {
				t.Errorf("the driver's NATS server is %q", broker)
			}
		}
		want[name] = true
	}
	got := map[string]bool{}
	for name := range strings.SplitSeq(flagOf(c.Args, "managers"), ",") {
		if got[name] = true; !numbered.MatchString(name) {
			t.Errorf("managers %q", name)
		}
	}
	if c.Args[0] != "drive" || !maps.Equal(got, want) {
		t.Errorf("the driver's arguments are %q, its members %v", c.Args, want)
	}
}

// Mistakes that a YAML file can have are found.
func TestStrictDecoding(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  clusterIP: None\n"
	if m, err := decode([]byte(service)); err != nil || len(m.services) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, text := range []string{
		service + "  publishNotReadyAdresses: true\n", // a letter is missing
		service + "  clusterIP: None\n",
		service + "  ports: 5555\n",
		strings.Replace(service, "v1", "v2", 1),
	} {
		if _, err := decode([]byte(text)); err == nil {
			t.Errorf("no error:\n%s", text)
		}
	}
}
