package agents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
)

// step is one line of a script: what, when and a label.
type step []any

// note is one line of a journal: time, date and label.
type note struct {
	Time  float64
	Date  string
	Label string
}

// scripted does what a script says, by the container's clock, and keeps a
// journal. It is the twin of the one in agents_system.py.
type scripted struct {
	agent.Agent

	mu       sync.Mutex
	changed  *sync.Cond
	journal  []note
	sleepers map[*sleeper]bool
}

// sleeper is a goroutine that sleeps until the time until.
type sleeper struct{ until float64 }

func newScripted(t testing.TB, c *agent.Container) *scripted {
	t.Helper()
	s := &scripted{sleepers: map[*sleeper]bool{}}
	s.changed = sync.NewCond(&s.mu)
	register(t, c, s, agent.Expose("Play", "Settle", "Read"))
	return s
}

func (s *scripted) note(label string) {
	c := s.Container().Clock()
	n := note{c.Time(), clock.FormatDate(c.UTCNow()), label}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, n)
}

// Play starts what the script says.
func (s *scripted) Play(ctx context.Context, script []step) error {
	c := s.Container().Clock()
	var errs []error
	scheduled := func(timer clock.Timer, err error) clock.Timer {
		errs = append(errs, err)
		return timer
	}
	for _, line := range script {
		label := line[2].(string)
		f := func() { s.note(label) }
		switch line[0] {
		case "call_in":
			scheduled(c.CallIn(number(line[1]), f))
		case "call_at":
			scheduled(c.CallAt(clock.At(number(line[1])), f))
		case "call_at_date":
			date, err := clock.ParseDate(line[1].(string))
			errs = append(errs, err)
			scheduled(c.CallAt(clock.Date(date), f))
		case "cancelled":
			scheduled(c.CallIn(number(line[1]), f)).Cancel()
		case "repeat":
			errs = append(errs, s.repeat(number(line[1]), label, 1))
		case "sleep":
			s.sleep(context.WithoutCancel(ctx), line[1].([]any), label)
		case "past":
			if _, err := c.CallAt(clock.At(number(line[1])), f); err != nil {
				var ex *aiomas.Exception
				errors.As(err, &ex)
				text, _, _ := strings.Cut(ex.Message, `"`)
				s.note(label + ": " + strings.TrimSpace(text))
			}
		}
	}
	return errors.Join(errs...)
}

func number(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v.(float64)
}

func (s *scripted) repeat(dt float64, label string, n int) error {
	_, err := s.Container().Clock().CallIn(dt, func() {
		s.note(fmt.Sprintf("%s %d", label, n))
		if n < 5 {
			if err := s.repeat(dt, label, n+1); err != nil {
				s.note(err.Error())
			}
		}
	})
	return err
}

// sleep sleeps for each of times in turn. For Settle it says until when before
// it does.
func (s *scripted) sleep(ctx context.Context, times []any, label string) {
	c := s.Container().Clock()
	me := &sleeper{}
	fall := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		defer s.changed.Broadcast()
		if n == len(times) {
			delete(s.sleepers, me)
			return
		}
		me.until = c.Time() + number(times[n])
		s.sleepers[me] = true
	}
	fall(0)
	go func() {
		for n := range times {
			if err := c.SleepUntil(ctx, clock.At(me.until)); err != nil {
				s.note(err.Error())
			}
			s.note(fmt.Sprintf("%s %d", label, n))
			fall(n + 1)
		}
	}()
}

// Settle waits until all sleepers that the last time woke sleep again, or have
// ended.
func (s *scripted) Settle() {
	now := s.Container().Clock().Time()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		awake := false
		for sl := range s.sleepers {
			awake = awake || sl.until <= now
		}
		if !awake {
			return
		}
		s.changed.Wait()
	}
}

// Read returns the journal.
func (s *scripted) Read() []codec.Tuple {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []codec.Tuple
	for _, n := range s.journal {
		out = append(out, codec.Tuple{n.Time, n.Date, n.Label})
	}
	return out
}

