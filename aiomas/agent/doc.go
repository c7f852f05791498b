// Package agent lets Go agents live among Python ones: an agent cannot tell which
// language another one is written in. It mirrors aiomas.agent and
// aiomas.subproc.
//
// # Containers and agents
//
// A [Container] listens for other containers and holds one connection to each
// one that its agents talk to. An agent is any Go value with exposed methods; its
// address says where it lives:
//
//	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:5555")
//	callee, err := c.Register(&Callee{}, agent.Expose("Spam"))
//	callee.Addr() // tcp://127.0.0.1:5555/0
//
// # Calling
//
// [Container.Connect] gives a proxy of any agent, whether in this container or
// another, Go or Python:
//
//	callee, err := c.Connect(ctx, "tcp://127.0.0.1:5555/0")
//	spam, err := aiomas.Call[string](ctx, callee.Sub("spam"), 3)
//
// Agents and services of this container can be passed as arguments and results;
// the peer gets a proxy to call back on. A proxy that was received belongs to its
// connection and cannot be passed on, as in Python: pass the address.
//
// # Time
//
// [Container.Clock] is the real time or that of a simulator; see package clock.
// Containers carry dates: time.Time is Python's arrow, see [Dates].
//
// # Processes
//
// [RunManager] is a container in a process of its own, whose first agent, the
// [Manager], starts others on request. [Container.Start] starts such a process, in
// Go or Python, and ends it. [Container.Run] is the last line of a program with any
// other container.
package agent
