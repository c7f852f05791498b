package msgpack

// A dict of one small entry is encoded in few bytes and decoded to a Go map of
// 336: a message of such dicts takes up to 168 times its size in memory. So the
// scan adds up the memory of the decoded lists and dicts, on a 64-bit machine,
// and refuses a message that takes more than memoryPerByte times its size and
// more than freeMemory. Lists and other values stay well below by themselves;
// dicts reach it only when there are thousands with fewer than four bytes each.
const (
	memoryPerByte = 88
	freeMemory    = 16 << 20
)

// maxMemory is what a message of n bytes may take.
func maxMemory(n int) int64 { return max(freeMemory, memoryPerByte*int64(n)) }

// listMemory is what a []any of n elements takes: its header and its slots.
func listMemory(n int) int64 { return 24 + 16*int64(n) }

// dictMemory is what a map[string]any of n entries takes: its head, and a group
// of eight slots when there is an entry, more of them if they do not suffice,
// of which half can be empty.
func dictMemory(n int) int64 {
	switch {
	case n == 0:
		return 48
	case n <= 8:
		return 336
	}
	return 48 + 80*int64(n)
}
