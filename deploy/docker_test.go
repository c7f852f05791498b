package deploy_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"go.uber.org/goleak"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

const (
	buildTimeout = 10 * time.Minute // the first time it may make a base image
	startTimeout = 3 * time.Minute  // of Python, on a busy machine
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	engine.Setup()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, f := range cleanups {
			if err := f(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
		os.Exit(code)
	}))
}

// cleanups are called after all tests.
var cleanups []func() error

// needEngine returns a client of the container engine. It ends the test if there is none.
func needEngine(t *testing.T) *testcontainers.DockerClient {
	t.Helper()
	engine.Need(t)
	docker, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	return docker
}

// programs are what build.sh builds on this machine.
var programs = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "aiomas-town"); err != nil {
		return "", err
	}
	cleanups = append(cleanups, func() error { return os.RemoveAll(dir) })
	return dir, command("sh", "build.sh", dir)
})

func needPrograms(t *testing.T) (dir string) {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func command(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// image returns the local image for an image of the manifests, which is built once. No registry is needed.
func image(t *testing.T, name string) string {
	t.Helper()
	needEngine(t)
	name, _, _ = strings.Cut(name, ":")
	build, ok := map[string]func() (string, error){"town": townImage, "town-python": pythonImage, "nats": natsImage}[name]
	if !ok {
		t.Fatalf("nobody builds %s", name)
	}
	made, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

const builds = "FROM ${GO_IMAGE} AS build\nWORKDIR /src\nCOPY . .\nRUN sh deploy/build.sh /out\n"

// townImage is that of Dockerfile. Its first stage is done on this machine, by the same script.
var townImage = sync.OnceValues(func() (string, error) {
	dir, err := programs()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(text), builds) {
		return "", fmt.Errorf("the first stage of the Dockerfile is not\n%s", builds)
	}
	dockerfile := strings.Replace(string(text), builds, "FROM scratch AS build\nCOPY out/ /out/\n", 1)
	return buildImage("aiomas-go-town", nil, folder{"out", dir}, file{"Dockerfile", dockerfile})
})

// pythonImage is that of python.Dockerfile, on an image that has aiomas already.
var pythonImage = sync.OnceValues(func() (string, error) {
	town, err := townImage()
	if err != nil {
		return "", err
	}
	base, err := aiomasImage()
	if err != nil {
		return "", err
	}
	return buildImage("aiomas-go-town-python", map[string]*string{"TOWN_IMAGE": &town, "BASE_IMAGE": &base},
		folder{"interop/python/aiomas_compat", "../interop/python/aiomas_compat"},
		folder{"deploy/town", "town"}, folder{".", "python.Dockerfile"})
})

// aiomasImage is the image of the tests with Python, in which aiomas_compat can be imported.
func aiomasImage() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	peer, err := engine.Peer(ctx, "../interop/python", "")
	if err != nil {
		return "", err
	}
	return buildImage("aiomas-go-town-base", nil, file{"Dockerfile", "FROM " + peer + "\nENV PYTHONPATH=/opt/compat\n"})
}

// natsImage is the server as its makers ship it: a program and nothing else.
var natsImage = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "aiomas-nats")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := command("env", "CGO_ENABLED=0", "go", "build", "-ldflags=-s -w", "-o", dir, "github.com/nats-io/nats-server/v2"); err != nil {
		return "", err
	}
	return buildImage("aiomas-go-town-nats", nil, folder{".", dir}, file{"Dockerfile", "FROM scratch\nCOPY nats-server /\nENTRYPOINT [\"/nats-server\"]\n"})
})

// A part of a build's context.
type (
	file   struct{ name, text string }
	folder struct{ name, from string } // or one file of that name
)

func buildImage(name string, args map[string]*string, parts ...any) (string, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	dockerfile := "Dockerfile"
	for _, p := range parts {
		var err error
		switch p := p.(type) {
		case file:
			err = add(w, &tar.Header{Name: p.name, Mode: 0o644, Size: int64(len(p.text))}, strings.NewReader(p.text))
		case folder:
			if strings.HasSuffix(p.from, "Dockerfile") {
				dockerfile = p.from
			}
			err = addFolder(w, p)
		}
		if err != nil {
			return "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	return engine.Build(ctx, name, "", testcontainers.FromDockerfile{ContextArchive: bytes.NewReader(archive.Bytes()), Dockerfile: dockerfile, BuildArgs: args})
}

func add(w *tar.Writer, h *tar.Header, content io.Reader) error {
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.Copy(w, content)
	return err
}

func addFolder(w *tar.Writer, f folder) error {
	return filepath.WalkDir(f.from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && d.Name() == "__pycache__" {
				return fs.SkipDir
			}
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		link := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			if link, err = os.Readlink(name); err != nil {
				return err
			}
		}
		h, err := tar.FileInfoHeader(info, link)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(f.from, name)
		if err != nil {
			return err
		}
		if h.Name = path.Join(f.name, filepath.ToSlash(rel)); rel == "." {
			h.Name = path.Join(f.name, d.Name())
		}
		h.ModTime = time.Unix(0, 0) // the same files are the same image
		if link != "" {
			return add(w, h, strings.NewReader(""))
		}
		content, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }()
		return add(w, h, content)
	})
}
