package main

import (
	"cmp"
	"net"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

// nodeNames are the programs of a time, as the page names them.
//
// A program of this machine is one, whatever connections it has: by what it serves, "plant.py :5555", or else by its
// process, "load.py 4711". Of others there are addresses only: each that is dialled is a program, and all that dial from one
// host are one, since each connection has a port of its own. Where that are too many, more of them become one.
type nodeNames struct {
	level   int
	served  map[string]string // the address at which a program serves, by its name; the first of several
	dialled map[string]bool   // addresses
	seen    map[string]bool
}

// The levels of nodeNames: what is told apart.
const (
	eachProgram = iota
	eachScript  // all processes of one name are one
	eachHost    // all ports of one host, too
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
	case err != nil: // no address of TCP
		return cmp.Or(addr, side.String())
	case side == record.Client && !n.dialled[addr]:
		return "clients on " + host
	case n.level >= eachHost:
		return "servers on " + host
	}
	return net.JoinHostPort(host, port)
}

// program names a program of this machine.
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
