package suite

// PartsName is the name of the suite for the parts of one call.
const PartsName = "parts"

// Parts is the work add, one call at a time, on one core, by peers of which each does a little
// more than the one before.
func Parts() Suite {
	return group(PartsName, "add", 0, 1, true, "raw-epoll-json", "frames-json", "null", "json", "noheartbeat-json")
}

// PartsOfCall are the parts: what Peer takes above what Without takes.
var PartsOfCall = []struct{ Label, Peer, Without string }{
	{"Go's scheduler, a read that finds nothing before each wait, and frames", "frames-json", "raw-epoll-json"},
	{"this library: calls, requests, goroutines of handlers", "null", "frames-json"},
	{"the codec: encoding, scanning and decoding JSON", "json", "null"},
	{"of the above, the timer that keeps the scheduler's monitor awake", "json", "noheartbeat-json"},
}

// Difference summarises v of a without v of b, each of the same round.
func (r Results) Difference(suite, a, b string, v Value) (Summary, bool) {
	as, bs := r[suite][a], r[suite][b]
	values := make([]float64, min(len(as), len(bs)))
	for i := range values {
		values[i] = v(as[i]) - v(bs[i])
	}
	return Summarise(values), len(values) > 0
}
