package conversation

import (
	"reflect"
	"sync"

	"github.com/aiomas-go/aiomas-go/codec"
)

// maxPools bounds the number of codecs with a shared pool, which are never released. Programs
// use one or two.
const maxPools = 16

var pools struct {
	mu   sync.Mutex
	list map[codec.Codec]*sync.Pool // of codec.Decoder
}

// decodersOf returns a pool of decoders of c that all connections share. If each of a thousand
// dialled connections had its own decoders, they would not be cached when they are needed.
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
