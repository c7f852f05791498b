package fleet

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/transport"
)

// Source says where the members of a fleet come from: [Processes], [Addresses] or
// [Join]. A source is for one fleet.
type Source interface {
	// begin prepares for n members, and returns n.
	begin(c *agent.Container) (n int, err error)
	// open starts or awaits member i. last is the address of its container in its last
	// life, empty in its first.
	open(ctx context.Context, i int, last string) (*life, error)
	// name returns what the member is called, once it is open.
	name(i int) string
	// end is called when no member will be opened any more.
	end()
	// abandon is called after end, when the fleet could not be opened.
	abandon()
}

// life is one life of a member, from its opening until it is lost.
type life struct {
	manager *aiomas.Proxy
	base    string         // address of the container, which those of its agents begin with
	process *agent.Process // nil: somebody else's
	counts  bool           // the manager is in Go, and has spawn_n and call_counts
	time    *float64       // that a restart has set; nil: none
}

// newLife asks what kind of manager it is.
func newLife(ctx context.Context, manager *aiomas.Proxy, addr string, p *agent.Process) (*life, error) {
	l := &life{manager: manager, process: p, base: addr[:strings.LastIndexByte(addr, '/')+1]}
	switch _, err := aiomas.Call[[]int64](ctx, manager.Sub("call_counts")); {
	case err == nil:
		l.counts = true
	case !isLookup(err):
		l.kill()
		return nil, err
	}
	return l, nil
}

// kill ends the process, if the life has one.
func (l *life) kill() {
	if l.process != nil {
		l.process.Kill()
	}
}

// Processes are n programs that this one starts, by [agent.Container.Start]: command
// returns the one of member i, from 0 on, and the address of its manager, empty if the
// program prints it. It may be run by a shell, ssh or srun. listen is empty at first,
// and then the address at which the member's container was before it was lost,
// "tcp://127.0.0.1:40123", where it must listen again for its agents' addresses to
// stay. command is called by several goroutines at once.
func Processes(n int, command func(i int, listen string) (cmd *exec.Cmd, url string)) Source {
	return &processes{numbered{n}, command, nil}
}

// numbered are members without names.
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

// Addresses are managers that somebody else starts, and starts again, at these
// addresses: "tcp://plant-0.plant:5555/0". Open waits until they listen.
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
		// It may be shutting down still, or have no manager yet.
		if !transport.Pause(ctx, 20*time.Millisecond) || isMistake(err) {
			return nil, err
		}
	}
}
