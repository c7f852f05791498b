package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Member is a container of a fleet with its manager. It is safe for concurrent use.
type Member struct {
	fleet *Fleet
	index int // in the source
	name  string

	// These are guarded by fleet.mu.
	life    *life         // nil: it is lost, and perhaps opened again
	err     error         // it is lost for good
	changed chan struct{} // closed at the next change of the two
	last    string        // address of the container
	agents  int
	spawned []record // for a restart

	// The goroutine that watches the member's life has these.
	began time.Time     // when its present life began
	first time.Time     // when the first one of a row of short lives was lost
	wait  time.Duration // before the next attempt to open it
}

// Name returns the member's number, from 0 on, or the name by which it has joined.
func (m *Member) Name() string { return m.name }

// String returns the name and the address of the container, as errors do.
func (m *Member) String() string {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	if m.last == "" {
		return "member " + m.name
	}
	return fmt.Sprintf("member %s (%s)", m.name, m.last)
}

// Agents returns how many agents the fleet has spawned there.
func (m *Member) Agents() int {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	return m.agents
}

// Process returns the member's present process, nil if it has none.
func (m *Member) Process() *agent.Process {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	if m.life == nil {
		return nil
	}
	return m.life.process
}

// Manager returns a proxy of the manager. It waits while the member is opened again.
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

// change wakes who waits; fleet.mu is held.
func (m *Member) change() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// begin makes l the member's life; it is not if the fleet is being stopped.
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

// present returns the member's life, for which it waits while it is opened again.
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

// gone tells whether err is the end of l, and waits until that is known to the fleet.
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

// forgotten tells that the fleet goes on without the member.
func (m *Member) forgotten() bool {
	m.fleet.mu.Lock()
	defer m.fleet.mu.Unlock()
	return m.fleet.opts.OnLost == Forget && m.err != nil
}

// watch waits for the end of l, and sees to what follows.
func (m *Member) watch(l *life) {
	f, client := m.fleet, l.manager.Client()
	select {
	case <-client.Done():
	case <-f.ctx.Done():
		return
	}
	err := lost(client.Err())
	restart := f.opts.OnLost == Restart && !errors.Is(err, aiomas.ErrClosed) // of the container
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
		err = errors.Join(err, err2)
	}
	err = m.failed("watch", err)
	if f.opts.Lost != nil {
		f.callbacks.Run(&f.log, "Lost", func() { f.opts.Lost(m, err) })
	}
	if restart {
		m.restart()
	}
}

// end makes sure that the process is over, and returns its error: it may be about to
// end by itself.
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

// shortLife is how long a member must last that is opened again, to be ready.
const shortLife = time.Second

// mayBegin returns until when the member must be ready: a program that ends whenever it
// has begun must not be started without end.
func (m *Member) mayBegin() (limit time.Time) {
	if m.first.IsZero() || time.Since(m.began) >= shortLife {
		m.first, m.wait = time.Now(), 0
	}
	return m.first.Add(m.fleet.opts.Ready)
}

// restart opens the member again.
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
		m.err = fmt.Errorf("%w, and not opened again: %w", ErrLost, because(ctx, err))
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

// reopen makes one attempt.
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

// stop ends the member; nothing else happens to it any more.
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
	return nil // it is gone before its reply was written
}

// isLookup tells that a manager has no such method.
func isLookup(err error) bool {
	var remote *aiomas.RemoteError
	return errors.As(err, &remote) && errors.Is(err, aiomas.LookupError)
}

// isMistake tells that it is of no use to try again.
func isMistake(err error) bool {
	var remote *aiomas.RemoteError
	return errors.Is(err, ErrMoved) || errors.Is(err, aiomas.ErrClosed) || errors.Is(err, aiomas.ValueError) && !errors.As(err, &remote)
}
