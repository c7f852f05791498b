package deploy_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// composeFile is the part of Compose's format that compose.yaml uses.
type composeFile struct {
	Name     string
	Member   yaml.Node `yaml:"x-member"`
	Services map[string]composeService
	Networks map[string]struct{}
}

type composeService struct {
	Image       string
	Build       *struct{ Context, Dockerfile string }
	Command     []string
	Hostname    string
	Domainname  string
	Restart     string
	ReadOnly    bool          `yaml:"read_only"`
	CapDrop     []string      `yaml:"cap_drop"`
	SecurityOpt []string      `yaml:"security_opt"`
	User        string        `yaml:"user"`
	StopGrace   time.Duration `yaml:"stop_grace_period"`
	DependsOn   []string      `yaml:"depends_on"`
	Healthcheck *struct {
		Test          []string
		Interval      time.Duration
		Timeout       time.Duration
		StartPeriod   time.Duration `yaml:"start_period"`
		StartInterval time.Duration `yaml:"start_interval"`
	}
	Networks yaml.Node // a list, or names with aliases
}

// compose.yaml has no field that is not known here, and says what the manifests of the base say.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f composeFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "compose", "version").CombinedOutput(); err != nil {
		t.Logf("Compose itself has not read it: %v: %s", err, bytes.TrimSpace(out))
	} else if out, err := exec.CommandContext(t.Context(), "docker", "compose", "-f", "compose.yaml", "config", "--quiet").CombinedOutput(); err != nil {
		t.Errorf("docker compose config: %v\n%s", err, out)
	}

	m := build(t, "base")
	set, job := m.sets[0], m.jobs[0]
	want := []string{job.Name}
	for i := range *set.Spec.Replicas {
		name := fmt.Sprintf("%s-%d", set.Name, i)
		want = append(want, name)
		s := f.Services[name]
		checkService(t, name, s, workload{template: set.Spec.Template})
		probe := append([]string{"CMD"}, set.Spec.Template.Spec.Containers[0].ReadinessProbe.Exec.Command...)
		if s.Healthcheck == nil || !slices.Equal(s.Healthcheck.Test, probe) || s.Restart != "always" ||
			s.Hostname != name || s.Domainname != set.Spec.ServiceName {
			t.Errorf("%s: %+v", name, s)
		}
		if s.Build == nil || s.Build.Context != ".." || s.Build.Dockerfile != "deploy/Dockerfile" {
			t.Errorf("%s is built from %+v", name, s.Build)
		}
		var networks map[string]struct{ Aliases []string }
		if err := s.Networks.Decode(&networks); err != nil || !slices.Contains(networks["town"].Aliases, name+"."+set.Spec.ServiceName) {
			t.Errorf("%s: networks %v, %v", name, networks, err)
		}
	}
	checkService(t, job.Name, f.Services[job.Name], workload{template: job.Spec.Template})
	if len(f.Services) != len(want) || len(f.Services[job.Name].DependsOn) != len(want)-1 {
		t.Errorf("%d services, the driver depends on %v; want %v", len(f.Services), f.Services[job.Name].DependsOn, want)
	}
}

// checkService compares a service with the pod of a workload.
func checkService(t *testing.T, name string, s composeService, w workload) {
	t.Helper()
	spec := w.template.Spec
	c := spec.Containers[0]
	if s.Image != c.Image || !slices.Equal(s.Command, c.Args) {
		t.Errorf("%s: %s %q, want %s %q", name, s.Image, s.Command, c.Image, c.Args)
	}
	if want := fmt.Sprintf("%d:%d", *spec.SecurityContext.RunAsUser, *spec.SecurityContext.RunAsGroup); s.User != want ||
		!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Errorf("%s: user %s, want %s; %+v", name, s.User, want, s)
	}
	if want := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second; s.StopGrace != want {
		t.Errorf("%s has %v to end, want %v", name, s.StopGrace, want)
	}
}
