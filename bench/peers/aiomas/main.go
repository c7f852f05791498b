// Program aiomas has the peers of this library with the codecs that need few dependencies.
package main

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() { peer.Main(ours.Peer(json.Codec), ours.Peer(msgpack.Codec), ours.Peer(null{})) }
