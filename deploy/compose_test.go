package deploy_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose.yaml is read as Docker Compose reads it, and says what the manifests of the base say.
func TestCompose(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithoutEnvironmentResolution)
	if err != nil {
		t.Fatal(err)
	}
	f, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
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
		if s.HealthCheck == nil || !slices.Equal(s.HealthCheck.Test, probe) || s.Restart != "always" ||
			s.Hostname != name || s.DomainName != set.Spec.ServiceName {
			t.Errorf("%s: %+v", name, s)
		}
		if s.Build != nil || s.PullPolicy != types.PullPolicyNever {
			t.Errorf("%s has an image of its own: %+v, %s", name, s.Build, s.PullPolicy)
		}
		if town := s.Networks["town"]; town == nil || !slices.Contains(town.Aliases, name+"."+set.Spec.ServiceName) {
			t.Errorf("%s: networks %+v", name, s.Networks)
		}
	}
	driver := f.Services[job.Name]
	checkService(t, job.Name, driver, workload{template: job.Spec.Template})
	if driver.Build == nil || driver.Build.Context != root || driver.Build.Dockerfile != "deploy/Dockerfile" {
		t.Errorf("the image is built from %+v", driver.Build)
	}
	if len(f.Services) != len(want) || len(driver.DependsOn) != len(want)-1 {
		t.Errorf("%d services, the driver depends on %v; want %v", len(f.Services), driver.DependsOn, want)
	}
}

// checkService compares a service with the pod of a workload.
func checkService(t *testing.T, name string, s types.ServiceConfig, w workload) {
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
	if want := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second; s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) != want {
		t.Errorf("%s has %v to end, want %v", name, s.StopGracePeriod, want)
	}
}
