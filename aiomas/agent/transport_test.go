package agent_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/local"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// One container reaches others in several ways. With TLS files, connections within
// the process have none, others do.
func TestTLSOfEachTransport(t *testing.T) {
	ca := testcert.NewCA(t)
	p := ca.Issue(t, "q", "localhost", "127.0.0.1")
	opts := []agent.Option{
		agent.WithTLSFiles(ca.File, p.Cert, p.Key),
		agent.WithNetwork(local.NewNetwork()),
		agent.WithTransport("queue", local.NewNetwork().Transport()),
	}
	caller := newContainer(t, "local://caller", opts...)
	for addr, secure := range map[string]bool{
		"tcp://localhost:0":            true,
		"unix://" + t.TempDir() + "/s": false,
		"local://q":                    false,
		"queue://q":                    true,
	} {
		c := newContainer(t, addr, opts...)
		var got string
		if err := connect(t, caller, newCallee(t, c).Addr()).Sub("spam").Call(t.Context(), &got, 2); got != "spamspam" || err != nil {
			t.Errorf("%s: got %q, %v", addr, got, err)
		}
		for _, client := range c.Clients() {
			if _, is := client.Channel().NetConn().(*tls.Conn); is != secure {
				t.Errorf("%s: TLS: %t", addr, is)
			}
		}
	}
}

// What Python says of networks that a container does not know, and of agents that a
// container does not have.
func TestTransportAddresses(t *testing.T) {
	queues := agent.WithTransport("queue", local.NewNetwork().Transport())
	c := newContainer(t, "queue://q/", queues)
	if c.Addr() != "queue://q/" {
		t.Errorf("its address is %s", c.Addr())
	}
	for name, call := range map[string]struct {
		url  string
		want string
		is   func(error) bool
	}{
		"another network": {"other://q/0", `Cannot parse agent URL "other://q/0": other not in {'tcp', 'ipc', 'local'}`, nil},
		"no ID":           {"queue://q/", `Cannot parse agent URL "queue://q/": No agent ID specified.`, nil},
		"no slash":        {"queue://q", `Cannot parse agent URL "queue://q": not enough values to unpack (expected 2, got 1)`, nil},
		"no agent":        {"queue://q/7", `Agent "7" does not exist in Container('queue://q')`, func(err error) bool { return errors.Is(err, agent.ErrNoAgent) }},
		"nobody":          {"queue://r/0", "", aiomas.IsUnavailable},
	} {
		_, err := c.Connect(t.Context(), call.url)
		var ex *aiomas.Exception
		switch {
		case call.is != nil && !call.is(err):
			t.Errorf("%s: %v", name, err)
		case call.want != "" && (!errors.As(err, &ex) || ex.Message != call.want):
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := agent.ParseAddr("queue://q/0"); err == nil {
		t.Error("ParseAddr knows the transports of a container")
	}
	if a, err := c.ParseAddr("queue://q/0"); err != nil || a != (agent.Addr{Network: "queue", Path: "q", ID: "0"}) {
		t.Errorf("the container's ParseAddr: %+v, %v", a, err)
	}
	const form = "want tcp://host:port, unix:///path or local://queue"
	for _, call := range []struct {
		addr string
		opt  agent.Option
		want string
	}{
		{"other://q", queues, `aiomas: container address "other://q": ` + form},
		{"queue://q", nil, `aiomas: container address "queue://q": ` + form},
		{"tcp://:0", agent.WithTransport("tcp", local.Default.Transport()), "aiomas: WithTransport: the scheme tcp is reserved for sockets"},
		{"local://q", agent.WithTransport("local", nil), `aiomas: WithTransport("local", nil)`},
	} {
		if c, err := agent.NewContainer(t.Context(), call.addr, call.opt); err == nil {
			t.Errorf("a container at %s", call.addr)
			_ = c.Close()
		} else if err.Error() != call.want {
			t.Errorf("%s: %v", call.addr, err)
		}
	}
}

// Socket files below the working directory are reached by agents, too.
func TestRelativeSocketFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, addr := range []string{"unix:s", "ipc://[d]"} {
		a, b := newContainer(t, addr), newContainer(t, "local://caller", agent.WithNetwork(local.NewNetwork()))
		var got string
		if err := connect(t, b, newCallee(t, a).Addr()).Sub("spam").Call(t.Context(), &got, 2); got != "spamspam" || err != nil {
			t.Errorf("%s: got %q, %v", addr, got, err)
		}
	}
}
