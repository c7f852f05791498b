package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "t.jsonl")
	if err := os.WriteFile(trace, []byte(`{"sim": "A", "call": "step", "time": 1, "next": 2}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"rules"}, 0, "get_data"},
		{[]string{"plot", "-o", filepath.Join(dir, "r.html"), trace}, 0, "1 calls drawn"},
		{[]string{"plot", "-o", filepath.Join(dir, "r.svg"), trace}, 0, "1 calls drawn"},
		{[]string{"plot", filepath.Join(dir, "none")}, 2, ""},
		{[]string{"plot"}, 2, ""},
		{[]string{"simulator"}, 2, ""},
		{[]string{"-init", "[]", "simulator", "%(addr)s"}, 2, ""},
		{[]string{"-params", `{"M": 1}`, "simulator", "%(addr)s"}, 2, ""},
		{[]string{"/nonexistent/simulator", "%(addr)s"}, 2, ""},
		{[]string{"true", "%(addr)s"}, 1, "connect: the process ended before it connected"},
	} {
		var out, errs strings.Builder
		if got := run(context.Background(), tt.args, &out, &errs); got != tt.status || !strings.Contains(out.String(), tt.out) {
			t.Errorf("%q: status %d, want %d\n%s%s", tt.args, got, tt.status, out.String(), errs.String())
		}
	}
	for name, begin := range map[string]string{"r.html": "<!DOCTYPE html>", "r.svg": "<svg "} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(b), begin) {
			t.Errorf("%s: %v, %.100s", name, err, b)
		}
	}
}

func TestParametersKeepTheirTypes(t *testing.T) {
	cfg, err := parse([]string{"-init", `{"a": 1, "b": 1.0}`, "-params", `{"M": {"x": [2, 2.5], "y": {"z": null}}}`, "p", "%(addr)s"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"a": int64(1), "b": 1.0}, cfg.Init); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]map[string]any{"M": {"x": []any{int64(2), 2.5}, "y": map[string]any{"z": nil}}}, cfg.Params); diff != "" {
		t.Error(diff)
	}
}
