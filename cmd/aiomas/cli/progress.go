package cli

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// progress shows the progress of a load on stderr, if that is a terminal, until stop is called, which removes it.
func (l load) progress(cmd *cobra.Command, m *measured) (stop func()) {
	file, ok := cmd.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func() {}
	}
	end := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		began := time.Now()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				fmt.Fprint(file, "\r\x1b[K")
				return
			case <-tick.C:
			}
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil {
				width = 80
			}
			m.mu.Lock()
			done, failed := m.latency.TotalCount(), m.failed
			m.mu.Unlock()
			fmt.Fprint(file, "\r"+l.progressLine(done, failed, time.Since(began), width)+"\x1b[K")
		}
	})
	return func() { close(end); shown.Wait() }
}

// progressLine returns a bar in the remaining width, the number of calls, calls per second, and the remaining time.
func (l load) progressLine(done, failed int64, took time.Duration, width int) string {
	part, left := 0.0, time.Duration(0)
	if l.calls > 0 {
		part = float64(done) / float64(l.calls)
		if done > 0 {
			left = time.Duration(float64(took) * (1/part - 1))
		}
	}
	if l.last > 0 {
		if p := float64(took) / float64(l.last); p > part {
			part, left = p, l.last-took
		}
	}
	part = min(part, 1)
	text := fmt.Sprintf(" %3.0f %%  %d calls, %.0f/s, %s left", part*100, done, float64(done)/max(took.Seconds(), 1e-3), max(left, 0).Round(time.Second))
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	room := min(width-utf8.RuneCountInString(text)-3, 60)
	if room < 5 {
		return cut(strings.TrimSpace(text), width-1)
	}
	full := int(part * float64(room))
	return "[" + strings.Repeat("#", full) + strings.Repeat(" ", room-full) + "]" + text
}
