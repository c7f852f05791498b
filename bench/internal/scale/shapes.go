package scale

import (
	"fmt"
	"strings"
)

// The machines of the larger shapes, and the costs between them, are assumptions.
var (
	server = Place{Cores: 32, Link: 25e9 / 8}
	within = Net{Latency: 50e-6, Bytes: 120}
	// A NATS server passes a message on in about 5 µs; the servers of a place share them.
	between = Net{Latency: 50e-6, Far: 1e-3, Bytes: 180, Batch: 10e-6, Servers: 3 * 8}
)

// Shapes are the systems of docs/scale.md.
func Shapes() (list []System) {
	place := func(machines int) Place {
		p := server
		p.Machines = machines
		return p
	}
	small := Place{Machines: 1, Cores: 2, Link: server.Link}
	return []System{
		{Agents: 1e5, Containers: 100, Places: 1, Place: small, Net: within},
		{Agents: 1e6, Containers: 100, Places: 1, Place: place(1), Net: within},
		{Agents: 1e7, Containers: 320, Places: 1, Place: place(10), Net: within},
		{Agents: 1e8, Containers: 3200, Places: 4, Place: place(25), Net: between},
	}
}

func shapeTable(c Costs) string {
	var b strings.Builder
	b.WriteString("| agents | machines | containers | heap of a machine | connections of a container | start | connect | steps/s: together | unchecked | known | pairs |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, s := range Shapes() {
		machines := s.Places * s.Place.Machines
		cores := float64(machines * s.Place.Cores)
		connected := s.Containers * (s.Containers - 1) / 2
		heap := (s.Agents*c.Agent + connected*c.Pair) / float64(machines)
		fmt.Fprintf(&b, "| %s | %d × %d cores | %s | %s | %s | %s | %s |", number(s.Agents), machines, s.Place.Cores, number(s.Containers),
			size(heap), number(s.Containers-1), seconds(s.Agents*c.Spawn/cores), seconds(connected*c.Join/cores))
		for _, k := range []Kind{Together, Unchecked, Known, Pairs} {
			if s.Kind = k; !c.Step[k].known() {
				b.WriteString(" – |")
				continue
			}
			fmt.Fprintf(&b, " %s |", number(1/Simulate(c, s)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// squareTable shows what grows with the square of the containers, for a million agents on
// one machine.
func squareTable(c Costs) string {
	const agents = 1e6
	var b strings.Builder
	b.WriteString("| containers | connections | memory of them | calls in a batch | CPU of a call, known | steps/s of 32 cores |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, k := range []float64{10, 32, 100, 320, 1000, 3200, 10_000} {
		n := k * (k - 1) / 2
		cpu := c.Step[Known].Of(agents, k)
		s := System{Agents: agents, Containers: k, Places: 1, Place: Place{1, 32, server.Link}, Net: within, Kind: Known}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", number(k), number(n), size(n*c.Pair), number(agents/batches(Known, agents, k)),
			seconds(cpu/agents), number(1/Simulate(c, s)))
	}
	return b.String()
}
