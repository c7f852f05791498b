package fleet_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/fleet"
)

func BenchmarkSpawnN(b *testing.B) {
	f := open(b, newContainer(b), members(10), fleet.Options{})
	const n = 10_000
	for b.Loop() {
		if _, err := f.SpawnN(b.Context(), n, "town:House", numbers); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "spawns/s")
	_ = f.Stop(b.Context())
}

// A barrier over ten members: SetTime, which all of them answer.
func BenchmarkSetTime(b *testing.B) {
	f := open(b, newContainer(b), members(10), fleet.Options{})
	t := 0.0
	for b.Loop() {
		t++
		if err := f.SetTime(b.Context(), t); err != nil {
			b.Fatal(err)
		}
	}
	_ = f.Stop(b.Context())
}

func BenchmarkSettle(b *testing.B) {
	f := open(b, newContainer(b), members(10), fleet.Options{})
	for b.Loop() {
		if err := f.Settle(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	_ = f.Stop(b.Context())
}

// A step of a simulation: both.
func BenchmarkStep(b *testing.B) {
	f := open(b, newContainer(b), members(10), fleet.Options{})
	t := 0.0
	for b.Loop() {
		t++
		if err := errors.Join(f.SetTime(b.Context(), t), f.Settle(b.Context())); err != nil {
			b.Fatal(err)
		}
	}
	_ = f.Stop(b.Context())
}

// A member with a thousand agents is killed and comes back. The kernel shows the end of a
// process when it has taken its memory back: ms/kernel is when a pipe to the same process
// is closed, so that ms/noticed cannot be less.
func BenchmarkRestart(b *testing.B) {
	lost, back, closed := make(chan time.Time, 1), make(chan time.Time, 1), make(chan time.Time, 1)
	var kernel, noticed, again time.Duration
	for b.Loop() {
		r, w, err := os.Pipe()
		if err != nil {
			b.Fatal(err)
		}
		// A new fleet each time: one whose member is lost again and again makes pauses.
		f := open(b, newContainer(b), fleet.Processes(1, func(_ int, listen string) (*exec.Cmd, string) {
			if listen != "" {
				return command("member", listen), ""
			}
			cmd := command("member", "tcp://127.0.0.1:0")
			cmd.ExtraFiles = []*os.File{w}
			return cmd, ""
		}), fleet.Options{
			OnLost: fleet.Restart,
			Lost:   func(*fleet.Member, error) { lost <- time.Now() },
			Back:   func(*fleet.Member, int, error) { back <- time.Now() },
		})
		_ = w.Close() // the member's end is the only one now
		go func() {
			_, _ = r.Read(make([]byte, 1))
			closed <- time.Now()
		}()
		if _, err := f.SpawnN(b.Context(), 1000, "town:House", numbers); err != nil {
			b.Fatal(err)
		}
		p, err := os.FindProcess(f.Members()[0].Process().PID())
		if err != nil {
			b.Fatal(err)
		}
		killed := time.Now()
		if err := p.Kill(); err != nil {
			b.Fatal(err)
		}
		kernel += (<-closed).Sub(killed)
		noticed += (<-lost).Sub(killed)
		again += (<-back).Sub(killed)
		_ = r.Close()
		_ = f.Stop(b.Context())
	}
	b.ReportMetric(kernel.Seconds()*1e3/float64(b.N), "ms/kernel")
	b.ReportMetric(noticed.Seconds()*1e3/float64(b.N), "ms/noticed")
	b.ReportMetric(again.Seconds()*1e3/float64(b.N), "ms/back")
}
