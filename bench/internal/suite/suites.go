package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/codecs"
)

// The Go peers, ours first.
var goPeers = []string{"json", "msgpack", "null", "gob", "jsonrpc", "grpc", "connect", "jsonrpc2"}

// Ours are the codecs whose figures have targets.
var Ours = []string{"json", "msgpack"}

// Fewer rounds are for suites with many contenders, slow ones or little noise, so that a full run
// takes less than 20 minutes.
const (
	fewRounds   = 12
	leastRounds = 9
)

func both(name, work string, size, inFlight int) Contender {
	return Contender{Name: name, Server: name, Client: name, Work: work, Size: size, InFlight: inFlight}
}

func without(list []string, drop ...string) (rest []string) {
next:
	for _, s := range list {
		for _, d := range drop {
			if s == d {
				continue next
			}
		}
		rest = append(rest, s)
	}
	return rest
}

// group returns a suite of Go peers that do the same work.
func group(name, work string, size, inFlight int, pinned bool, peers ...string) Suite {
	s := Suite{Name: name, Pinned: pinned}
	for _, p := range peers {
		s.Contenders = append(s.Contenders, both(p, work, size, inFlight))
	}
	return s
}

// Raw are the peers that decode nothing. Those with raw system calls in one loop are the limit
// of what the system allows.
var Raw = []string{"raw-json", "raw-msgpack", "raw-epoll-json", "raw-epoll-msgpack"}

// Sequential is the work add, one call at a time, on one core.
func Sequential() Suite {
	return group("sequential", "add", 0, 1, true, slices.Concat(Raw, goPeers)...)
}

// AnyCore is the work add, one call at a time, where the system chooses the cores, as for a user who pins nothing.
// Who wakes other threads with each call then changes cores all the time.
func AnyCore() Suite {
	return group("sequential-cores", "add", 0, 1, false, "raw-epoll-json", "raw-json", "json", "grpc")
}

// InFlight is the work add with n calls in flight. For 1,000 there are also calls that do
// not each block a goroutine, and raw frames that do.
func InFlight(n int) Suite {
	limits := []string{"raw-json", "raw-msgpack"}
	if n == 100 {
		limits = slices.Concat(Raw, []string{"codec-epoll-json", "codec-epoll-msgpack"})
	}
	s := group(fmt.Sprintf("in-flight-%d", n), "add", 0, n, false, slices.Concat(limits, goPeers)...)
	if n == 1000 {
		for _, c := range Ours {
			s.Contenders = append(s.Contenders, Contender{Name: c + "-go", Server: c, Client: c, Work: "go", InFlight: n})
			s.Contenders = append(s.Contenders, Contender{Name: "parked-" + c, Server: "raw-" + c, Client: "parked-" + c, Work: "add", InFlight: n})
		}
	}
	return s
}

// Plain returns suites of our default build, beside a build without raw socket calls and
// inline handling (the tag aiomas_plain). plain-1 is the work add, one call at a time on
// one core, where handlers are never inline; plain-100 has 100 calls in flight.
func Plain() []Suite {
	peers := []string{"json", "plain-json", "msgpack", "plain-msgpack"}
	return []Suite{group("plain-1", "add", 0, 1, true, peers...), group("plain-100", "add", 0, 100, false, peers...)}
}

// Echo is a text sent in both directions, one call at a time, on one core.
func Echo(name string, size int) Suite {
	return group(name, "echo", size, 1, true, slices.Concat(Raw, without(goPeers, "null"))...)
}

// EchoLarge is Echo of 1 MiB, and for ours also with a larger heap: with the default, the
// garbage of every third message is collected, and its pages are returned to the system in
// between.
func EchoLarge() Suite {
	s := Echo("echo-1MiB", 1<<20)
	s.Restarts = true
	for _, codec := range Ours {
		c := both(codec, "echo", 1<<20, 1)
		c.Name, c.Env = codec+"-gogc", []string{"GOGC=400"}
		s.Contenders = append(s.Contenders, c)
	}
	return s
}

// State is the 10 KB agent state sent in both directions.
func State(inFlight int, pinned bool) Suite {
	s := group(fmt.Sprintf("state-%d", inFlight), "state", 0, inFlight, pinned,
		append([]string{"raw-json", "raw-msgpack"}, without(goPeers, "null")...)...)
	s.MaxRounds = fewRounds
	return s
}

// Python is the work add between Go and Python, in both directions, beside two Pythons and
// beside the limit set by Python itself, and with several in flight also beside that limit with a
// goroutine that blocks for each call.
func Python(inFlight int, pinned bool) Suite {
	s := Suite{Name: fmt.Sprintf("python-%d", inFlight), Pinned: pinned, MaxRounds: 15}
	add := func(name, client, server string) {
		s.Contenders = append(s.Contenders, Contender{Name: name, Client: client, Server: server, Work: "add", InFlight: inFlight})
	}
	for _, codec := range Ours {
		py := "python-" + codec
		add(codec+":python-python", py, py)
		add(codec+":go-python", codec, py)
		add(codec+":limit-python", "limit-"+codec, py)
		add(codec+":python-go", py, codec)
		add(codec+":python-limit", py, "limit-"+codec)
		if inFlight > 1 {
			add(codec+":parked-python", "parked-limit-"+codec, py)
		}
	}
	const py = "python-c-msgpack"
	add("msgpack-c:python-python", py, py)
	add("msgpack-c:go-python", "msgpack", py)
	add("msgpack-c:python-go", py, "msgpack")
	return s
}

