package msgpack

// keyCache remembers the last short keys that a decoder has read. The dicts of
// one message mostly have the same keys; each is then allocated once.
type keyCache [cacheSize]string

const (
	cacheSize   = 64
	cacheLength = 32 // bytes of the longest key that is kept
)

func (c *keyCache) get(key []byte) string {
	n := len(key)
	if n == 0 || n > cacheLength {
		return string(key)
	}
	// Names differ in their length and at their ends.
	slot := &c[(uint(n)*7+uint(key[0])*3+uint(key[n/2])*5+uint(key[n-1]))%cacheSize]
	if *slot != string(key) {
		*slot = string(key)
	}
	return *slot
}
