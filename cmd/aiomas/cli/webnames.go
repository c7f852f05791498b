package cli

import (
	"cmp"
	"net"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

// nodeNames are the names of programs in a time interval, as the page shows them.
//
// A program of this machine has one name for all its connections: with the address that it serves, "plant.py :5555",
// or otherwise with its process, "load.py 4711". Of programs on other machines, only addresses are known: each
// dialled address counts as one program, and all clients on one host count as one, since each connection has its own
// port. If there are too many names, more programs are combined into one.
type nodeNames struct {
	level   int
	served  map[string]string // the address that a program serves, by program name; the first of several
	dialled map[string]bool   // addresses
	seen    map[string]bool
}

// The levels of nodeNames, from fine to coarse.
const (
	eachProgram = iota
	eachScript  // combines all processes with one name
	eachHost    // also combines all ports of one host
	clientsAndServers
)

func (m *moment) names(from, to int64) nodeNames {
	conns := map[*webConn]bool{}
	for _, c := range m.chunks {
		switch {
		case c.sum.to < from || c.sum.from > to:
		case c.sum.from >= from && c.sum.to <= to:
			for _, conn := range c.sum.conns {
				conns[conn] = true
			}
		default:
			for i := range c.entries {
				if e := &c.entries[i]; e.at >= from && e.at <= to {
					conns[e.conn] = true
				}
			}
		}
	}
	n := nodeNames{served: map[string]string{}, dialled: map[string]bool{}}
	for c := range conns {
		ends := c.ends.Load()
		addr, program := ends.addrs[record.Server], ends.programs[record.Server]
		n.dialled[addr] = true
		if old, ok := n.served[program]; program != "" && (!ok || addr < old) {
			n.served[program] = addr
		}
	}
	for ; ; n.level++ {
		n.seen = map[string]bool{}
		for c := range conns {
			n.seen[n.of(c, record.Client)], n.seen[n.of(c, record.Server)] = true, true
		}
		if len(n.seen) <= maxNodes || n.level == clientsAndServers {
			return n
		}
	}
}

func (n nodeNames) of(c *webConn, side record.Side) string {
	ends := c.ends.Load()
	addr, program := ends.addrs[side], ends.programs[side]
	host, port, err := net.SplitHostPort(addr)
	switch {
	case n.level == clientsAndServers:
		return side.String() + "s"
	case program != "":
		return n.program(program)
	case err != nil: // not a TCP address
		return cmp.Or(addr, side.String())
	case side == record.Client && !n.dialled[addr]:
		return "clients on " + host
	case n.level >= eachHost:
		return "servers on " + host
	}
	return net.JoinHostPort(host, port)
}

// program returns the name of a program of this machine.
func (n nodeNames) program(name string) string {
	script := name[:max(strings.LastIndexByte(name, ' '), 0)]
	addr, serves := n.served[name]
	_, port, err := net.SplitHostPort(addr)
	switch {
	case n.level >= eachHost || n.level >= eachScript && !serves:
		return script
	case serves && err == nil:
		return script + " :" + port
	case serves:
		return script + " " + addr
	}
	return name
}

func (n nodeNames) all() []string {
	all := make([]string, 0, len(n.seen))
	for name := range n.seen {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
