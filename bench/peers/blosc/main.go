// Program blosc is the peer of this library with MsgPackBlosc.
package main

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

func main() { peer.Main(ours.Peer(blosc.Codec)) }
