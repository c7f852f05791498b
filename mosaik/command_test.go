package mosaik

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLine(t *testing.T) {
	const addr = "127.0.0.1:5555"
	usual := command{addr: addr, timeout: time.Minute, level: slog.LevelInfo}
	with := func(change func(*command)) command {
		c := usual
		change(&c)
		return c
	}
	tests := []struct {
		args string
		want command
		bad  bool
	}{
		{addr, usual, false},
		{"'" + addr + "'", usual, false},
		{"-r " + addr, with(func(c *command) { c.remote = true }), false},
		{addr + " --remote -t 2.5", with(func(c *command) { c.remote, c.timeout = true, 2500*time.Millisecond }), false},
		{"--timeout=3 -l debug " + addr, with(func(c *command) { c.timeout, c.level = 3*time.Second, slog.LevelDebug }), false},
		{"-ldebug -t3 " + addr, with(func(c *command) { c.timeout, c.level = 3*time.Second, slog.LevelDebug }), false},
		{"--log-level critical " + addr, with(func(c *command) { c.level = LevelCritical }), false},
		{"-l TRACE " + addr, with(func(c *command) { c.level = LevelTrace }), false},
		{"--trace f " + addr, with(func(c *command) { c.trace = "f" }), false},
		{"--mine 'x' " + addr, usual, false},
		{":5555", with(func(c *command) { c.addr = ":5555" }), false},
		{"", usual, true},
		{"5555", usual, true},
		{"host:port", usual, true},
		{"host:99999", usual, true},
		{addr + " " + addr, usual, true},
		{"-x " + addr, usual, true},
		{"-l loud " + addr, usual, true},
		{"-t -1 " + addr, usual, true},
		{"-t x " + addr, usual, true},
		{"-t", usual, true},
	}
	for _, tt := range tests {
		var mine string
		cfg := newConfig([]Option{WithFlags(func(fs *flag.FlagSet) { fs.StringVar(&mine, "mine", "", "") })})
		got, err := parseCommand(strings.Fields(tt.args), cfg, io.Discard)
		if (err != nil) != tt.bad {
			t.Errorf("%q: %v", tt.args, err)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(command{})); diff != "" {
			t.Errorf("%q: %s", tt.args, diff)
		}
		if strings.Contains(tt.args, "mine") && mine != "x" {
			t.Errorf("the program's own option is %q", mine)
		}
	}
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	_, err := parseCommand([]string{"--help"}, newConfig([]Option{WithAbout("Simulates batteries.")}), &out)
	if !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	for _, want := range []string{"Simulates batteries.\n", "[options] HOST:PORT", "-log-level", "-remote", "-timeout", "-trace FILE"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

func TestUnquote(t *testing.T) {
	got := Unquote([]string{"'a b'", `"a b"`, "'a", "a'", `'a"`, "'", "''", "a'b'", ""})
	if diff := cmp.Diff([]string{"a b", "a b", "'a", "a'", `'a"`, "'", "", "a'b'", ""}, got); diff != "" {
		t.Error(diff)
	}
}
