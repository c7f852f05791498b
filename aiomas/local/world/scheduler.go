package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/local"
)

// Faults sets the faults that a world may inject, and the maximum number of each.
type Faults struct {
	Delays   int           // delays of up to MaxDelay, of all undelivered messages
	MaxDelay time.Duration // 1 s by default
	Cuts     int           // connections that are reset
	Restarts int           // restarts of containers; see [World.Node]
}

// scheduler is the local.Scheduler of a world.
type scheduler struct{ *World }

// faultKind is an event that may happen instead of a delivery.
type faultKind string

const (
	delays  faultKind = "delay"
	cuts    faultKind = "cut"
	restart faultKind = "restart"
)

// Next implements [local.Scheduler].
func (s scheduler) Next(waiting []local.Message) int {
	w := s.World
	w.mu.Lock()
	if w.over {
		w.mu.Unlock()
		return 0
	}
	var faults []faultKind
	if w.left.Delays > 0 {
		faults = append(faults, delays)
	}
	if w.left.Cuts > 0 {
		faults = append(faults, cuts)
	}
	if w.left.Restarts > 0 && len(w.nodes) > 0 {
		faults = append(faults, restart)
	}
	var chosen int
	chosen = w.choices.choose(len(waiting)+len(faults), func() string {
		return describe(waiting, faults, chosen)
	})
	if chosen < len(waiting) {
		w.mu.Unlock()
		return chosen
	}
	switch faults[chosen-len(waiting)] {
	case delays:
		w.left.Delays--
		d := w.delay()
		w.mu.Unlock()
		time.Sleep(d) //nolint:forbidigo // in a bubble
	case cuts:
		w.left.Cuts--
		w.mu.Unlock()
		w.network.Cut(waiting[0].From, waiting[0].To)
	case restart:
		w.left.Restarts--
		var i int
		i = w.choices.choose(len(w.nodes), func() string { return "container " + w.nodes[i].name })
		n := w.nodes[i]
		w.wg.Go(n.restart)
		w.mu.Unlock()
	}
	return -1
}

// delay chooses the length of a delay; w.mu is held.
func (w *World) delay() time.Duration {
	const steps = 1000
	var v int
	v = w.choices.choose(steps, func() string { return (w.left.MaxDelay * time.Duration(v+1) / steps).String() })
	return w.left.MaxDelay * time.Duration(v+1) / steps
}

func describe(waiting []local.Message, faults []faultKind, chosen int) string {
	if i := chosen - len(waiting); i >= 0 {
		return fmt.Sprintf("%s before %s", faults[i], show(waiting[0]))
	}
	return fmt.Sprintf("%s overtakes %s", show(waiting[chosen]), show(waiting[0]))
}

// show describes a message by its ends and the beginning of its text.
func show(m local.Message) string {
	const most = 70
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xfffd {
			return -1
		}
		return r
	}, string(m.Data[min(len(m.Data), 4):min(len(m.Data), 4+most)]))
	return fmt.Sprintf("%s → %s %s", name(m.From), name(m.To), text)
}

func name(end string) string {
	if end == "" {
		return "?"
	}
	return end
}
