package testcost_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

var sink int

// work takes a time that is proportional to n.
func work(n int) func() {
	return func() {
		for i := range n {
			sink = sink*31 + i
		}
	}
}

func TestExceeds(t *testing.T) {
	n := 1 << 15
	if invariant.On {
		n >>= 3 // it takes longer with the race detector
	}
	for _, tt := range []struct {
		small, large int
		want         bool
	}{
		{n, 512 * n, true},
		{n, 8 * n, false},
		{n, n, false},
		{1, 100, false}, // too little to tell
	} {
		if got := testcost.Exceeds(4, 8, work(tt.small), work(tt.large)); got != tt.want {
			t.Errorf("%d beside %d: %v", tt.large, tt.small, got)
		}
	}
}
