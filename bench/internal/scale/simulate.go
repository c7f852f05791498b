package scale

import "container/heap"

// Place is a group of equal machines at one place.
type Place struct {
	Machines int
	Cores    int     // of a machine
	Link     float64 // bytes/s of a machine
}

// Net are the costs between machines.
type Net struct {
	Latency float64 // seconds between machines of a place
	Far     float64 // seconds between places
	Bytes   float64 // of a call and its reply, on the wire
	Batch   float64 // CPU of a batch on a NATS server between places; 0: no NATS
	Servers int     // NATS servers of each place
}

// System is a system to be simulated.
type System struct {
	Agents     float64
	Containers float64 // one process for each
	Places     int     // with as many machines each
	Place      Place
	Net        Net
	Kind       Kind
}

// Simulate plays one step of a system, event by event, and returns its length in seconds: the
// driver starts all machines, each machine's cores work off what its containers send, what
// arrives, and the replies; links have a rate and a latency, and what goes between places
// passes the servers of both. Machines, not containers, are what is played, since containers
// of a machine share its cores.
func Simulate(c Costs, s System) float64 {
	sim := &simulation{}
	machines := s.Places * s.Place.Machines
	total := c.Cores[s.Kind].Of(s.Agents, s.Containers)
	send, serve, receive := 0.4*total, 0.4*total, 0.2*total
	perMachine := s.Agents / float64(machines)
	messages := batches(s.Kind, s.Agents, s.Containers) / float64(machines) / float64(machines)
	var hosts, links []*station
	var servers [][]*station
	for range machines {
		hosts = append(hosts, &station{servers: s.Place.Cores})
		links = append(links, &station{servers: 1})
	}
	for range s.Places {
		servers = append(servers, []*station{{servers: s.Net.Servers}})
	}
	place := func(m int) int { return m / s.Place.Machines }
	// carry brings a batch of a machine to another one.
	carry := func(from, to, parts int, then func()) {
		if from == to {
			then()
			return
		}
		bytes := perMachine / float64(machines*parts) * s.Net.Bytes / 2
		sim.work(links[from], bytes/s.Place.Link, func() {
			a, b := place(from), place(to)
			if a == b {
				sim.after(s.Net.Latency, then)
				return
			}
			cpu := messages / float64(parts) * s.Net.Batch / 2 // a message of two
			sim.work(servers[a][0], cpu, func() {
				sim.after(s.Net.Far, func() { sim.work(servers[b][0], cpu, then) })
			})
		})
	}
	end := 0.0
	parts := s.Place.Cores/machines + 1 // so that all cores have work
	part := float64(machines * machines * parts)
	for m := range machines {
		for i := range machines * parts {
			d := (m + i) % machines // not all begin with the same machine
			sim.work(hosts[m], send/part, func() {
				carry(m, d, parts, func() {
					sim.work(hosts[d], serve/part, func() {
						carry(d, m, parts, func() {
							sim.work(hosts[m], receive/part, func() { end = sim.now })
						})
					})
				})
			})
		}
	}
	sim.run()
	return end + 2*s.Net.Far + 2*s.Net.Latency // the driver's call and its reply
}

// simulation is a queue of events.
type simulation struct {
	now    float64
	events events
	number int
}

type event struct {
	at     float64
	number int // events of one time happen in the order in which they were made
	do     func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].number < e[j].number
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

func (s *simulation) after(d float64, do func()) {
	s.number++
	heap.Push(&s.events, event{s.now + d, s.number, do})
}

func (s *simulation) run() {
	for len(s.events) > 0 {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
	}
}

// station is a number of servers with one queue.
type station struct {
	servers int
	busy    int
	queue   []job
}

type job struct {
	d    float64
	then func()
}

// work queues a job of length d at a station.
func (s *simulation) work(at *station, d float64, then func()) {
	if at.busy == at.servers {
		at.queue = append(at.queue, job{d, then})
		return
	}
	at.busy++
	s.begin(at, job{d, then})
}

func (s *simulation) begin(at *station, j job) {
	s.after(j.d, func() {
		j.then()
		if len(at.queue) == 0 {
			at.busy--
			return
		}
		next := at.queue[0]
		at.queue = at.queue[1:]
		s.begin(at, next)
	})
}
