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
	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Place is the rule that selects a member for a new agent without a key; see [Spec].
type Place uint8

const (
	// RoundRobin selects the members in turn. It is the default.
	RoundRobin Place = iota
	// Least selects the member with the fewest agents of the fleet.
	Least
)

// OnLost is the reaction to the loss of a member, which is the end of its process or its
// connection.
type OnLost uint8

const (
	// Fail makes all later operations except Stop fail. It is the default.
	Fail OnLost = iota
	// Forget removes the member and its agents from the fleet.
	Forget
	// Restart opens the member again and spawns its agents again, in the same order, so
	// that their addresses stay the same. Their state is lost. Until then, operations that
	// need the member wait.
	Restart
)

// Options are the options of a fleet. The zero value has the defaults.
type Options struct {
	Place  Place
	OnLost OnLost
	// Ready is the longest time until a member is ready, at its first opening and at each
	// restart; the default is 30 s. A member that is lost within a second after a restart
	// counts as not ready: it is restarted after a pause, which is doubled each time, until
	// Ready has passed.
	Ready time.Duration
	// Lost is called when a member is lost, with the reason. The fleet does not wait for
	// it.
	Lost func(m *Member, err error)
	// Back is called after a restart, when the member has its agents again, or, with an
	// error, when the restart has failed; then all later operations fail. The fleet does
	// not wait for it.
	Back func(m *Member, agents int, err error)
}

// Fleet is a number of containers with their managers. It is safe for concurrent use. Call
// Stop to end it.
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
	next     int // for RoundRobin
	time     *float64
	stopping bool
	counted  *round // the last one of Settle
	since    int64  // what calls by the fleet since then count, which have ended
}

// Open opens the members of source concurrently and waits until they are ready. container
// makes the calls to them. ctx applies only to the opening. If some members do not become
// ready, the error names them. Open then kills the processes of the other members; members
// that the fleet did not start continue to run, and those of [Join] may join again.
func Open(ctx context.Context, container *agent.Container, source Source, opts Options) (*Fleet, error) {
	if opts.Ready <= 0 {
		opts.Ready = 30 * time.Second
	}
	n, err := source.begin(container)
	if err != nil {
		return nil, err
	}
	f := &Fleet{container: container, source: source, opts: opts, log: ratelog.New(slog.Default(), 10).Conn(ratelog.Name("fleet"))}
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

// because returns err with the cause of ctx in front if ctx has ended.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return errtext.Errorf("%w: %w", cause, err)
	}
	return err
}

func numberName(i int) string { return strconv.Itoa(i) }

// each calls f for all members concurrently.
func each(list []*Member, f func(i int, m *Member)) {
	var wg sync.WaitGroup
	for i, m := range list {
		wg.Go(func() { f(i, m) })
	}
	wg.Wait()
}

// Members returns the members, in the order of their numbers or names, without those that
// were forgotten.
func (f *Fleet) Members() []*Member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.members)
}

// Stop tells all managers to stop and waits until their processes have ended. When ctx
// ends, it kills the remaining processes. Its error includes those of processes that
// failed, and of members that were lost and not forgotten. A second call returns
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
