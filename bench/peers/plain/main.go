//go:build aiomas_plain

// Program plain has the peers of this library in a build without raw socket calls and
// inline handling.
package main

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

func main() { peer.Main(plain(json.Codec), plain(msgpack.Codec)) }

func plain(c codec.Codec) peer.Peer {
	p := ours.Peer(c)
	p.Name = "plain-" + p.Name
	return p
}
