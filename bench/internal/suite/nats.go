package suite

import (
	"fmt"
	"slices"
)

// Nats returns the suites over NATS, beside the same over TCP, and beside plain requests of
// NATS. The server's process contains the NATS server and reaches it within the process; in
// nats-socket, by a socket. A connection is dialled, used for one call and closed. Processes
// may use all cores, as the NATS server does on a machine of its own; in one suite, all are on
// one core. Lookups in a directory, one or several at once, are beside plain reads of its bucket and plain
// requests, and beside lookups in a copy of the directory.
func Nats() (list []Suite) {
	for _, w := range []struct {
		name, work     string
		size, inFlight int
		plain          bool
	}{
		{"nats-1", "add", 0, 1, true}, {"nats-100", "add", 0, 100, true},
		{"nats-echo", "echo", 1 << 20, 1, true}, {"nats-dial", "dial", 0, 1, false},
	} {
		s := Suite{Name: w.name, MaxRounds: fewRounds}
		for _, codec := range Ours {
			s.Contenders = append(s.Contenders, both(codec, w.work, w.size, w.inFlight), both("nats-"+codec, w.work, w.size, w.inFlight))
		}
		s.Contenders = append(s.Contenders, both("nats-socket", w.work, w.size, w.inFlight))
		if w.plain {
			s.Contenders = append(s.Contenders, both("nats-plain", w.work, w.size, w.inFlight))
		}
		list = append(list, s)
	}
	for _, n := range []int{10, 100} {
		s := group(fmt.Sprintf("nats-directory-%d", n), "lookup", 0, n, false, "nats-directory", "nats-kv", "nats-plain")
		s.MaxRounds = fewRounds
		list = append(list, s)
	}
	return append(list,
		group("nats-one-core", "add", 0, 1, true, slices.Concat(Ours, []string{"nats-json", "nats-msgpack", "nats-socket", "nats-plain"})...),
		group("nats-directory", "lookup", 0, 1, false, "nats-directory", "nats-kv", "nats-plain", "nats-copy"))
}
