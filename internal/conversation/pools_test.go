package conversation

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// oddCodec cannot be compared, so not be the key of a map either.
type oddCodec struct {
	codec.Codec
	_ []int
}

// ownCodec is one of many of its type.
type ownCodec struct {
	codec.Codec
	n int
}

func TestDecodersAreSharedByCodec(t *testing.T) {
	p := decodersOf(json.Codec)
	if decodersOf(json.Codec) != p {
		t.Error("one codec has two pools")
	}
	odd := oddCodec{Codec: json.Codec}
	for _, c := range []codec.Codec{odd, ownCodec{odd, 1}} {
		if p := decodersOf(c); p == decodersOf(c) {
			t.Errorf("codecs of type %T that cannot be compared share a pool", c)
		}
	}
	seen := map[any]bool{}
	for n := range 4 * maxPools { // must not be kept for ever
		p := decodersOf(ownCodec{json.Codec, n})
		if seen[p] {
			t.Error("two codecs share a pool")
		}
		seen[p] = true
	}
	pools.mu.Lock()
	defer pools.mu.Unlock()
	if n := len(pools.list); n != maxPools {
		t.Errorf("%d pools are kept, not %d", n, maxPools)
	}
}
