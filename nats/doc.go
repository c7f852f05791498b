// Package nats connects aiomas peers by name over NATS, instead of by host and port: a
// [Transport] for the addresses "nats://plant.b", and "nats://plant.b/0" of agents.
//
//	names, err := nats.Connect(ctx, "nats://broker:4222", nats.Options{})
//	c, err := agent.NewContainer(ctx, "nats://plant.b", agent.WithTransport("nats", names))
//	house, err := c.Connect(ctx, "nats://plant.a/0")
//
// It builds streams from NATS messages, so that all higher layers work as over TCP: agents,
// callbacks, proxies, TLS, limits. A stream delivers all bytes, or ends with an error of
// this package. Python's aiomas has no counterpart; package gateway connects Python
// programs.
//
// docs/nats.md describes the protocol over NATS.
package nats
