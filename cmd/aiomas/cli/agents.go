package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec"
)

// agentSearch has the settings of the search and of its output.
type agentSearch struct {
	gap    int
	asJSON bool
	tree   string // file name of a recording
}

func newAgents() *cobra.Command {
	var f connFlags
	var s agentSearch
	cmd := &cobra.Command{
		Use:   "agents ADDR",
		Short: "List the agents of a container",
		Long: `agents asks a container for its agents, by their numbers from 0, and prints the address and class name of each. A container
has no list of them to ask for: the search ends after --gap numbers in a row that no agent has.

With --tree it goes on to the other containers that a recording names: those that were dialled, and those of whose agents
there is an address in a message. They come below the container with which they are named, indented; what does not answer
is told on stderr.`,
		Example: `  aiomas agents tcp://127.0.0.1:5556
  aiomas agents tcp://127.0.0.1:5556 --tree today.rec`,
		Args: wants(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.resolve(cmd, args[0]); err != nil {
				return err
			}
			f.agentID = ""
			if s.tree != "" {
				return f.agentTree(cmd, s)
			}
			return f.agents(cmd, s, 0, "")
		},
	}
	f.add(cmd, 10*time.Second)
	cmd.Flags().IntVar(&s.gap, "gap", 8, "`number` of missing agents after which there are no more")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print JSON, a line for each")
	cmd.Flags().StringVar(&s.tree, "tree", "", "`recording` or capture whose other containers are listed, too")
	return cmd
}

// agents prints the agents of the container that f is resolved to; from is the container with which it was named.
func (f *connFlags) agents(cmd *cobra.Command, s agentSearch, depth int, from string) error {
	ctx, cancel := f.deadline(cmd.Context())
	defer cancel()
	p, err := f.dial(ctx, cmd)
	if err != nil {
		return err
	}
	defer func() { _ = p.ch.Close() }()
	for id, missing := 0, 0; missing < max(s.gap, 1); id++ {
		var class *string
		if err := p.call(ctx, "validate_aid", &class, strconv.Itoa(id)); err != nil {
			return fmt.Errorf("%s is no container of agents: %w", f.address, err)
		}
		if class == nil {
			missing++
			continue
		}
		missing = 0
		if !s.asJSON {
			fmt.Fprintf(cmd.OutOrStdout(), "%s%s %s\n", strings.Repeat("  ", depth), agentAddress(f.address, id), printable(*class, false))
			continue
		}
		d := codec.Dict{{Key: "address", Value: agentAddress(f.address, id)}, {Key: "class", Value: *class}}
		if from != "" {
			d = append(d, codec.Entry{Key: "near", Value: from})
		}
		line, err := formatJSON(d, -1)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
	}
	return nil
}

// agentTree prints the agents of the container that f is resolved to, and of the containers that a recording names.
func (f *connFlags) agentTree(cmd *cobra.Command, s agentSearch) error {
	n, err := f.namedContainers(cmd, s.tree)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	var visit func(addr, from string, depth int) error
	visit = func(addr, from string, depth int) error {
		key := canonical(strings.Replace(addr, "tcp+tls:", "tcp:", 1))
		if seen[key] {
			return nil
		}
		seen[key] = true
		at := *f
		at.address = addr
		if err := at.agents(cmd, s, depth, from); err != nil {
			if depth == 0 || cmd.Context().Err() != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "aiomas: %s: %s\n", addr, printable(withoutPrefix(err), false))
		}
		next := n.near[key]
		if depth == 0 {
			next = append(slices.Clone(next), n.all...) // containers named with no other one are last
		}
		for _, other := range next {
			if f.tls() {
				other = strings.Replace(other, "tcp:", "tcp+tls:", 1)
			}
			if err := visit(other, addr, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(f.address, "", 0)
}

// agentAddress returns the address of an agent as aiomas formats it.
func agentAddress(container string, id int) string {
	if path, ok := strings.CutPrefix(container, "unix://"); ok {
		return fmt.Sprintf("ipc://[%s]/%d", path, id)
	}
	return fmt.Sprintf("%s/%d", strings.Replace(container, "tcp+tls:", "tcp:", 1), id)
}