// What the agents of the two kinds of containers do: ties, steps over several
// events, fractions, chains and dates. Sleepers of one container wake at
// different steps, for what Go's do when they wake at the same one is up to its
// scheduler.
var scripts = [][]step{{
	{"call_in", 3, "third"},
	{"call_in", 1, "first"},
	{"call_at", 1, "tie with the first"},
	{"call_in", 1.0, "another tie"},
	{"cancelled", 1, "never"},
	{"call_in", 1.0 / 3, "a third"},
	{"call_at_date", "2016-01-01T00:00:02.500000+00:00", "by date"},
	{"call_at_date", "2016-01-01T01:00:02.500000+01:00", "by the same date elsewhere"},
	{"repeat", 0.7, "chain"},
	{"repeat", 1, "other chain"},
	{"past", 0, "too late"},
	{"past", -5.5, "much too late"},
	{"call_at", 1e9, "never reached"},
}, {
	{"sleep", []any{1, 1, 1.5, 4}, "sleeper"},
	{"call_at", 2, "beside the sleeper"},
	{"repeat", 0.25, "fast chain"},
}}

// The times that the driver sets: small steps, one over much, and one that
// arithmetic makes.
var times = []any{0.25, 1.0 / 3, 0.5, 1, 1.25, 2, 2.5, 2.75, 3, 3.5, 0.1 + 3.6, 10, 12}

// A Python driver sets the time of four containers in lock-step. What happens in
// them, and in which order, is the same when two of them are in Go.
func TestLockStep(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		reference := lockStep(t, c, []string{"python", "python", "python", "python"})
		mixed := lockStep(t, c, []string{"go", "python", "python", "go"})
		if len(reference[0]) < 15 || len(reference[1]) < 5 {
			t.Errorf("journals of %d and %d lines", len(reference[0]), len(reference[1]))
		}
		for i := range reference {
			if diff := cmp.Diff(reference[i], mixed[i]); diff != "" {
				t.Errorf("container %d, Python only -, mixed +: %s", i, diff)
			}
		}
	})
}

// lockStep runs the scripts in containers of these languages and returns their
// journals.
func lockStep(t *testing.T, c cell, languages []string) [][]note {
	t.Helper()
	start := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	home := c.newContainer(t)
	var managers, agents []string
	for _, language := range languages {
		if language == "go" {
			container := c.newContainer(t, agent.WithClock(clock.NewExternal(start, 0)))
			manager, err := agent.NewManager(container, nil)
			if err != nil {
				t.Fatal(err)
			}
			managers = append(managers, manager.Addr())
			agents = append(agents, newScripted(t, container).Addr())
			continue
		}
		d := c.startDriver(t, home, "--compat", "--external", "2016-01-01T00:00:00")
		_, url := d.spawn("agents_system:Scripted")
		managers = append(managers, d.url)
		agents = append(agents, url)
	}
	for i, url := range agents {
		if err := connect(t, home, url).Sub("play").Call(t.Context(), nil, scripts[i%len(scripts)]); err != nil {
			t.Fatal(err)
		}
	}
	driver, _ := c.startDriver(t, home).spawn("agents_system:LockStep")
	if err := driver.Sub("run").Call(t.Context(), nil, managers, agents, times); err != nil {
		t.Fatal(err)
	}
	var journals [][]note
	for _, url := range agents {
		var lines [][]any
		if err := connect(t, home, url).Sub("read").Call(t.Context(), &lines); err != nil {
			t.Fatal(err)
		}
		var journal []note
		for _, l := range lines {
			journal = append(journal, note{number(l[0]), l[1].(string), l[2].(string)})
		}
		journals = append(journals, journal)
	}
	if slices.Contains(languages, "go") {
		t.Logf("%d events", len(journals[0])+len(journals[1])+len(journals[2])+len(journals[3]))
	}
	return journals
}
