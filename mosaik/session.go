package mosaik

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// session is one simulator's connection to mosaik.
type session struct {
	sim    Simulator
	cfg    *config
	in     *reader
	world  *World
	router *aiomas.Router
	extras []string

	// turn is held while the simulator is called, which is one call at a time.
	turn     chan struct{}
	begun    chan struct{} // closed when world is ready
	finalize sync.Once
	finalErr error
	stopping sync.Once
	stopped  chan struct{} // closed when stop was called and Finalize has returned
	sid      atomic.Value  // string, set by init

	// These are guarded by turn.
	doing string // the running call
	meta  Meta
	ready bool // init has succeeded
	eids  map[string]bool
	time  int64 // of the last step
}

func newSession(sim Simulator, cfg *config) (*session, error) {
	s := &session{
		sim: sim, cfg: cfg, in: newReader(), world: new(World), router: aiomas.NewRouter(),
		turn: make(chan struct{}, 1), begun: make(chan struct{}), stopped: make(chan struct{}), eids: map[string]bool{},
	}
	return s, s.expose()
}

// expose exposes the simulator's methods. An invalid extra method is a programming error.
func (s *session) expose() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("mosaik: extra methods: %v", v)
		}
	}()
	r := s.router
	r.Expose("init", s.init, aiomas.Params("sid"))
	r.Expose("create", s.create, aiomas.Params("num", "model"))
	r.Expose("setup_done", s.setupDone)
	r.Expose("step", s.step, aiomas.Params("time", "inputs", "max_advance"), aiomas.Defaults(aiomas.Kwargs{"max_advance": 0}))
	r.Expose("get_data", s.getData, aiomas.Params("outputs"))
	r.Expose("stop", s.stop)
	if e, ok := s.sim.(ExtraMethoder); ok {
		for _, m := range e.ExtraMethods() {
			r.Expose(m.name, m.fn, m.opts...)
			s.extras = append(s.extras, m.name)
		}
	}
	return nil
}

// limits allow all that a simulation may send. While a simulator in mosaik's own process
// computes, mosaik does not read, but is not lost.
func limits() aiomas.Limits {
	const patience = 7 * 24 * time.Hour
	return aiomas.Limits{
		FrameIn:  min(math.MaxUint32, math.MaxInt),
		Elements: math.MaxInt32, PendingIn: 1 << 40, PendingOut: 1 << 40,
		WriteTimeout: patience, FrameTimeout: patience,
	}
}

// serve handles mosaik's calls until stop is called, the connection ends or ctx ends. Then
// it finalizes the simulator.
func (s *session) serve(ctx context.Context, conn net.Conn) error {
	if s.cfg.trace != nil {
		conn = newTap(conn, s.cfg.trace)
	}
	ch, err := aiomas.NewChannel(conn, aiomas.WithLimits(limits()), aiomas.WithLogger(s.cfg.logger),
		aiomas.WithFailures(failures{s.id}), aiomas.WithConcurrency(1), aiomas.WithHandlerInterceptors(s.run))
	if err != nil {
		_ = conn.Close()
		return err
	}
	client := aiomas.NewClient(ch, s.router)
	s.world.client = client
	close(s.begun)
	select {
	case <-s.stopped:
		// Close reads what mosaik still sends, for example a second stop, until mosaik
		// closes: a reset of the connection would make mosaik hang.
		_ = client.Close()
	case <-client.Done():
		err = client.Err()
	case <-ctx.Done():
		err = context.Cause(ctx)
		_ = client.Close()
	}
	return errors.Join(s.end(), s.unlessStopped(err))
}

// unlessStopped returns nil after stop, since mosaik then closes the connection without
// waiting for a reply, and otherwise err.
func (s *session) unlessStopped(err error) error {
	select {
	case <-s.stopped:
		return nil
	default:
		return err
	}
}

// end finalizes the simulator when no call is running, or after the grace period.
func (s *session) end() error {
	grace := time.NewTimer(s.cfg.grace)
	defer grace.Stop()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-grace.C:
		s.cfg.logger.Warn("mosaik: a call does not return although its connection has ended", "grace", s.cfg.grace)
	}
	return s.finalizeOnce()
}

// finalizeOnce calls Finalize once, and waits until that call has returned.
func (s *session) finalizeOnce() error {
	s.finalize.Do(func() {
		f, ok := s.sim.(Finalizer)
		if !ok {
			return
		}
		defer func() {
			if v := recover(); v != nil {
				s.finalErr = &FinalizeError{&aiomas.PanicError{Value: v, Stack: debug.Stack()}}
			}
		}()
		if err := f.Finalize(); err != nil {
			s.finalErr = &FinalizeError{err}
		}
	})
	return s.finalErr
}

// FinalizeError is an error or a panic of Finalize. It is not reported to mosaik.
type FinalizeError struct{ Err error }

func (e *FinalizeError) Error() string { return "mosaik: finalize: " + e.Err.Error() }

// Unwrap returns Err.
func (e *FinalizeError) Unwrap() error { return e.Err }

// run gives each call of the simulator its turn and its context, and adds the place of the
// failure to an error or a panic.
func (s *session) run(ctx context.Context, in aiomas.Incoming, next func(context.Context) (any, error)) (result any, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	<-s.begun
	s.doing = in.Path
	defer func() {
		if v := recover(); v != nil {
			err = &callError{s.id(), s.doing, &aiomas.PanicError{Value: v, Stack: debug.Stack()}, panicFrames()}
		} else if err != nil {
			err = &callError{s.id(), s.doing, err, nil}
		}
	}()
	if !s.ready && in.Path != "init" && in.Path != "stop" {
		return nil, aiomas.RuntimeError.Errorf("called before init")
	}
	return next(context.WithValue(ctx, worldKey{}, s.world))
}

func (s *session) id() string {
	sid, _ := s.sid.Load().(string)
	return sid
}