// FastSetups are the Pythons with which aiomas_fast is measured: two on which aiomas runs
// unchanged, and one with aiomas_compat and the newest msgpack.
var FastSetups = []struct{ Name, Label, Codec, Prefix string }{
	{"json", "JSON", "json", "python-"},
	{"msgpack", "MsgPack", "msgpack", "python-c-"},
	{"msgpack-new", "MsgPack with aiomas_compat", "msgpack", "python-new-"},
}

// Fast is the work add between Python with aiomas_fast and others, in both directions,
// beside two plain Pythons with the same libraries, on one core.
func Fast(inFlight int) Suite {
	s := Suite{Name: fmt.Sprintf("fast-%d", inFlight), Pinned: true, MaxRounds: leastRounds}
	for _, setup := range FastSetups {
		plain, fast := setup.Prefix+setup.Codec, setup.Prefix+"fast-"+setup.Codec
		for _, c := range []struct{ name, client, server string }{
			{"plain-plain", plain, plain}, {"go-plain", setup.Codec, plain}, {"fast-fast", fast, fast},
			{"go-fast", setup.Codec, fast}, {"fast-go", fast, setup.Codec},
		} {
			s.Contenders = append(s.Contenders, Contender{
				Name: setup.Name + ":" + c.name, Client: c.client, Server: c.server, Work: "add", InFlight: inFlight,
			})
		}
	}
	return s
}

// FastWorks are further kinds of calls that aiomas_fast must not make slower.
var FastWorks = []struct {
	Work, Label string
	Size        int
}{
	{"state", "10 KB state", 0}, {"echo", "text of 1 MiB", 1 << 20}, {"floats", "list of 10,000 floats", 10_000},
	{"call_back", "callback", 0}, {"add_async", "async def", 0},
}

// FastWork is one of FastWorks between two Pythons with aiomas_fast, and between two plain
// ones.
func FastWork(work string, size int) Suite {
	s := Suite{Name: "fast-" + work, Pinned: true, MaxRounds: leastRounds}
	for _, codec := range Ours {
		for _, kind := range []struct{ name, prefix string }{{"plain-plain", "python-new-"}, {"fast-fast", "python-new-fast-"}} {
			c := both(kind.prefix+codec, work, size, 1)
			c.Name = codec + ":" + kind.name
			s.Contenders = append(s.Contenders, c)
		}
	}
	return s
}

// IdleContenders are the servers whose memory for connections is measured.
func IdleContenders() []Contender {
	list := []Contender{
		both("json", "add", 0, 1), both("msgpack", "add", 0, 1), both("gob", "add", 0, 1), both("grpc", "add", 0, 1),
	}
	for _, codec := range Ours {
		list = append(list, Contender{Name: "python-" + codec, Client: codec, Server: "python-" + codec, Work: "add"})
	}
	return list
}

// BloscFloats is the number of floats in the list of the suite blosc-floats: a msgpack in pure
// Python needs nearly a second for a million.
const BloscFloats = 250_000

// Blosc is a numeric array sent in both directions with MsgPackBlosc: 2 MB as a list of floats,
// or 8 MB as the bytes of an array. For the list there is also an end that decodes nothing.
func Blosc(work string) Suite {
	s := Suite{Name: "blosc-" + work, Pinned: true, MaxRounds: fewRounds}
	size := map[string]int{"floats": BloscFloats, "bytes": 1_000_000}[work]
	const codec = "msgpack-blosc"
	add := func(name, client, server string) {
		s.Contenders = append(s.Contenders, Contender{Name: name, Client: client, Server: server, Work: work, Size: size, InFlight: 1})
	}
	add("go-go", codec, codec)
	for _, py := range []struct{ label, peer string }{{"", "python-" + codec}, {"c:", "python-c-" + codec}} {
		add(py.label+"python-python", py.peer, py.peer)
		add(py.label+"go-python", codec, py.peer)
		add(py.label+"python-go", py.peer, codec)
		if work == "floats" {
			add(py.label+"limit-python", "limit-"+codec, py.peer)
			add(py.label+"python-limit", py.peer, "limit-"+codec)
		}
	}
	return s
}

// Codecs returns the suites of codec operations, each beside the libraries. A short run has
// only the suites with a target.
func Codecs(short bool) []Suite {
	var all []Suite
	add := func(name, operation string) {
		for i := range all {
			if all[i].Name == operation {
				all[i].Contenders = append(all[i].Contenders, Contender{Name: name, Client: name})
				return
			}
		}
		all = append(all, Suite{Name: operation, Pinned: true, MaxRounds: fewRounds, Contenders: []Contender{{Name: name, Client: name}}})
	}
	for _, c := range codecs.All() {
		if short && strings.Contains(c.Name, "/floats/") {
			continue
		}
		add(c.Name, c.Suite())
	}
	return all
}

// All returns the suites of a full run. A short run leaves out long suites and suites
// without a target.
func All(short bool) []Suite {
	list := []Suite{
		Sequential(), AnyCore(), InFlight(100), InFlight(1000),
		Echo("echo-64KiB", 64<<10), EchoLarge(),
		Python(1, true), Python(100, false),
	}
	list = append(list, Agents()...)
	if !short {
		list = append(list, Parts())
	}
	list = append(list, Plain()...)
	list = append(list, Nats()...)
	list = append(list, Large("large", 1<<20), Large("large-64KiB", 64<<10))
	list = append(list, Codecs(short)...)
	list = append(list, Blosc("floats"))
	growths := Growths(short)
	for _, g := range growths {
		list = append(list, g.Suite)
	}
	if !short {
		list = append(list, State(1, true), State(100, false), Blosc("bytes"), Fast(1), Fast(100))
		for _, w := range FastWorks {
			list = append(list, FastWork(w.Work, w.Size))
		}
	}
	return list
}
