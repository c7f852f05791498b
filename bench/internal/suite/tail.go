package suite

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

// Tail is a suite of calls at fixed rates: each contender runs at each of the rates.
type Tail struct {
	Suite
	Rates []TailRate
}

// TailRate is a rate of calls.
type TailRate struct {
	Name  string  // "50%", "10k"
	Calls float64 // for each second; 0 for a share of the contender's peak
	Share float64 // of the peak
}

// The rates at which contenders run.
var (
	tailRates = []TailRate{
		{Name: "10%", Share: 0.1}, {Name: "50%", Share: 0.5}, {Name: "80%", Share: 0.8},
		{Name: "10k", Calls: 10_000}, {Name: "50k", Calls: 50_000},
	}
	// FixedRates are the names of those that are the same for all contenders.
	FixedRates = []string{"10k", "50k"}
)

// A contender runs at a fixed rate only if its peak is above it by this factor.
const spare = 1.25

// TailWorks are the works of the suites for tails.
var TailWorks = []struct{ Work, Label string }{
	{"add", "add"}, {"state", "10 KB state"}, {"mixed", "quick calls beside 1 % slow ones"},
}

// TailConns are the numbers of connections.
var TailConns = []int{1, 100}

// TailPeers are the contenders of the suites for tails.
var TailPeers = []string{"raw-epoll-json", "raw-json", "json", "agents-json", "grpc"}

// Quick returns the name of the contender beside one of the work "mixed" that makes no slow
// calls.
func Quick(name string) string { return name + " quick" }

// quick reports whether c is one of them. It runs at the fixed rates only.
func (c Contender) quick() bool { return strings.HasSuffix(c.Name, " quick") }

// TailName returns the name of the suite for a work.
func TailName(work string, conns int) string { return fmt.Sprintf("tail-%s-%d", work, conns) }

// At returns the name of a contender at a rate.
func At(name, rate string) string { return name + "@" + rate }

// Peak is the name of the rate of samples with the peak of a contender.
const Peak = "peak"

// Tails returns the suites for tails.
func Tails() (list []Tail) {
	for _, conns := range TailConns {
		for _, w := range TailWorks {
			t := Tail{Suite: Suite{Name: TailName(w.Work, conns)}, Rates: tailRates}
			for _, peer := range TailPeers {
				c := both(peer, w.Work, 0, 0)
				c.Conns = conns
				if codec, ok := strings.CutPrefix(peer, "agents-"); ok {
					c.Client, c.Work = codec, strings.TrimSuffix("agents-"+w.Work, "-add")
				}
				t.Contenders = append(t.Contenders, c)
				if w.Work == "mixed" && peer != "raw-epoll-json" && peer != "grpc" {
					c.Name, c.Work = Quick(c.Name), strings.Replace(strings.TrimSuffix(c.Work, "-mixed"), "mixed", "add", 1)
					t.Contenders = append(t.Contenders, c)
				}
			}
			list = append(list, t)
		}
	}
	return append(list, tailStudy())
}

// StudyName is the name of the suite for what parts of the runtime and of the library do to the
// tail.
const StudyName = "tail-study"

// StudyVariants are its variants of the peer "json".
var StudyVariants = []struct {
	Name, Label string
	Peer        string
	Env         []string
}{
	{"default", "as shipped", "json", nil},
	{"gc-off", "no garbage collection: `GOGC=off`", "json", []string{"GOGC=off"}},
	{"preempt-off", "the scheduler's monitor preempts no goroutine: `GODEBUG=asyncpreemptoff=1`", "json", []string{"GODEBUG=asyncpreemptoff=1"}},
	{"heartbeat-off", "no timer keeps the monitor awake: tag `aiomas_noheartbeat`", "noheartbeat-json", nil},
	{"inline-off", "each handler in a goroutine: tag `aiomas_noinline`", "noinline-json", nil},
	{"plain", "the monitor knows of all system calls, and no inline handling: tag `aiomas_plain`", "plain-json", nil},
}

func tailStudy() Tail {
	t := Tail{Suite: Suite{Name: StudyName}, Rates: tailRates[3:]}
	for _, v := range StudyVariants {
		for _, w := range TailWorks {
			c := both(v.Peer, w.Work, 0, 0)
			c.Name, c.Conns, c.Env = StudyContender(v.Name, w.Work), 1, v.Env
			t.Contenders = append(t.Contenders, c)
		}
	}
	return t
}

// StudyContender returns the name of a variant's contender.
func StudyContender(variant, work string) string { return variant + "/" + work }

// Rounds and slices of tails: a slice must have enough calls for a percentile. One pause of the machine
// decides the percentile of its slice, so there are many short slices. Rates without a target
// are run in every third round only.
const (
	tailRounds = 15
	tailSlice  = 80 * time.Millisecond
	shareEvery = 3
)

