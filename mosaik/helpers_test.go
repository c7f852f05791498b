package mosaik_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// fake is a simulator made of functions; those that are nil do what is usual.
type fake struct {
	meta      mosaik.Meta
	init      func(ctx context.Context, sid string, p mosaik.Params) (mosaik.Meta, error)
	create    func(ctx context.Context, num int, model string, p mosaik.Params) ([]mosaik.Entity, error)
	step      func(ctx context.Context, t int64, in mosaik.Inputs, maxAdvance int64) (int64, error)
	getData   func(ctx context.Context, want mosaik.Outputs) (mosaik.Output, error)
	setupDone func(ctx context.Context) error
	finalize  func() error
	extra     []mosaik.ExtraMethod

	finalized atomic.Int32
	created   int
}

func (f *fake) Init(ctx context.Context, sid string, p mosaik.Params) (mosaik.Meta, error) {
	if f.init != nil {
		return f.init(ctx, sid, p)
	}
	if f.meta.Models == nil {
		f.meta.Models = map[string]mosaik.ModelMeta{"M": {Params: []string{"p"}, Attrs: []string{"a", "b"}}}
	}
	return f.meta, nil
}

func (f *fake) Create(ctx context.Context, num int, model string, p mosaik.Params) ([]mosaik.Entity, error) {
	if f.create != nil {
		return f.create(ctx, num, model, p)
	}
	list := make([]mosaik.Entity, num)
	for i := range list {
		list[i] = mosaik.Entity{EID: fmt.Sprintf("%s-%d", model, f.created), Type: model}
		f.created++
	}
	return list, nil
}

func (f *fake) Step(ctx context.Context, t int64, in mosaik.Inputs, maxAdvance int64) (int64, error) {
	if f.step != nil {
		return f.step(ctx, t, in, maxAdvance)
	}
	return t + 1, nil
}

func (f *fake) GetData(ctx context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	if f.getData != nil {
		return f.getData(ctx, want)
	}
	return want.Fill(func(string, string) (any, bool) { return 1.0, true }), nil
}

func (f *fake) SetupDone(ctx context.Context) error {
	if f.setupDone != nil {
		return f.setupDone(ctx)
	}
	return nil
}

func (f *fake) Finalize() error {
	f.finalized.Add(1)
	if f.finalize != nil {
		return f.finalize()
	}
	return nil
}

func (f *fake) ExtraMethods() []mosaik.ExtraMethod { return f.extra }

// served is a simulator that is being served.
type served struct {
	addr   string
	cancel context.CancelFunc
	result chan error
}

func serve(t *testing.T, sim mosaik.Simulator, opts ...mosaik.Option) *served {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{addr: ln.Addr().String(), cancel: cancel, result: make(chan error, 1)}
	go func() { s.result <- mosaik.Serve(ctx, ln, sim, opts...) }()
	t.Cleanup(cancel)
	return s
}

// end is what Serve returned.
func (s *served) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.result:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("Serve does not return")
		return nil
	}
}

// drive serves a simulator and drives it. In the end it is stopped and must have
// been finalized once.
func drive(t *testing.T, sim *fake, opts ...mosaik.DriverOption) *mosaik.Driver {
	t.Helper()
	s := serve(t, sim)
	d, err := mosaik.Connect(t.Context(), s.addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if err := s.end(t); err != nil {
			t.Errorf("Serve: %v", err)
		}
		if n := sim.finalized.Load(); n != 1 {
			t.Errorf("Finalize was called %d times", n)
		}
	})
	return d
}

func driveInit(t *testing.T, sim *fake, opts ...mosaik.DriverOption) *mosaik.Driver {
	t.Helper()
	d := drive(t, sim, opts...)
	if _, err := d.Init(t.Context(), "S-0", 1, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// remote is the failure in err.
func remote(t *testing.T, err error) *aiomas.RemoteError {
	t.Helper()
	var e *aiomas.RemoteError
	if !errors.As(err, &e) {
		t.Fatalf("not a failure of the simulator: %v", err)
	}
	return e
}
