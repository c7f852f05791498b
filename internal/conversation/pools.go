package conversation

import (
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// maxPools bounds for how many codecs decoders are shared, and so how many codecs
// are kept for ever. Programs have one or two.
const maxPools = 16

var pools struct {
	mu   sync.Mutex
	list map[codec.Codec]*sync.Pool // of codec.Decoder
}

// decodersOf returns a pool of decoders of c, the same one for all connections: of
// a thousand that were dialled one by one, each would have its own decoders, which
// are not in any cache when they are needed.
func decodersOf(c codec.Codec) *sync.Pool {
	if !reflect.ValueOf(c).Comparable() {
		return new(sync.Pool)
	}
	pools.mu.Lock()
	defer pools.mu.Unlock()
	if p := pools.list[c]; p != nil {
		return p
	}
	p := new(sync.Pool)
	if len(pools.list) < maxPools {
		if pools.list == nil {
			pools.list = make(map[codec.Codec]*sync.Pool)
		}
		pools.list[c] = p
	}
	return p
}