// RunTail runs a suite for tails and adds its samples to results.
func (r *Runner) RunTail(t Tail, results Results) error {
	var pairs []*pair
	defer func() {
		for _, p := range pairs {
			p.stop()
		}
	}()
	start := time.Now()
	samples := make(map[string][]Sample)
	peaks := make(map[string]float64)
	for _, c := range t.Contenders {
		if !r.has(c) {
			continue
		}
		p, err := r.start(t.Suite, c)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", t.Name, c.Name, err)
		}
		pairs = append(pairs, p)
		for range 3 { // the first one warms up
			s, err := p.open(0, tailSlice)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", t.Name, c.Name, err)
			}
			if rate := Rate(s); rate > peaks[c.Name] {
				peaks[c.Name] = rate
				samples[At(c.Name, Peak)] = []Sample{s}
			}
		}
	}
	rounds := min(r.Rounds, tailRounds)
	for round := range rounds {
		hop := proc.Hop()
		// The contenders of a rate run one after the other, so that what slows the machine down hits all of them.
		for _, rate := range t.Rates {
			if rate.Calls == 0 && round%shareEvery != 0 {
				continue
			}
			for _, i := range rand.Perm(len(pairs)) {
				p := pairs[i]
				calls := cmp.Or(rate.Calls, rate.Share*peaks[p.Name])
				if peaks[p.Name] < spare*rate.Calls || p.quick() && rate.Calls == 0 {
					continue
				}
				s, err := p.open(calls, tailSlice)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", t.Name, p.Name, err)
				}
				s.Hop = hop
				samples[At(p.Name, rate.Name)] = append(samples[At(p.Name, rate.Name)], s)
			}
		}
	}
	results[t.Name] = samples
	r.Log("%-28s %d contenders, %d rounds, %.1fs", t.Name, len(pairs), rounds, time.Since(start).Seconds())
	return nil
}

// open makes calls at a fixed rate; with 0, it measures the peak.
func (p *pair) open(rate float64, slice time.Duration) (s Sample, err error) {
	before, err := p.server.Usage()
	if err != nil {
		return s, err
	}
	r, err := p.client.Ask(proc.Request{Op: "open", Conns: p.Conns, Nanos: int64(slice), Rate: rate})
	if err != nil {
		return s, err
	}
	after, err := p.server.Usage()
	return Sample{Calls: r.Calls, Nanos: r.Nanos, Client: r.Usage, Server: after.Sub(before), Times: r.Times, Late: r.Late}, err
}

// The suite for the first call after a pause, and the name of the samples of the calls after it.
const (
	FirstName  = "tail-first"
	firstPause = time.Second
)

// Warm returns the name of the samples of the calls of a contender after the first one.
func Warm(name string) string { return name + " warm" }

// FirstPeers are the contenders of the suite tail-first.
var FirstPeers = []string{"raw-epoll-json", "raw-json", "json", "agents-json", "grpc"}

// RunFirst measures the first call after a second without calls.
func (r *Runner) RunFirst(results Results) error {
	const most = 9
	start := time.Now()
	samples := make(map[string][]Sample)
	var pairs []*pair
	defer func() {
		for _, p := range pairs {
			p.stop()
		}
	}()
	for _, peer := range FirstPeers {
		c := both(peer, "add", 0, 1)
		if codec, ok := strings.CutPrefix(peer, "agents-"); ok {
			c.Client, c.Work = codec, "agents"
		}
		if !r.has(c) {
			continue
		}
		p, err := r.start(Suite{Name: FirstName}, c)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", FirstName, c.Name, err)
		}
		pairs = append(pairs, p)
		if _, err := p.client.Ask(proc.Request{Op: "first"}); err != nil { // warm-up
			return err
		}
	}
	rounds := min(r.Rounds, most)
	for range rounds {
		for _, i := range rand.Perm(len(pairs)) {
			reply, err := pairs[i].client.Ask(proc.Request{Op: "first", Nanos: int64(firstPause)})
			if err != nil {
				return fmt.Errorf("%s: %s: %w", FirstName, pairs[i].Name, err)
			}
			name := pairs[i].Name
			samples[name] = append(samples[name], Sample{Calls: 1, Nanos: reply.Nanos})
			samples[Warm(name)] = append(samples[Warm(name)], Sample{Calls: 1, Nanos: reply.Warm})
		}
	}
	results[FirstName] = samples
	r.Log("%-28s %d contenders, %d rounds, %.1fs", FirstName, len(pairs), rounds, time.Since(start).Seconds())
	return nil
}

// Times are the times of calls at a fixed rate, in ns.
type Times struct {
	Calls               int64
	P50, P99, P999, Max float64
	Late                float64 // the 99th percentile of how late the generator made the calls
}

// TimesOf returns the times of a contender in all rounds together.
func (r Results) TimesOf(suite, name string) (t Times, ok bool) {
	all, late := merged(r[suite][name], func(s Sample) string { return s.Times }), merged(r[suite][name], func(s Sample) string { return s.Late })
	if all == nil || late == nil {
		return t, false
	}
	at := func(q float64) float64 { return float64(all.ValueAtQuantile(q)) }
	return Times{all.TotalCount(), at(50), at(99), at(99.9), float64(all.Max()), float64(late.ValueAtQuantile(99))}, true
}

// P99 returns the 99th percentile of the times of calls, in ns.
func P99(s Sample) float64 {
	h := merged([]Sample{s}, func(s Sample) string { return s.Times })
	if h == nil {
		return 0
	}
	return float64(h.ValueAtQuantile(99))
}

func merged(samples []Sample, text func(Sample) string) (all *hdrhistogram.Histogram) {
	for _, s := range samples {
		h, err := hdrhistogram.Decode([]byte(text(s)))
		if err != nil {
			continue // a sample of the peak
		}
		if all == nil {
			all = h
		} else {
			all.Merge(h)
		}
	}
	return all
}

// TailNames returns the contenders of a suite for tails at a rate, in the order of TailPeers.
func (r Results) TailNames(suite, rate string) (names []string) {
	for name := range r[suite] {
		if name, ok := strings.CutSuffix(name, "@"+rate); ok {
			names = append(names, name)
		}
	}
	place := func(name string) int { return slices.Index(TailPeers, strings.TrimSuffix(name, Quick(""))) }
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(place(a)-place(b), cmp.Compare(a, b)) })
	return names
}
