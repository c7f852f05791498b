// Program variant has the peers of this library in builds with one of its build tags. The name
// of the build is set when it is linked.
package main

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// name is that of the tag without "aiomas_".
var name = "none"

func main() { peer.Main(variant(json.Codec), variant(msgpack.Codec)) }

func variant(c codec.Codec) peer.Peer {
	p := ours.Peer(c)
	p.Name = name + "-" + p.Name
	return p
}
