//go:build !race

package aiomas_test

import (
	"net"
	"runtime"
	"strings"
	"testing"
)

// A connection that waits for its next request holds little: a stack that has
// never grown, no buffers, and nothing that only others would need. The heap
// holds both of its ends here.
func TestIdleConnectionMemory(t *testing.T) {
	const (
		conns     = 300
		mostStack = 3000 // 2 KiB, and those of others
		mostHeap  = 3000
	)
	_, addr := startServer(t, benchmarkService())
	measure := func() (m runtime.MemStats) {
		runtime.GC() // with many small stacks it also makes new ones small
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m
	}
	call := func(p rawPeer) {
		p.send(`[0, 0, ["add", [1, 2], {}]]`)
		p.expect(`[1, 0, 3]`)
	}
	before := measure()
	list := make([]rawPeer, 0, conns)
	for range conns {
		conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		list = append(list, rawPeer{t, conn})
		call(list[len(list)-1])
	}
	measure()
	for _, p := range list {
		call(p)
	}
	after := measure()
	stack := (int64(after.StackInuse) - int64(before.StackInuse)) / conns
	heap := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / conns
	t.Logf("%d bytes of stack, %d of heap", stack, heap)
	if stack > mostStack || heap > mostHeap {
		t.Errorf("an idle connection holds %d bytes of stack, more than %d, or %d of heap, more than %d", stack, mostStack, heap, mostHeap)
	}
}
