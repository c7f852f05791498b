package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManPages(t *testing.T) {
	dir := t.TempDir()
	aiomasCmd(t, "", "docs", "--man", dir).want(t, 0, "", "")
	page, err := os.ReadFile(filepath.Join(dir, "aiomas-tap.1"))
	if err != nil || !strings.Contains(string(page), `\fB--slow\fP`) {
		t.Errorf("%v: %s", err, page)
	}
}

func TestVersion(t *testing.T) {
	if got := aiomasCmd(t, "", "--version"); got.code != 0 || !strings.HasPrefix(got.stdout, "aiomas version ") || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := aiomasCmd(t, "", "completion", shell); got.code != 0 || !strings.Contains(got.stdout, "aiomas") || got.stderr != "" {
			t.Errorf("%s: %.200s %s", shell, got.stdout, got.stderr)
		}
	}
	if got := aiomasCmd(t, "", "__complete", "ping", "--codec", ""); !strings.HasPrefix(got.stdout, "auto\njson\nmsgpack\nmsgpack-blosc\n") {
		t.Errorf("%+v", got)
	}
}
