// Program agents has the peers for containers of this library: with turns, and without.
package main

import (
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() {
	peer.Main(
		ours.Agents("agents-json", json.Codec, agent.PerAgent), ours.Agents("noturns-json", json.Codec, agent.NoTurns),
		ours.Agents("agents-msgpack", msgpack.Codec, agent.PerAgent), ours.Agents("noturns-msgpack", msgpack.Codec, agent.NoTurns),
	)
}
