// Package scale measures systems of many agents in many containers: their memory, how long
// they take to start and to connect, and steps in which each agent calls another one.
package scale

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
	"github.com/aiomas-go/aiomas-go/fleet"
)

// Shape is the size of a system.
type Shape struct {
	Agents     int `json:"agents"`
	Containers int `json:"containers"`
	Processes  int `json:"processes"` // 1: all containers are in this process, at local:// addresses
	// TCP connects processes by TCP instead of Unix sockets.
	TCP bool `json:"tcp,omitempty"`
	// Python has real aiomas in all processes, of one container each, connected by TCP.
	Python bool `json:"python,omitempty"`
}

// String describes the shape.
func (s Shape) String() string {
	text := fmt.Sprintf("%d agents, %d containers, %d processes", s.Agents, s.Containers, s.Processes)
	if s.Python {
		text += ", Python"
	}
	return text
}

// environment returns the environment of a process. All share the cores: a GOMAXPROCS of more
// than its part would only let threads of a process wait for each other.
func (s Shape) environment(cmd *exec.Cmd) []string {
	return append(cmd.Environ(), "GOMAXPROCS="+strconv.Itoa(max(1, runtime.NumCPU()/s.Processes)))
}

// Result is what was measured of a shape.
type Result struct {
	Shape     Shape            `json:"shape"`
	Spawn     float64          `json:"spawn"`       // seconds
	SpawnCPU  float64          `json:"spawn_cpu"`   // seconds of CPU of all processes
	Connect   float64          `json:"connect"`     // seconds
	JoinCPU   float64          `json:"connect_cpu"` // seconds of CPU of all processes
	HeapAgent float64          `json:"heap_agent"`  // bytes for each agent
	HeapPair  float64          `json:"heap_pair"`   // bytes for each pair of containers, both ends
	RSS       float64          `json:"rss"`         // bytes of all processes, at the end
	Steps     map[Kind]float64 `json:"steps"`       // steps/s: the median
	CPU       map[Kind]float64 `json:"cpu"`         // seconds of CPU of all processes for each step
}

// Programs are what processes run.
type Programs struct {
	Member func(addr string) *exec.Cmd   // runs [Member]
	Python func(addr string) *exec.Cmd   // runs scale.py; nil if there is no Python
	Limit  func(config string) *exec.Cmd // runs [LimitMember]
}

// Rounds are the numbers of steps that are measured of each kind.
type Rounds map[Kind]int

// world is a running system.
type world struct {
	shape  Shape
	driver *agent.Container
	hosts  *fleet.Fleet
	sites  *fleet.Fleet
	own    []*Site // in this process
	bases  []string
	dir    string
}

// Run starts a system, measures it, and ends it.
func Run(ctx context.Context, shape Shape, rounds Rounds, programs Programs) (Result, error) {
	r := Result{Shape: shape, Steps: map[Kind]float64{}, CPU: map[Kind]float64{}}
	w, err := start(ctx, shape, programs)
	if err != nil {
		return r, err
	}
	err = w.measure(ctx, &r, rounds)
	w.stop()
	if err == nil && rounds.limited() {
		err = measureLimits(ctx, &r, rounds, programs.Limit)
	}
	return r, err
}

func start(ctx context.Context, shape Shape, programs Programs) (w *world, err error) {
	w = &world{shape: shape}
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "scale"); err != nil {
		return w, err
	}
	var urls []string
	switch {
	case shape.Python:
		return w, w.openPython(ctx, programs.Python)
	case shape.Processes == 1:
		urls, err = w.openHere(ctx)
	default:
		urls, err = w.openThere(ctx, programs.Member)
	}
	if err != nil {
		return w, err
	}
	for _, u := range urls {
		w.bases = append(w.bases, u[:len(u)-1])
	}
	w.sites, err = fleet.Open(ctx, w.driver, fleet.Addresses(urls...), fleet.Options{})
	return w, err
}

func (w *world) openHere(ctx context.Context) (urls []string, err error) {
	network := agent.WithNetwork(local.NewNetwork())
	if w.driver, err = agent.NewContainer(ctx, "local://driver", network); err != nil {
		return nil, err
	}
	for i := range w.shape.Containers {
		s, err := open(ctx, fmt.Sprintf("local://c%d", i), i, network)
		if err != nil {
			return nil, err
		}
		w.own = append(w.own, s)
		urls = append(urls, s.Addr())
	}
	return urls, nil
}

