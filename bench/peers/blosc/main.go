// Program blosc has the peers with MsgPackBlosc: that of this library, and the limit.
package main

import (
	"github.com/aiomas-go/aiomas-go/bench/internal/peer"
	"github.com/aiomas-go/aiomas-go/bench/internal/peer/ours"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
)

func main() { peer.Main(ours.Peer(blosc.Codec), limit()) }
