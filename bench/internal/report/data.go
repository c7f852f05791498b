// Package report stores the samples of a run and generates docs/performance.md and its
// plots.
package report

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// Data is the result of a run.
type Data struct {
	Date     time.Time     `json:"date"`
	Machine  Machine       `json:"machine"`
	Rounds   int           `json:"rounds"`
	Slice    time.Duration `json:"slice"`
	Versions []string      `json:"versions"`
	Results  suite.Results `json:"results"`
}

// Machine describes the machine of a run.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`

	Costs proc.Costs `json:"costs"`
}

// ThisMachine describes this machine, as far as possible.
func ThisMachine() Machine {
	m := Machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), Kernel: runtime.GOOS, Go: runtime.Version(), Costs: proc.MachineCosts()}
	if v := field("/proc/cpuinfo", "model name"); v != "" {
		m.CPU = v + ", " + runtime.GOARCH
	}
	var kb int
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kb); err == nil {
		m.Memory = fmt.Sprintf("%d GiB", (kb+1<<19)>>20)
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = runtime.GOOS + " " + strings.TrimSpace(string(b))
	}
	return m
}

// field returns the value of the first line "name : value" of a file.
func field(file, name string) string {
	b, _ := os.ReadFile(file) // it need not exist
	for line := range bytes.Lines(b) {
		if k, v, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
