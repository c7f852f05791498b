package conversation

import (
	"testing"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// A connection with more than 512 bytes would take 64 more at least, and begin with 8 bytes of
// the runtime's. The checks of race builds need more.
func TestSizeOfConn(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 512 && !invariant.On {
		t.Errorf("a Conn has %d bytes", n)
	}
}
