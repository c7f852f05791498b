package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// pulse is a writer that writes a line itself when nothing has been written for
// a while.
type pulse struct {
	mu    sync.Mutex
	w     io.Writer
	start time.Time
	timer *time.Timer
	every time.Duration
	ended bool
}

func startPulse(w io.Writer, every time.Duration) *pulse {
	p := &pulse{w: w, start: time.Now(), every: every}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(every, p.beat)
	return p
}

func (p *pulse) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.timer.Reset(p.every)
	}
	return p.w.Write(b)
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	fmt.Fprintf(p.w, "      … compiling or running, for %v\n", time.Since(p.start).Round(time.Second))
	p.timer.Reset(p.every)
}

// stop ends the pulse. It writes nothing itself after stop has returned.
func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.timer.Stop()
}
