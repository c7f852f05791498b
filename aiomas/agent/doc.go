// Package agent provides containers and agents, which can call agents written in Python and
// be called by them. It mirrors aiomas.agent and aiomas.subproc.
//
// # Containers and agents
//
// A [Container] listens for other containers and makes one connection to each container that
// its agents call. An agent is any Go value with exposed methods. Its address contains that of
// its container:
//
//	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:5555")
//	callee, err := c.Register(&Callee{}, agent.Expose("Spam"))
//	callee.Addr() // tcp://127.0.0.1:5555/0
//
// # Calling
//
// [Container.Connect] returns a proxy of any agent, in this container or another one, of Go or
// Python:
//
//	callee, err := c.Connect(ctx, "tcp://127.0.0.1:5555/0")
//	spam, err := aiomas.Call[string](ctx, callee.Sub("spam"), 3)
//
// Agents and services of this container can be passed as arguments and results; the peer
// receives a proxy. A received proxy belongs to its connection and cannot be passed on, as in
// Python: pass the address instead.
//
// # Time
//
// [Container.Clock] is a real-time clock or that of a simulator; see package clock. Containers
// encode time.Time as Python's arrow dates; see [Dates].
//
// # Processes
//
// [RunManager] runs a container whose first agent, the [Manager], starts other agents on
// request. [Container.Start] starts such a program, of Go or Python, in a process of its own and
// ends it. In the main function of any other program, call [Container.Run] last.
package agent
