package fleet

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/callback"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Place says which member gets a new agent that has no key; see [Spec].
type Place uint8

const (
	// RoundRobin takes one member after the other. It is the default.
	RoundRobin Place = iota
	// Least takes the member with the fewest agents of the fleet.
	Least
)

// OnLost says what happens when a member is lost: when its process or its connection
// has ended.
type OnLost uint8

const (
	// Fail lets all that follows fail, but for Stop. It is the default.
	Fail OnLost = iota
	// Forget goes on without the member and its agents.
	Forget
	// Restart opens the member again and spawns its agents again, in order, so that
	// their addresses stay. Their state is lost. What needs the member waits meanwhile.
	Restart
)

// Options are those of a fleet. All may be left out.
type Options struct {
	Place  Place
	OnLost OnLost
	// Ready is how long a member may take to become ready, at first and again; 30 s by
	// default. One that is opened again and lost within a second was not ready: it is
	// opened again after a pause that doubles each time, as long as Ready has not passed.
	Ready time.Duration
	// Lost is called when a member is lost, and why. Nobody waits for it.
	Lost func(m *Member, err error)
	// Back is called when a member has been opened again with its agents; err says why
	// that was in vain, and then all that follows fails. Nobody waits for it.
	Back func(m *Member, agents int, err error)
}

// Fleet are many containers with their managers. It is safe for concurrent use. It
// must be ended by Stop.
type Fleet struct {
	container *agent.Container
	source    Source
	opts      Options
	ctx       context.Context // of watchers and restarts
	cancel    context.CancelFunc
	work      sync.WaitGroup
	callbacks callback.Queue
	log       ratelog.Conn

	mu       sync.Mutex
	members  []*Member
	next     int // of RoundRobin
	time     *float64
	stopping bool
}

// Open opens the members of source, all at once, and waits until they are ready. Calls
// to them are made by container. ctx bounds the opening only. When one does not become
// ready, the errors say which; the processes of the others are killed, and members that
// somebody else has started go on: those of [Join] may join again.
func Open(ctx context.Context, container *agent.Container, source Source, opts Options) (*Fleet, error) {
	if opts.Ready <= 0 {
		opts.Ready = 30 * time.Second
	}
	n, err := source.begin(container)
	if err != nil {
		return nil, err
	}
	f := &Fleet{container: container, source: source, opts: opts, log: ratelog.New(slog.Default(), 10).Conn("fleet")}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	for i := range n {
		f.members = append(f.members, &Member{fleet: f, index: i, name: numberName(i), changed: make(chan struct{})})
	}
	all := slices.Clone(f.members)
	lives := make([]*life, n)
	errs := make([]error, n)
	_ = aiomas.Await(ctx, func() error {
		ctx, cancel := context.WithTimeoutCause(aiomas.WithoutTurn(ctx), opts.Ready, ErrNotReady)
		defer cancel()
		each(all, func(i int, m *Member) {
			var err error
			if lives[i], err = source.open(ctx, i, ""); err != nil {
				errs[i] = m.failed("open", because(ctx, err))
				return
			}
			m.name = source.name(i)
		})
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		source.end()
		source.abandon()
		f.cancel()
		for _, l := range lives {
			if l != nil {
				l.kill()
			}
		}
		return nil, err
	}
	for i, m := range all {
		m.begin(lives[i])
	}
	slices.SortStableFunc(f.members, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	return f, nil
}

// because is err, with the cause of ctx if that has ended.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return errors.Join(cause, err)
	}
	return err
}

func numberName(i int) string { return strconv.Itoa(i) }

// each calls f for all members at once.
func each(list []*Member, f func(i int, m *Member)) {
	var wg sync.WaitGroup
	for i, m := range list {
		wg.Go(func() { f(i, m) })
	}
	wg.Wait()
}

// Members returns the members, in the order of their numbers or names. Those that were
// forgotten are not among them.
func (f *Fleet) Members() []*Member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.members)
}

// Stop tells all managers to stop and waits for the end of their processes, which it
// kills when ctx ends. Its error has those of processes that ended otherwise than in
// order, and of members that were lost and not forgotten. A second call returns
// [ErrStopped].
func (f *Fleet) Stop(ctx context.Context) error {
	f.mu.Lock()
	again := f.stopping
	f.stopping = true
	list := slices.Clone(f.members)
	for _, m := range list {
		m.change()
	}
	f.mu.Unlock()
	if again {
		return ErrStopped
	}
	f.cancel()
	errs := make([]error, len(list))
	return aiomas.Await(ctx, func() error {
		ctx := aiomas.WithoutTurn(ctx)
		f.work.Wait()
		f.source.end()
		each(list, func(i int, m *Member) { errs[i] = m.stop(ctx) })
		return errors.Join(errs...)
	})
}
