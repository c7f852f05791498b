package msgpack

// A dict of one small entry is encoded in a few bytes and decoded to a Go map
// of 336 bytes: a message of such dicts takes up to 168 times its size in
// memory. So the scan adds up the memory of the decoded lists and dicts (on a
// 64-bit machine) and refuses a message that takes more than memoryPerByte
// times its size and more than freeMemory. Lists and other values alone stay
// far below this limit; dicts exceed it only if there are thousands of them,
// with fewer than four bytes each.
const (
	memoryPerByte = 88
	freeMemory    = 16 << 20
)

// maxMemory returns the maximum memory for the lists and dicts of a message of
// n bytes.
func maxMemory(n int) int64 { return max(freeMemory, memoryPerByte*int64(n)) }

// listMemory returns the memory of a []any of n elements: its header and its
// elements.
func listMemory(n int) int64 { return 24 + 16*int64(n) }

// dictMemory returns the memory of a map[string]any of n entries: its header;
// for up to eight entries, one group of eight slots; for more, several groups,
// of whose slots half may be empty.
func dictMemory(n int) int64 {
	switch {
	case n == 0:
		return 48
	case n <= 8:
		return 336
	}
	return 48 + 80*int64(n)
}
