package engine

import (
	"archive/tar"
	"bytes"
	"testing"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// Building an image again leaves none without a name, unless another name has the old one.
func TestRebuiltImage(t *testing.T) {
	Need(t)
	Setup()
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		t.Fatal(err)
	}
	docker := provider.Client()
	defer provider.Close()
	build := func(content string) (name, id string) {
		name, err := Build(t.Context(), "aiomas-go-rebuilt", "", testcontainers.FromDockerfile{ContextArchive: archive(t, content)})
		if err != nil {
			t.Fatal(err)
		}
		image, err := docker.ImageInspect(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return name, image.ID
	}
	remove := func(name string) {
		if _, err := docker.ImageRemove(t.Context(), name, client.ImageRemoveOptions{PruneChildren: true}); err != nil {
			t.Error(err)
		}
	}
	name, first := build("first")
	kept := "aiomas-go-rebuilt-kept:latest"
	_, second := build("second")
	if _, err := docker.ImageInspect(t.Context(), first); err == nil {
		t.Errorf("%s is left", first)
	}
	if _, err := docker.ImageTag(t.Context(), client.ImageTagOptions{Source: name, Target: kept}); err != nil {
		t.Fatal(err)
	}
	build("third")
	if image, err := docker.ImageInspect(t.Context(), kept); err != nil || image.ID != second {
		t.Errorf("%s is %s, not %s: %v", kept, image.ID, second, err)
	}
	remove(kept)
	remove(name)
}

// archive returns what an image with one file is built from.
func archive(t *testing.T, content string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range map[string]string{"Dockerfile": "FROM scratch\nCOPY file /\n", "file": content} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}
