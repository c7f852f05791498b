package suite

import "fmt"

// Growth is a suite whose contenders differ in one increasing number.
type Growth struct {
	Suite
	Points []int // the numbers
}

// GrowthName returns the name of the contender for a codec at a point.
func GrowthName(codec string, point int) string { return fmt.Sprintf("%s/%d", codec, point) }

func growth(name string, pinned bool, points []int, at func(c *Contender, point int)) Growth {
	g := Growth{Suite{Name: name, Pinned: pinned, MaxRounds: fewRounds}, points}
	for _, codec := range Ours {
		for _, p := range points {
			c := both(codec, "", 0, 0)
			c.Name = GrowthName(codec, p)
			at(&c, p)
			g.Contenders = append(g.Contenders, c)
		}
	}
	return g
}

// The compared numbers of connections.
const (
	FewConnections  = 10
	ManyConnections = 1000
)

// rawGrowth adds raw frames at two points, as the measure of what the machine allows.
func (g Growth) rawGrowth(from, to int, at func(c *Contender, point int)) Growth {
	for _, codec := range Ours {
		for _, p := range []int{from, to} {
			c := both("raw-"+codec, "", 0, 0)
			c.Name = GrowthName(c.Server, p)
			at(&c, p)
			g.Contenders = append(g.Contenders, c)
		}
	}
	return g
}

// ConnectionPeers are compared with ours at these numbers. The system needs memory for each
// connection as well, and many connections exceed the caches: the rate decreases for all
// peers.
var ConnectionPeers = []string{"raw-json", "raw-msgpack", "gob", "grpc"}

// Connections is the work add with one call at a time on each of the connections.
func Connections(most int) Growth {
	at := func(c *Contender, n int) { c.Work, c.InFlight, c.Conns = "add", n, n }
	g := growth("grow-connections", false, upTo(most, 1, 2, 5, FewConnections, 30, 100, 300, ManyConnections), at)
	for _, peer := range ConnectionPeers {
		for _, n := range upTo(most, FewConnections, ManyConnections) {
			c := both(peer, "", 0, 0)
			c.Name = GrowthName(peer, n)
			at(&c, n)
			g.Contenders = append(g.Contenders, c)
		}
	}
	return g
}

// Functions is the work add with 100 calls in flight, to the given numbers of functions.
func Functions(most int) Growth {
	at := func(c *Contender, n int) { c.Work, c.Size, c.InFlight = "functions", n, 100 }
	return growth("grow-functions", false, upTo(most, 1, 10, 100, 1000, 10_000, 100_000), at).rawGrowth(1, most, at)
}

// Depth is the work add with 100 calls in flight, to a function at the end of a path of the
// given numbers of names.
func Depth() Growth {
	at := func(c *Contender, n int) { c.Work, c.Size, c.InFlight = "depth", n, 100 }
	return growth("grow-depth", false, []int{1, 2, 4, 8, 16}, at).rawGrowth(1, 16, at)
}

// Message is the echo of a text of the given numbers of bytes, one call at a time, on one
// core.
func Message(most int) Growth {
	const kb, mb = 1 << 10, 1 << 20
	at := func(c *Contender, n int) { c.Work, c.Size = "echo", n }
	return growth("grow-message", true, upTo(most, kb, 4*kb, 16*kb, 64*kb, 256*kb, mb, 4*mb, 16*mb, 64*mb), at).rawGrowth(mb, most, at)
}

func upTo(most int, points ...int) (list []int) {
	for _, p := range points {
		if p <= most {
			list = append(list, p)
		}
	}
	return list
}

// Growths returns the suites with growth plots.
func Growths(short bool) []Growth {
	if short {
		return nil
	}
	return []Growth{Connections(1000), Functions(100_000), Depth(), Message(64 << 20)}
}
