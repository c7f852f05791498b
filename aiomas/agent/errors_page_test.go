package agent_test

import (
	"context"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

type (
	fine    struct{ agent.Agent }
	pointed struct{ *agent.Agent }

	pointedManager struct {
		agent.Agent
		*agent.Manager
	}
	noRouter struct{}
)

func (noRouter) Router() *aiomas.Router { return nil }

// docs/errors.md has what this package says, as it was provoked.
func TestErrorsOfAgents(t *testing.T) {
	c, err := agent.NewContainer(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	connect := func(url string) error {
		_, err := c.Connect(t.Context(), url)
		return err
	}
	connectAll := func(urls ...string) error {
		_, err := c.ConnectAll(t.Context(), urls)
		return err
	}
	container := func(addr string, opts ...agent.Option) error {
		c, err := agent.NewContainer(t.Context(), addr, opts...)
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	register := func(self any, opts ...agent.RegisterOption) error {
		_, err := c.Register(self, opts...)
		return err
	}
	once := &fine{}
	if err := register(once); err != nil {
		t.Fatal(err)
	}
	nobody := "tcp://127.0.0.1:" + strconv.Itoa(testnet.FreePort(t)) + "/0"
	over, cancel := context.WithCancel(t.Context())
	cancel()
	hung := aiomas.NewRouter()
	if err := aiomas.NewRouter().Add("x", hung); err != nil {
		t.Fatal(err)
	}
	constructor := func(name string, f any) (err error) {
		defer func() { err, _ = recover().(error) }()
		agent.NewConstructors().Add(name, f)
		return nil
	}
	type message doccode.Message
	var all []doccode.Message
	for _, m := range []message{
		{connect("localhost:5555/0"), `aiomas: Cannot parse agent URL "localhost:5555/0": not enough values to unpack (expected 2, got 1); want tcp://localhost:5555/0`,
			"An agent's address begins with its scheme: Python takes no other. The first half is what Python says, and what a peer gets.", "The form after `want`."},
		{connect("localhost:5555"), `aiomas: Cannot parse agent URL "localhost:5555": not enough values to unpack (expected 2, got 1); want tcp://localhost:5555/id`,
			"The agent's ID is missing, too.", "An agent says its address: `Addr()`, in Python `agent.addr`."},
		{connect("tcp://localhost"), `aiomas: Cannot parse agent URL "tcp://localhost": not enough values to unpack (expected 2, got 1); want tcp://host:port/id`, "So are port and ID here.", "As above."},
		{connect("tcp://localhost:5555/"), `aiomas: Cannot parse agent URL "tcp://localhost:5555/": No agent ID specified.; want tcp://host:port/id`, "This is the address of a container.", "That of one of its agents."},
		{connect("unix:///tmp/x/0"), `aiomas: Cannot parse agent URL "unix:///tmp/x/0": unix not in {'tcp', 'ipc', 'local'}; want ipc://[/path]/id`, "Agents' addresses have Python's form.", "`ipc://[/tmp/x]/0`."},
		{connect("seller"), `aiomas: Cannot parse agent URL "seller": not enough values to unpack (expected 2, got 1); want tcp://host:port/id, ipc://[/path]/id or local://name/id`, "A name is no address.", "One of these forms."},
		{connect(c.Addr() + "7"), `aiomas: Agent "7" does not exist in Container(('127.0.0.1', …))`, "The container is there, the agent is not: not yet, or no longer. It is `agent.ErrNoAgent`.", "Ask for the address of a living one."},
		{connectAll(c.Addr()+"0", c.Addr()+"7"), `aiomas: connect to tcp://127.0.0.1:…/7: Agent "7" does not exist in Container(('127.0.0.1', …))`,
			"One of the addresses of `ConnectAll`. It is an `*agent.ConnectError`, and what `Connect` returns.", "As above. The proxies of the other addresses are there."},
		{connect(nobody), "aiomas: cannot connect to tcp://…: dial tcp …: connect: connection refused", "No container is there.", "Start it first, or `agent.WithRetry`."},
		{container("localhost:5555"), `aiomas: container address "localhost:5555": want tcp://host:port, unix:///path or local://queue`, "A container's address has a scheme, as those of its agents.", "`tcp://localhost:5555`."},
		{container("local://q", agent.WithHost("h")), `aiomas: container address "local://q": WithHost is for tcp:// addresses`, "Only those have a host.", "Leave it out."},
		{register(once), "aiomas: already registered: …", "This value is an agent already.", "A new one for each agent."},
		{register(fine{}), "aiomas: cannot register a copy of agent_test.fine as an agent: pass a pointer", "The agent's state would be that of a copy.", "`Register(&fine{})`."},
		{register((*fine)(nil)), "aiomas: cannot register *agent_test.fine(nil) as an agent", "There is no agent.", "`&fine{}`."},
		{register(&pointed{}), "aiomas: cannot register *agent_test.pointed as an agent: the Agent that it embeds is nil; embed it by value", "An agent is a part of its value.", "`struct{ agent.Agent }`."},
		{register(&fine{}, agent.Manages(nil)), "aiomas: Manages: *agent_test.fine embeds no Manager", "Only a manager starts others.", "Embed `agent.Manager`."},
		{register(&pointedManager{}, agent.Manages(nil)), "aiomas: Manages: the Manager that *agent_test.pointedManager embeds is nil: embed it by value", "A manager is a part of its value.", "`struct{ agent.Manager }`."},
		{register(noRouter{}), "aiomas: cannot register agent_test.noRouter as an agent: it is a service without a router", "Its method `Router` returns nil.", "`aiomas.NewObjectRouter(object)`, kept and returned by `Router`."},
		{register(hung), `aiomas: cannot register the agent: "1" is already the sub-service "x" of another service`, "Its router hangs elsewhere already.", "A router has one place."},
		{agent.RunManager(t.Context(), "tcp://127.0.0.1:0", agent.ManagerConfig{Register: func(*agent.Container, agent.RegisterOption) (*agent.Manager, error) { return nil, nil }}),
			"aiomas: ManagerConfig.Register returned no manager of the container", "There is nothing for others to call.", "Register it, and return the `agent.Manager` that it embeds."},
		{func() error { _, err := c.Start(t.Context(), exec.Command("none-such"), ""); return err }(), `aiomas: start of …: exec: "none-such": executable file not found in $PATH`,
			"The process could not be started, ended, or did not say where it is.", "What follows says which."},
		{container("tcp://127.0.0.1:0", agent.WithTurns(7)), "aiomas: WithTurns(7)", "There is no such way.", "`agent.PerAgent`, or another of the constants."},
		{container("tcp://127.0.0.1:0", agent.WithReconnect(aiomas.ReconnectPolicy{First: time.Hour, Most: 1})), "aiomas: WithReconnect: wait First is 1h0m0s and Most is 1ns; want 0 < First ≤ Most", "The first wait is longer than the longest.", "0 is a default that fits."},
		{container("tcp://127.0.0.1:0", agent.WithReconnect(aiomas.ReconnectPolicy{Repeat: func(string) bool { return true }})), "aiomas: WithReconnect: Repeat is for a Reconnector; a container makes no calls", "Who calls decides whether to call again.", "Leave it out."},
		{clock.NewRealtime().Sleep(over, 1), "aiomas: sleep: context canceled", "The context ended before the time had come.", "Nothing, if that was meant."},
		{constructor("Trader", func(*agent.Container) *fine { return nil }), `aiomas: constructor "Trader": want a name like "module:Class"`, "Python names classes so.", "`trade:Trader`."},
		{container("tcp://127.0.0.1:0", agent.WithTLS(nil, nil)), "aiomas: WithTLS needs a configuration for the server and one for the client", "A container is both.", "Two, or `agent.WithTLSFiles`."},
	} {
		all = append(all, doccode.Message(m))
	}
	doccode.Messages(t, "../../docs/errors.md", "go test ./aiomas/agent -run TestErrorsOfAgents -update", all)
}
