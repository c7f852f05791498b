//go:build amd64 || arm64

package conversation

import (
	"testing"
	"time"
)

func TestTickerExpiresAgainAndAgain(t *testing.T) {
	tick, err := newTicker(time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := tick.wait(); err != nil {
			t.Fatal(err)
		}
	}
	tick.close()
	if tick.wait() == nil {
		t.Error("no error after close")
	}
	(*ticker)(nil).close()
}
