package agent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// Whatever ends Run is an orderly end.
func TestRun(t *testing.T) {
	for name, end := range map[string]func(c *agent.Container, cancel func()) error{
		"its context": func(_ *agent.Container, cancel func()) error { cancel(); return nil },
		"Shutdown":    func(c *agent.Container, _ func()) error { return c.Shutdown(context.Background()) },
		"Close":       func(c *agent.Container, _ func()) error { return c.Close() },
	} {
		c := newContainer(t, "local://"+t.Name()+name)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error)
		go func() { ended <- c.Run(ctx, nil) }()
		if err := end(c, cancel); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-ended; err != nil {
			t.Errorf("after the end of %s: %v", name, err)
		}
		<-c.Done()
	}
}

// A call that still waits does not hold up the end: its context ends after the
// grace, and the end is an orderly one all the same.
func TestRunEndsWaitingCalls(t *testing.T) {
	runs := map[string]func(ctx context.Context, begun chan<- string, handler func(context.Context) error) error{
		"Run": func(ctx context.Context, begun chan<- string, handler func(context.Context) error) error {
			c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
			if err != nil {
				return err
			}
			r := aiomas.NewRouter()
			r.Expose("wait", handler)
			a, err := c.Register(r)
			if err != nil {
				return err
			}
			begun <- a.Addr()
			return c.Run(ctx, agent.Grace(10*time.Millisecond))
		},
		"RunManager": func(ctx context.Context, begun chan<- string, handler func(context.Context) error) error {
			return agent.RunManager(ctx, "tcp://127.0.0.1:0", agent.ManagerConfig{
				Grace: 10 * time.Millisecond,
				Register: func(c *agent.Container, manages agent.RegisterOption) (*agent.Manager, error) {
					m := &agent.Manager{}
					_, err := c.Register(m, manages, agent.Setup(func(r *aiomas.Router) error {
						r.Expose("wait", handler)
						return nil
					}))
					return m, err
				},
				Ready: func(m *agent.Manager) { begun <- m.Addr() },
			})
		},
	}
	for name, run := range runs {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		waiting, gone := make(chan struct{}), make(chan error, 1)
		handler := func(ctx context.Context) error {
			close(waiting)
			<-ctx.Done()
			gone <- ctx.Err()
			return ctx.Err()
		}
		begun, ended := make(chan string), make(chan error, 1)
		go func() { ended <- run(ctx, begun, handler) }()
		caller := newContainer(t, "tcp://127.0.0.1:0")
		p := connect(t, caller, <-begun)
		call := p.Sub("wait").Go(t.Context(), nil)
		<-waiting
		if name == "RunManager" {
			if err := p.Sub("stop").Call(t.Context(), nil); err != nil {
				t.Error(err)
			}
		} else {
			cancel()
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the handler's context: %v", name, err)
		}
		if err := call.Wait(t.Context()); err == nil {
			t.Errorf("%s: the call ended well", name)
		}
	}
}

func TestManagerConfigRegister(t *testing.T) {
	mine := errors.New("mine")
	for name, register := range map[string]func(*agent.Container, agent.RegisterOption) (*agent.Manager, error){
		"an error":   func(*agent.Container, agent.RegisterOption) (*agent.Manager, error) { return nil, mine },
		"no manager": func(*agent.Container, agent.RegisterOption) (*agent.Manager, error) { return nil, nil },
		"another one": func(*agent.Container, agent.RegisterOption) (*agent.Manager, error) {
			return agent.NewManager(newContainer(t, "local://"+t.Name()), nil)
		},
	} {
		err := agent.RunManager(t.Context(), "tcp://127.0.0.1:0", agent.ManagerConfig{Register: register})
		if err == nil || errors.Is(err, mine) != (name == "an error") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
