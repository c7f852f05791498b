package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/cmd/aiomas/cli"
)

// The reference page of the repository is what the commands say of themselves.
func TestReference(t *testing.T) {
	file := filepath.Join(t.TempDir(), "reference.md")
	if code := cli.Run(t.Context(), []string{"docs", "--reference", file}, os.Stdin, os.Stdout, os.Stderr); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/cli-reference.md")
	if err != nil || string(got) != string(want) {
		t.Errorf("docs/cli-reference.md is old (%v): go -C cmd/aiomas run . docs --reference ../../docs/cli-reference.md", err)
	}
}
