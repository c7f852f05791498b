package mosaik

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// With the simulators in Go, what mosaik collects and in which order it steps are
// the same as with them in Python, bit for bit.
func TestScenariosAreTheSameInGo(t *testing.T) {
	scenarios := map[string][]string{
		"model":       {"model"},
		"controller":  {"model", "controller"},
		"loop":        {"halver"},
		"setpoints":   {"model", "agents"},
		"realtime":    {"clock"},
		"notrealtime": {"clock"},
		"grid":        {"model", "grid"},
		"values":      {"echo"},
		"failures":    {"model", "controller"},
	}
	// In-process simulators raise through mosaik, others do not.
	fails := []string{"notrealtime", "failures"}
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		for name, sims := range scenarios {
			t.Run(name, func(t *testing.T) {
				all := func(how string) (args []string) {
					for _, s := range sims {
						args = append(args, "--with", s+"="+how)
					}
					return args
				}
				var base []string
				if slices.Contains(fails, name) {
					base = all("pycmd")
				}
				want := scenario(t, p, name, base...)
				ways := [][]string{all("cmd"), all("connect")}
				for _, s := range sims[1:] { // one in Go, the other in Python
					ways = append(ways, []string{"--with", sims[0] + "=cmd"}, []string{"--with", s + "=cmd"})
				}
				for _, how := range ways {
					if slices.Contains(fails, name) && len(how) < 2*len(sims) {
						continue
					}
					got := scenario(t, p, name, how...)
					for key := range mergedKeys(want, got) {
						if key == "servers" || key == "errors" && slices.Contains(fails, name) {
							continue
						}
						if string(want[key]) != string(got[key]) {
							t.Errorf("%v: %s differs\npython %.2000s\ngo     %.2000s", how, key, want[key], got[key])
						}
					}
					if s := string(got["servers"]); strings.Trim(s, "[]0, ") != "" {
						t.Errorf("exit codes of simulators: %s", s)
					}
					checkErrors(t, name, got["errors"])
				}
			})
		}
	})
}

// checkErrors looks at what mosaik logs of a simulator's failure.
func checkErrors(t *testing.T, name string, raw json.RawMessage) {
	t.Helper()
	want := map[string][]string{
		"failures":    {"Simulator Controller-0 aborted the simulation with error RuntimeError(Controller-0.Agent_0: step(time=0): 2 values)", "Go simulator Controller-0.Agent_0, in step(time=0)"},
		"notrealtime": {"Simulator Clock-0 aborted the simulation with error RemoteException(", "tried to set an event in non-real-time mode"},
	}[name]
	var logged []string
	if err := json.Unmarshal(raw, &logged); err != nil {
		t.Error(err)
	}
	if len(want) == 0 && len(logged) > 0 {
		t.Errorf("mosaik logs %q", logged)
	}
	for _, w := range want {
		if len(logged) != 1 || !strings.Contains(logged[0], w) {
			t.Errorf("mosaik logs %q, without %q", logged, w)
		}
	}
}

func mergedKeys(a, b map[string]json.RawMessage) map[string]bool {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return keys
}

// MOSAIK_SCENARIOS is how many random scenarios are run, as FIRST:END or a number;
// make mosaik-scenarios runs ten thousand.
func TestRandomScenariosAreTheSameInGo(t *testing.T) {
	seeds := os.Getenv("MOSAIK_SCENARIOS")
	if seeds == "" {
		seeds = "25"
	}
	if n, err := strconv.Atoi(seeds); err == nil {
		seeds = fmt.Sprintf("0:%d", n)
	}
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		result := scenario(t, p, "random", "--seeds", seeds)
		var differ [][4]any
		if err := json.Unmarshal(result["differ"], &differ); err != nil {
			t.Fatal(err)
		}
		for i, d := range differ {
			if i == 5 {
				t.Errorf("and %d more", len(differ)-i)
				break
			}
			t.Errorf("seed %v: %v differs\npython %v\ngo     %v", d[:]...)
		}
		t.Logf("%s scenarios with %s steps; in %s of them mosaik waits for ever, whatever language the simulators are in",
			result["scenarios"], result["steps"], result["stuck"])
	})
}
