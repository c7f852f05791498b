package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Member is a container of a fleet with its manager. It is safe for concurrent use.
type Member struct {
	fleet *Fleet
	index int // in the source
	name  string

	// These are guarded by fleet.mu.
	life    *life         // nil while the member is lost
	err     error         // of a member that is lost for good
	changed chan struct{} // closed at the next change of life or err
	last    string        // address of the container
	agents  int
	spawned []record // for a restart

	// These belong to the goroutine that watches the member's life.
	began time.Time     // start of the present life
	first time.Time     // end of the first of a series of short lives
	wait  time.Duration // before the next attempt to open the member
}

// Name returns the member's number, counted from 0, or the name with which it joined.
func (m *Member) Name() string { return m.name }

// String returns the member's name and the address of its container.
func (m *Member) String() string {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	if m.last == "" {
		return "member " + m.name
	}
	return fmt.Sprintf("member %s (%s)", m.name, m.last)
}

// Agents returns the number of agents that the fleet has spawned on the member.
func (m *Member) Agents() int {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	return m.agents
}

// Process returns the member's present process, or nil if it has none.
func (m *Member) Process() *agent.Process {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	if m.life == nil {
		return nil
	}
	return m.life.process
}

// Manager returns a proxy of the manager. During a restart of the member, it waits.
func (m *Member) Manager(ctx context.Context) (*aiomas.Proxy, error) {
	l, err := m.present(ctx)
	if err != nil {
		return nil, m.failed("manager", err)
	}
	return l.manager, nil
}

func (m *Member) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	var own *MemberError
	if errors.As(err, &own) {
		return err
	}
	return &MemberError{m.String(), op, err}
}

// change wakes the waiting goroutines; fleet.mu is held.
func (m *Member) change() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// begin makes l the member's life. It returns false if the fleet is being stopped.
func (m *Member) begin(l *life) bool {
	f := m.fleet
	f.mu.Lock()
	defer f.mu.Unlock()
	m.last = l.base
	if f.stopping {
		return false
	}
	m.life = l
	m.began = time.Now()
	m.change()
	f.work.Go(func() { m.watch(l) })
	return true
}

// present returns the member's life. During a restart of the member, it waits.
func (m *Member) present(ctx context.Context) (l *life, err error) {
	f := m.fleet
	for {
		f.mu.Lock()
		l, err = m.life, m.err
		if f.stopping {
			err = ErrStopped
		}
		changed := m.changed
		f.mu.Unlock()
		if l != nil || err != nil {
			return l, err
		}
		err = aiomas.Await(ctx, func() error {
			select {
			case <-changed:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			return nil, err
		}
	}
}

// gone reports whether err comes from the end of l. If so, it waits until the fleet has
// noticed the end.
func (m *Member) gone(ctx context.Context, l *life, err error) bool {
	if l.manager.Client().Err() == nil || !errors.Is(err, aiomas.ErrConnection) {
		return false
	}
	for ctx.Err() == nil {
		m.fleet.mu.Lock()
		over, changed := m.life != l || m.fleet.stopping, m.changed
		m.fleet.mu.Unlock()
		if over {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return true
}

// forgotten reports whether the fleet continues without the member.
func (m *Member) forgotten() bool {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	return m.fleet.opts.OnLost == Forget && m.err != nil
}

// watch waits for the end of l and handles it.
func (m *Member) watch(l *life) {
	f, client := m.fleet, l.manager.Client()
	select {
	case <-client.Done():
	case <-f.ctx.Done():
		return
	}
	err := lost(client.Err())
	restart := f.opts.OnLost == Restart && !errors.Is(err, aiomas.ErrClosed) // ErrClosed: the container was closed
	f.mu.Lock()
	if f.stopping {
		f.mu.Unlock()
		return
	}
	m.life = nil
	if !restart {
		m.err = err
	}
	if f.opts.OnLost == Forget {
		f.members = slices.DeleteFunc(f.members, func(o *Member) bool { return o == m })
	}
	m.change()
	f.mu.Unlock()
	if err2 := l.end(); err2 != nil {
		err = errtext.Errorf("%w (the process: %w)", err, err2)
	}
	err = m.failed("watch", err)
	if f.opts.Lost != nil {
		f.callbacks.Run(&f.log, "Lost", func() { f.opts.Lost(m, err) })
	}
	if restart {
		m.restart()
	}
}

// end ends the process, after a short time in which it may end by itself, and returns its
// error.
func (l *life) end() error {
	if l.process == nil {
		return nil
	}
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-l.process.Done():
	case <-timer.C:
	}
	l.process.Kill()
	return l.process.Wait()
}

// shortLife is how long a member must last after a restart to count as ready.
const shortLife = time.Second

// mayBegin returns the time at which the member must be ready. It bounds the restarts of a
// program that always ends soon after its start.
func (m *Member) mayBegin() (limit time.Time) {
	if m.first.IsZero() || time.Since(m.began) >= shortLife {
		m.first, m.wait = time.Now(), 0
	}
	return m.first.Add(m.fleet.opts.Ready)
}

// restart opens the member again, in several attempts if necessary.
func (m *Member) restart() {
	f := m.fleet
	ctx, cancel := context.WithDeadlineCause(f.ctx, m.mayBegin(), ErrNotReady)
	defer cancel()
	var l *life
	err := ErrNotReady
	for err != nil && !isMistake(err) && transport.Pause(ctx, m.wait) {
		m.wait = min(max(2*m.wait, 10*time.Millisecond), time.Second)
		l, err = m.reopen(ctx)
	}
	if err == nil && !m.begin(l) {
		l.kill()
		return
	}
	f.mu.Lock()
	n := m.agents
	if err != nil && !f.stopping {
		m.err = errtext.Errorf("%w, and not opened again: %w", ErrLost, because(ctx, err))
		err = m.err
		m.change()
	}
	stopping := f.stopping
	f.mu.Unlock()
	if f.opts.Back != nil && !stopping {
		err := m.failed("restart", err)
		f.callbacks.Run(&f.log, "Back", func() { f.opts.Back(m, n, err) })
	}
}

// reopen makes one attempt to open the member again.
func (m *Member) reopen(ctx context.Context) (*life, error) {
	f := m.fleet
	f.mu.Lock()
	last, list := m.last, slices.Clone(m.spawned)
	t := f.time
	f.mu.Unlock()
	l, err := f.source.open(ctx, m.index, last)
	if err != nil {
		return nil, err
	}
	if err := l.restore(ctx, t, list); err != nil {
		l.kill()
		return nil, err
	}
	return l, nil
}

// stop stops the member, after which its state does not change.
func (m *Member) stop(ctx context.Context) error {
	m.fleet.mu.Lock()
	l, err := m.life, m.err
	m.fleet.mu.Unlock()
	switch {
	case l == nil:
		return m.failed("stop", err)
	case l.process != nil:
		return m.failed("stop", l.process.Stop(ctx))
	}
	if err := l.manager.Sub("stop").Call(ctx, nil); !errors.Is(err, aiomas.ErrConnection) {
		return m.failed("stop", err)
	}
	return nil // the connection ended before the reply was written
}

// isMistake reports whether another attempt would fail as well.
func isMistake(err error) bool {
	var remote *aiomas.RemoteError
	return errors.Is(err, ErrMoved) || errors.Is(err, aiomas.ErrClosed) || errors.Is(err, aiomas.ValueError) && !errors.As(err, &remote)
}
