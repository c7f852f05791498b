// Package nats connects aiomas peers by name over NATS, instead of by host and port: a
// [Transport] for the addresses "nats://plant.b", and "nats://plant.b/0" of agents.
//
//	names, err := nats.Connect(ctx, "nats://broker:4222", nats.Options{})
//	c, err := agent.NewContainer(ctx, "nats://plant.b", agent.WithTransport("nats", names))
//	house, err := c.Connect(ctx, "nats://plant.a/0")
//
// It makes streams of NATS messages, so that everything above works as over TCP: agents,
// callbacks, proxies, TLS, limits. A stream is whole, or ends with an error of this
// package. Python's aiomas has nothing of the kind; package gateway joins the two.
//
// What goes over NATS is in docs/nats.md.
package nats
