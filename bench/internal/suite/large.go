package suite

// Large is a text sent in both directions, one call at a time, on one core: as an ordinary
// string and as a loan. With a text of 1 MiB it is also sent with other settings of the garbage
// collector. The memory limits are for processes whose other data are small.
func Large(name string, size int) Suite {
	s := Suite{Name: name, Pinned: true, Restarts: true, MaxRounds: fewRounds}
	add := func(codec, suffix, work string, env ...string) {
		c := both(codec, work, size, 1)
		c.Name, c.Env = codec+suffix, env
		s.Contenders = append(s.Contenders, c)
	}
	for _, codec := range Ours {
		add("raw-"+codec, "", "echo")
		for _, loop := range []string{"raw-epoll-", "checked-epoll-", "text-epoll-"} {
			add(loop+codec, "", "echo")
		}
		add(codec, "", "echo")
		add(codec, "-lent", "lent")
		if size < 1<<20 {
			continue
		}
		add(codec, "-gogc400", "echo", "GOGC=400")
		add(codec, "-limit256", "echo", "GOGC=off", "GOMEMLIMIT=256MiB")
		add(codec, "-lent-gogc400", "lent", "GOGC=400")
	}
	if size >= 1<<20 {
		add("grpc", "", "echo")
	}
	return s
}

// Faults returns the page faults of both ends for each call: pages of memory that the
// system had to provide, mostly cleared.
func Faults(s Sample) float64 { return float64(s.Client.Faults+s.Server.Faults) / float64(s.Calls) }