func (w *world) openThere(ctx context.Context, member func(addr string) *exec.Cmd) (urls []string, err error) {
	path := func(format string, a ...any) string {
		if w.shape.TCP {
			return "tcp://127.0.0.1:0"
		}
		return "unix://" + filepath.Join(w.dir, fmt.Sprintf(format, a...))
	}
	if w.driver, err = agent.NewContainer(ctx, path("driver")); err != nil {
		return nil, err
	}
	w.hosts, err = fleet.Open(ctx, w.driver, fleet.Processes(w.shape.Processes, func(i int, _ string) (*exec.Cmd, string) {
		cmd := member(path("p%d", i))
		cmd.Env = w.shape.environment(cmd)
		return cmd, ""
	}), fleet.Options{})
	if err != nil {
		return nil, err
	}
	for i, m := range w.hosts.Members() {
		var addrs, opened []string
		for k := i; k < w.shape.Containers; k += w.shape.Processes {
			addrs = append(addrs, path("c%d", k))
		}
		p, err := m.Manager(ctx)
		if err != nil {
			return nil, err
		}
		if err := p.Sub("open").Call(ctx, &opened, addrs); err != nil {
			return nil, err
		}
		urls = append(urls, opened...)
	}
	return urls, nil
}

// openPython starts containers on real aiomas, which need to know their ports beforehand.
func (w *world) openPython(ctx context.Context, python func(addr string) *exec.Cmd) (err error) {
	if w.driver, err = agent.NewContainer(ctx, "tcp://127.0.0.1:0"); err != nil {
		return err
	}
	addrs := make([]string, w.shape.Processes)
	for i := range addrs {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addrs[i] = ln.Addr().String()
		w.bases = append(w.bases, "tcp://"+addrs[i]+"/")
		_ = ln.Close() // only its port is wanted
	}
	w.sites, err = fleet.Open(ctx, w.driver, fleet.Processes(len(addrs), func(i int, _ string) (*exec.Cmd, string) {
		return python(addrs[i]), w.bases[i] + "0"
	}), fleet.Options{})
	return err
}

// stop ends the system.
func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, s := range w.own {
		_ = s.Container().Close()
	}
	if w.hosts != nil {
		_ = w.hosts.Stop(ctx)
	} else if w.shape.Python && w.sites != nil {
		_ = w.sites.Stop(ctx)
	}
	if w.driver != nil {
		_ = w.driver.Close()
	}
	if w.dir != "" {
		_ = os.RemoveAll(w.dir)
	}
}

func (w *world) measure(ctx context.Context, r *Result, rounds Rounds) error {
	each := w.shape.Agents / w.shape.Containers
	before, err := w.usage(ctx)
	if err != nil {
		return err
	}
	if r.Spawn, err = w.timed(ctx, "populate", each); err != nil {
		return err
	}
	spawned, err := w.usage(ctx)
	if err != nil {
		return err
	}
	if r.Connect, err = w.timed(ctx, "join", w.bases, each); err != nil {
		return err
	}
	joined, err := w.usage(ctx)
	if err != nil {
		return err
	}
	r.SpawnCPU, r.JoinCPU = spawned.cpu-before.cpu-spawned.own, joined.cpu-spawned.cpu-joined.own
	r.HeapAgent = (spawned.heap - before.heap) / float64(w.shape.Agents)
	if pairs := w.shape.Containers * (w.shape.Containers - 1) / 2; pairs > 0 {
		r.HeapPair = (joined.heap - spawned.heap) / float64(pairs)
	}
	for _, kind := range Kinds {
		if rounds[kind] > 0 {
			if err := w.steps(ctx, r, kind, rounds[kind]); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
		}
	}
	end, err := w.usage(ctx)
	r.RSS = end.rss
	return err
}

// steps measures steps of one kind after one that is not measured.
func (w *world) steps(ctx context.Context, r *Result, kind Kind, n int) error {
	if kind == Known {
		if _, err := w.timed(ctx, "learn"); err != nil {
			return err
		}
	}
	if _, err := w.timed(ctx, "step", kind); err != nil {
		return err
	}
	before, err := w.usage(ctx)
	if err != nil {
		return err
	}
	var took []float64
	for range n {
		t, err := w.timed(ctx, "step", kind)
		if err != nil {
			return err
		}
		took = append(took, t)
	}
	after, err := w.usage(ctx)
	r.Steps[kind] = 1 / suite.Summarise(took).Median
	r.CPU[kind] = (after.cpu - before.cpu - after.own) / float64(n)
	return err
}

// timed calls a method of all sites, and returns how long it took in seconds.
func (w *world) timed(ctx context.Context, method string, args ...any) (float64, error) {
	began := time.Now()
	_, err := fleet.Each[any](ctx, w.sites, method, args...)
	return time.Since(began).Seconds(), err
}

// usage is what all processes use.
type usage struct {
	heap, rss, cpu float64
	own            float64 // CPU of asking for it
}

func (w *world) usage(ctx context.Context) (u usage, err error) {
	per := w.shape.Containers / w.shape.Processes
	for i, m := range w.sites.Members() {
		if i%per != 0 { // another site of the process was asked
			continue
		}
		p, err := m.Manager(ctx)
		if err != nil {
			return u, err
		}
		var v []float64
		if err := p.Sub("memory").Call(ctx, &v); err != nil {
			return u, err
		}
		u.heap, u.rss, u.cpu = u.heap+v[0], u.rss+v[1], u.cpu+v[2]/1e9
		u.own += v[3] / 1e9
	}
	return u, nil
}
