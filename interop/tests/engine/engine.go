// Package engine is what tests with containers have in common: the engine, and the images that
// are built for them.
package engine

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// answerTime is how long the engine has to answer, on a busy machine.
const answerTime = 3 * time.Minute

// Setup sets what the engine's client reads once. It is called before the tests.
func Setup() {
	// Containers are removed by the tests that start them: no need for a helper
	// container, whose image may be out of reach. Their ports are published on
	// this machine, whatever address the engine is reached at.
	for name, value := range map[string]string{
		"TESTCONTAINERS_RYUK_DISABLED": "true",
		"TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
	} {
		if _, ok := os.LookupEnv(name); ok {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
}

// Labels are for containers and networks, so that make test finds what a run has left that was killed.
func Labels() map[string]string {
	return map[string]string{"aiomas-go.run": os.Getenv("AIOMAS_TEST_RUN")}
}

// Answers returns why there is no container engine, or nil. It asks once.
var Answers = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	docker, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = docker.Close() }()
	_, err = docker.Ping(ctx, client.PingOptions{})
	return err
})

// Need ends the test if there is no container engine.
func Need(tb testing.TB) {
	tb.Helper()
	if err := Answers(); err != nil {
		Unavailable(tb, "%s", Missing(err, os.Getuid() == 0))
	}
}

// Missing says that there is no container engine, and what helps.
func Missing(err error, root bool) string {
	way := "as root, sh .ci/docker.sh starts one"
	if !root {
		way = "a user has to be in the group docker; " + way
	}
	return fmt.Sprintf("no Docker daemon answers: %v (%s)", err, way)
}

// Unavailable ends a test that lacks something, which is a failure under CI.
func Unavailable(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf("NOT TESTED: "+format, args...)
}

// Build builds an image and returns its name. The image is of this tree: other trees may run
// their tests at the same time.
func Build(ctx context.Context, name, tag string, from testcontainers.FromDockerfile) (string, error) {
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return "", err
	}
	defer func() { _ = provider.Close() }()
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	tree := fnv.New32a()
	_, _ = tree.Write([]byte(dir))
	var log bytes.Buffer
	from.Repo, from.Tag, from.BuildLogWriter = name, fmt.Sprintf("%s%08x", tag, tree.Sum32()), &log
	before, had := provider.Client().ImageInspect(ctx, from.Repo+":"+from.Tag)
	made, err := provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: from})
	if err != nil {
		return "", fmt.Errorf("build of %s: %w\n%s", name, err, log.Bytes())
	}
	if had == nil {
		replaced(ctx, provider.Client(), before.ID)
	}
	return made, nil
}

// replaced removes the image of an earlier run, unless another name or a container has it.
// Every run makes a new one, since its labels differ.
func replaced(ctx context.Context, docker client.APIClient, id string) {
	if now, err := docker.ImageInspect(ctx, id); err == nil && len(now.RepoTags) == 0 {
		_, _ = docker.ImageRemove(ctx, id, client.ImageRemoveOptions{PruneChildren: true}) // a container may have it
	}
}

// Peer builds the image of the Python side, whose files are in dir, and returns its name. The
// Python is a version like "3.11", or empty for whichever is at hand.
func Peer(ctx context.Context, dir, python string) (string, error) {
	var args []string
	if python != "" {
		args = append(args, python)
	}
	prepare := exec.CommandContext(ctx, filepath.Join(dir, "image.sh"), args...)
	prepare.Stderr = os.Stderr
	out, err := prepare.Output()
	if err != nil {
		return "", fmt.Errorf("%v: %w", prepare.Args, err)
	}
	base := strings.TrimSpace(string(out))
	return Build(ctx, "aiomas-go-peer", strings.NewReplacer("/", "-", ":", "-").Replace(base)+"-",
		testcontainers.FromDockerfile{Context: dir, BuildArgs: map[string]*string{"BASE_IMAGE": &base}})
}
