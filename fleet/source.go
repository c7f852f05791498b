package fleet

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Source is the origin of the members of a fleet: [Processes], [Addresses] or [Join]. A
// source can be used for one fleet.
type Source interface {
	// begin prepares for n members, and returns n.
	begin(c *agent.Container) (n int, err error)
	// open starts member i or waits for it. last is the address of its container in its
	// previous life, and empty at first.
	open(ctx context.Context, i int, last string) (*life, error)
	// name returns the name of the member, after its opening.
	name(i int) string
	// end is called when no more members will be opened.
	end()
	// abandon is called after end if the fleet could not be opened.
	abandon()
}

// life is one life of a member, from its opening to its loss.
type life struct {
	manager *aiomas.Proxy
	base    string         // address of the container, a prefix of its agents' addresses
	process *agent.Process // nil if the fleet did not start it
	counts  bool           // the manager is in Go and has spawn_n and call_counts
	time    *float64       // set by a restart, or nil
}

// newLife asks for the kind of manager.
func newLife(ctx context.Context, manager *aiomas.Proxy, addr string, p *agent.Process) (*life, error) {
	l := &life{manager: manager, process: p, base: addr[:strings.LastIndexByte(addr, '/')+1]}
	switch _, err := aiomas.Call[[]int64](ctx, manager.Sub("call_counts")); {
	case err == nil:
		l.counts = true
	case !errors.Is(err, aiomas.LookupError): // the manager has the method
		l.kill()
		return nil, err
	}
	return l, nil
}

// kill kills the process, if the life has one.
func (l *life) kill() {
	if l.process != nil {
		l.process.Kill()
	}
}

// Processes returns a source of n programs that the fleet starts with
// [agent.Container.Start]. command returns the program of member i, counted from 0, and the
// address of its manager, which is empty if the program prints it. The program may be run
// by a shell, ssh or srun. listen is empty at first. After a loss, it is the previous
// address of the member's container, such as "tcp://127.0.0.1:40123", and the container must
// listen there again to keep its agents' addresses. command must be safe for concurrent use.
func Processes(n int, command func(i int, listen string) (cmd *exec.Cmd, url string)) Source {
	return &processes{numbered{n}, command, nil}
}

// numbered is the part of sources whose members have no names.
type numbered struct{ n int }

func (s numbered) name(i int) string { return numberName(i) }
func (numbered) end()                {}
func (numbered) abandon()            {}

type processes struct {
	numbered
	command   func(i int, listen string) (*exec.Cmd, string)
	container *agent.Container
}

func (s *processes) begin(c *agent.Container) (int, error) {
	s.container = c
	return s.n, nil
}

func (s *processes) open(ctx context.Context, i int, last string) (*life, error) {
	listen := strings.TrimSuffix(last, "/")
	if path, ok := strings.CutPrefix(listen, "ipc://["); ok {
		listen = "unix://" + strings.TrimSuffix(path, "]")
	}
	cmd, url := s.command(i, listen)
	p, err := s.container.Start(ctx, cmd, url)
	if err != nil {
		return nil, err
	}
	return newLife(ctx, p.Manager(), p.Addr(), p)
}

// Addresses returns a source of managers at the given addresses, such as
// "tcp://plant-0.plant:5555/0", that are started, and started again, by other programs.
// Open waits until they listen.
func Addresses(managers ...string) Source {
	return &addresses{numbered{len(managers)}, managers, nil}
}

type addresses struct {
	numbered
	urls      []string
	container *agent.Container
}

func (s *addresses) begin(c *agent.Container) (int, error) {
	s.container = c
	return s.n, nil
}

func (s *addresses) open(ctx context.Context, i int, _ string) (*life, error) {
	for {
		manager, err := s.container.Connect(ctx, s.urls[i], agent.WithRetry(-1))
		if err == nil {
			return newLife(ctx, manager, s.urls[i], nil)
		}
		// The member may still be shutting down, or may not have a manager yet.
		if !transport.Pause(ctx, 20*time.Millisecond) || isMistake(err) {
			return nil, err
		}
	}
}
