package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec"
)

func newAgents() *cobra.Command {
	var f connFlags
	var gap int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "agents ADDR",
		Short: "List the agents of a container",
		Long: `agents asks a container for its agents, by their numbers from 0, and prints the address and class name of each. A container
has no list of them to ask for: the search ends after --gap numbers in a row that no agent has.`,
		Example: `  aiomas agents tcp://127.0.0.1:5556`,
		Args:    wants(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.resolve(cmd, args[0]); err != nil {
				return err
			}
			f.agentID = ""
			return f.agents(cmd, gap, asJSON)
		},
	}
	f.add(cmd, 10*time.Second)
	cmd.Flags().IntVar(&gap, "gap", 8, "`number` of missing agents after which there are no more")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a line for each")
	return cmd
}

func (f *connFlags) agents(cmd *cobra.Command, gap int, asJSON bool) error {
	ctx, cancel := f.deadline(cmd.Context())
	defer cancel()
	p, err := f.dial(ctx, cmd)
	if err != nil {
		return err
	}
	defer func() { _ = p.ch.Close() }()
	for id, missing := 0, 0; missing < max(gap, 1); id++ {
		var class *string
		if err := p.call(ctx, "validate_aid", &class, strconv.Itoa(id)); err != nil {
			return fmt.Errorf("%s is no container of agents: %w", f.address, err)
		}
		if class == nil {
			missing++
			continue
		}
		missing = 0
		if asJSON {
			line, err := formatJSON(codec.Dict{{Key: "address", Value: agentAddress(f.address, id)}, {Key: "class", Value: *class}}, -1)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
		} else {
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", agentAddress(f.address, id), printable(*class, false))
		}
	}
	return nil
}

// agentAddress is the address of an agent, as aiomas writes it.
func agentAddress(container string, id int) string {
	if path, ok := strings.CutPrefix(container, "unix://"); ok {
		return fmt.Sprintf("ipc://[%s]/%d", path, id)
	}
	return fmt.Sprintf("%s/%d", strings.Replace(container, "tcp+tls:", "tcp:", 1), id)
}
