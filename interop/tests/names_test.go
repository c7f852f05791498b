package tests

import (
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// internals are classes of aiomas that nobody uses by themselves: what asyncio calls.
var internals = map[string]bool{"ChannelProtocol": true, "LocalQueue": true, "LocalQueueServer": true, "LocalQueueTransport": true}

// docs/names.md has each public name of aiomas.
func TestNamesPageIsComplete(t *testing.T) {
	page := read(t, "../../docs/names.md")
	out, err := pyenv.RequireOne(t).Command(t, "public_names.py").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 60 {
		t.Errorf("only %d names", len(lines))
	}
	for _, line := range lines {
		names := strings.Fields(line)
		if name := names[len(names)-1]; !internals[names[1]] && !strings.Contains(page, name) {
			t.Errorf("docs/names.md lacks %s", strings.Join(names, "."))
		}
	}
}
