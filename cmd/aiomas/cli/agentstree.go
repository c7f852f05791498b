package cli

import (
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// neighbours are the containers that a recording names, with the containers that are named together with each. The
// addresses are those of containers, as parseAddress returns them.
type neighbours struct {
	all  []string // in the order of their first occurrence
	near map[string][]string
}

// namedContainers returns the containers that a recording names: those that were dialled, and those with an agent
// whose address is in a message. Two containers are near each other if the program of one dials the other, or if they
// are named on one connection.
func (f *connFlags) namedContainers(cmd *cobra.Command, file string) (*neighbours, error) {
	in, err := open(cmd, []string{file})
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	conns, opened := map[int64]*containersOf{}, []int64{}
	served := map[string]string{} // by program
	err = f.readMessages(in, auto, func(m record.Message) error {
		c := conns[m.Conn]
		if c == nil {
			c = &containersOf{}
			conns[m.Conn] = c
			opened = append(opened, m.Conn)
		}
		if m.Kind == record.Opened {
			c.client, c.server = m.Names[record.Client], containerAt(m.Addrs[record.Server])
			if program := m.Names[record.Server]; program != "" {
				served[program] = c.server
			}
		}
		c.read(m.Args)
		c.read(m.Kwargs)
		c.read(m.Content)
		return nil
	})
	if err != nil {
		return nil, err
	}
	n := &neighbours{near: map[string][]string{}}
	for _, number := range opened {
		c := conns[number]
		n.add(append([]string{served[c.client], c.server}, c.named...))
	}
	return n, nil
}

// add records that containers are named together. Some of them may be empty.
func (n *neighbours) add(together []string) {
	for i, a := range together {
		if a == "" {
			continue
		}
		if !slices.Contains(n.all, a) {
			n.all = append(n.all, a)
		}
		for _, b := range together[i+1:] {
			if b != "" && b != a && !slices.Contains(n.near[a], b) {
				n.near[a] = append(n.near[a], b)
			}
		}
	}
}

// containersOf has the containers that one connection names.
type containersOf struct {
	client, server string // the program; the address
	named          []string
}

// maxNamed limits the containers that one connection names, since peers can send any number of addresses.
const maxNamed = 100

// read collects the addresses of agents in a value.
func (c *containersOf) read(v any) {
	switch v := v.(type) {
	case string:
		if !strings.HasPrefix(v, "tcp://") && !strings.HasPrefix(v, "ipc://") || len(c.named) == maxNamed {
			return
		}
		if a, err := agent.ParseAddr(v); err == nil && a.ID != "" {
			if at, _, err := parseAddress(v); err == nil && !slices.Contains(c.named, canonical(at)) {
				c.named = append(c.named, canonical(at))
			}
		}
	case []any:
		for _, e := range v {
			c.read(e)
		}
	case codec.Dict:
		for _, e := range v {
			c.read(e.Value)
		}
	case codec.Opaque:
		c.read(v.Data)
	}
}

// containerAt returns the address of a container that was dialled at addr, or "" if addr cannot be dialled again.
func containerAt(addr string) string {
	if strings.HasPrefix(addr, "/") {
		return "unix://" + addr
	}
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return ""
	}
	return canonical("tcp://" + addr)
}

// canonical returns one form for both usual forms of an address.
func canonical(addr string) string { return strings.Replace(addr, "://localhost:", "://127.0.0.1:", 1) }
