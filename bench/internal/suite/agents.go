package suite

// AgentWorks are the works for containers, which are compared with plain services and with
// containers of Python. The handlers of the last one wait.
var AgentWorks = []struct {
	Name, Label             string
	Work                    string
	Agents, InFlight, Conns int
	OverPython              float64 // the target
}{
	{"agents-1", "sequential, one core", "agents", 1, 1, 1, 2},
	{"agents-100", "100 in flight", "agents", 1, 100, 1, 5},
	{"agents-1000", "1,000 agents on 50 connections, 1,000 in flight", "agents", 1000, 1000, 50, 5},
	{"agents-slow", "the same, methods that wait for 5 ms", "slow", 1000, 1000, 50, 2},
}

// Agents returns the suites of containers. All contenders have the same client.
func Agents() (list []Suite) {
	for _, w := range AgentWorks {
		s := Suite{Name: w.Name, Pinned: w.InFlight == 1, MaxRounds: fewRounds}
		for _, codec := range Ours {
			for _, server := range []string{codec, "agents-" + codec, "noturns-" + codec, "python-" + codec} {
				s.Contenders = append(s.Contenders, Contender{
					Name: server, Server: server, Client: codec, Work: w.Work, Size: w.Agents, InFlight: w.InFlight, Conns: w.Conns,
				})
			}
		}
		list = append(list, s)
	}
	return list
}
