package suite

// Large is a text of 1 MiB sent in both directions, one call at a time, on one core: as an
// ordinary string, as a loan, and with other settings of the garbage collector. The memory
// limits are for processes whose other data are small.
func Large() Suite {
	s := Suite{Name: "large", Pinned: true, Restarts: true, MaxRounds: fewRounds}
	add := func(codec, suffix, work string, env ...string) {
		c := both(codec, work, 1<<20, 1)
		c.Name, c.Env = codec+suffix, env
		s.Contenders = append(s.Contenders, c)
	}
	for _, codec := range Ours {
		add("raw-"+codec, "", "echo")
		add(codec, "", "echo")
		add(codec, "-lent", "lent")
		add(codec, "-gogc400", "echo", "GOGC=400")
		add(codec, "-limit256", "echo", "GOGC=off", "GOMEMLIMIT=256MiB")
		add(codec, "-lent-gogc400", "lent", "GOGC=400")
	}
	add("grpc", "", "echo")
	return s
}

// Faults returns the page faults of both ends for each call: pages of memory that the
// system had to provide, mostly cleared.
func Faults(s Sample) float64 { return float64(s.Client.Faults+s.Server.Faults) / float64(s.Calls) }
