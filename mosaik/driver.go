package mosaik

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Driver is mosaik's view of one simulator in any language. It mirrors
// mosaik.proxies.RemoteProxy. Make one call at a time, as mosaik does, beginning with Init
// and always ending with Stop.
//
// A failure of the simulator is an *[aiomas.RemoteError]. Other errors are those of
// [aiomas.Proxy.Call].
type Driver struct {
	client  *aiomas.Client
	sid     string
	old     bool // before API 3: Step has no maxAdvance
	process *process
	stop    sync.Once
	stopErr error
}

// DriverOption is an option of [Start] and [Connect].
type DriverOption func(*driverConfig)

type driverConfig struct {
	answers Answers
}

// WithAnswers sets the functions that answer the simulator's requests.
func WithAnswers(a Answers) DriverOption { return func(cfg *driverConfig) { cfg.answers = a } }

// Connect connects to a simulator that waits at addr ("host:port"), as mosaik does with
// "connect". It makes one attempt.
func Connect(ctx context.Context, addr string, opts ...DriverOption) (*Driver, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("mosaik: cannot connect to the simulator: %w", err)
	}
	return newDriver(conn, opts)
}

// Start starts a simulator as mosaik does with "cmd": it listens, starts cmd with
// "%(addr)s" in its arguments replaced by its address, and waits for the connection. When
// ctx ends, before or after Start has returned, the process is killed. Give ctx a deadline:
// mosaik's is 10 s for the connection and 10 s for Init.
func Start(ctx context.Context, cmd *exec.Cmd, opts ...DriverOption) (*Driver, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mosaik: %w", err)
	}
	p, err := startProcess(ctx, cmd, ln.Addr().String())
	if err != nil {
		_ = ln.Close()
		return nil, err
	}
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.done:
			cancel(fmt.Errorf("mosaik: the simulator ended before it connected: %w", p.ended()))
		case <-waiting.Done():
		}
	}()
	conn, err := accept(waiting, ln, 0)
	if err != nil {
		p.kill()
		return nil, err
	}
	d, err := newDriver(conn, opts)
	if err != nil {
		p.kill()
		return nil, err
	}
	d.process = p
	return d, nil
}

func newDriver(conn net.Conn, opts []DriverOption) (*Driver, error) {
	var cfg driverConfig
	for _, o := range opts {
		o(&cfg)
	}
	d := new(Driver)
	ch, err := aiomas.NewChannel(conn, aiomas.WithLimits(limits()), aiomas.WithFailures(failures{func() string { return "driver" }}))
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	d.client = aiomas.NewClient(ch, cfg.answers.router())
	return d, nil
}

// Init initializes the simulator with the id sid, and returns its description, unchecked.
// timeResolution is the number of seconds in a step of time; 0 means 1.
func (d *Driver) Init(ctx context.Context, sid string, timeResolution float64, params map[string]any) (Meta, error) {
	if timeResolution == 0 {
		timeResolution = 1
	}
	kwargs := aiomas.Kwargs{"time_resolution": timeResolution}
	for name, v := range params {
		kwargs[name] = unwrap(v)
	}
	d.sid = sid
	var w wireMeta
	if err := d.Call(ctx, &w, "init", sid, kwargs); err != nil {
		return Meta{}, err
	}
	m := w.meta()
	d.old = m.APIVersion == "" || m.APIVersion[0] < '3'
	return m, nil
}

// Create creates entities.
func (d *Driver) Create(ctx context.Context, num int, model string, params map[string]any) ([]Entity, error) {
	kwargs := aiomas.Kwargs{}
	for name, v := range params {
		kwargs[name] = unwrap(v)
	}
	var list []wireEntity
	if err := d.Call(ctx, &list, "create", num, model, kwargs); err != nil {
		return nil, err
	}
	return entitiesOf(list), nil
}

// SetupDone tells the simulator that all entities and connections exist.
func (d *Driver) SetupDone(ctx context.Context) error { return d.Call(ctx, nil, "setup_done") }

// Step steps the simulator, and returns the time of its next step, or [NoStep].
func (d *Driver) Step(ctx context.Context, t int64, in Inputs, maxAdvance int64) (int64, error) {
	args := []any{t, in.dict(), maxAdvance}
	if d.old {
		args = args[:2]
	}
	var next *int64
	if err := d.Call(ctx, &next, "step", args...); err != nil {
		return 0, err
	}
	if next == nil {
		return NoStep, nil
	}
	return *next, nil
}

// GetData returns values of attributes.
func (d *Driver) GetData(ctx context.Context, want Outputs) (Output, error) {
	var raw codec.Value
	if err := d.Call(ctx, &raw, "get_data", want.dict()); err != nil {
		return Output{}, err
	}
	return newReader().output(raw)
}

// Call calls an extra method, and decodes the returned value into result unless result is
// nil. A last argument of type [aiomas.Kwargs] holds keyword arguments.
func (d *Driver) Call(ctx context.Context, result any, method string, args ...any) error {
	return d.client.Remote(method).Call(ctx, result, args...)
}

// Done returns a channel that is closed when the connection has ended.
func (d *Driver) Done() <-chan struct{} { return d.client.Done() }

// Stop stops the simulator. The simulator may reply or just end the connection. If Start
// started its process, Stop waits for it to exit and kills it when ctx ends; that, and an
// exit status other than 0, are errors. Only the first call has an effect; later calls
// return the same error.
func (d *Driver) Stop(ctx context.Context) error {
	d.stop.Do(func() {
		err := d.Call(ctx, nil, "stop")
		if errors.Is(err, aiomas.ErrConnection) && !errors.Is(err, aiomas.ErrClosed) {
			err = nil
		}
		_ = d.client.Close()
		if d.process != nil {
			err = errors.Join(err, d.process.wait(ctx))
		}
		d.stopErr = err
	})
	return d.stopErr
}

// Kill ends the connection, and the process if Start started it, without calling the
// simulator.
func (d *Driver) Kill() {
	d.stop.Do(func() {
		_ = d.client.Close()
		if d.process != nil {
			d.process.kill()
		}
		d.stopErr = aiomas.ErrClosed
	})
}

// wireEntity is the wire form of an entity.
type wireEntity struct {
	EID      string       `aiomas:"eid"`
	Type     string       `aiomas:"type"`
	Rel      []string     `aiomas:"rel"`
	Children []wireEntity `aiomas:"children"`
	Extra    any          `aiomas:"extra_info"`
}

func entitiesOf(list []wireEntity) []Entity {
	if list == nil {
		return nil
	}
	out := make([]Entity, len(list))
	for i, e := range list {
		out[i] = Entity{e.EID, e.Type, e.Rel, entitiesOf(e.Children), e.Extra}
	}
	return out
}
