package conversation

import "testing"

// Whoever waits hears of the end, whether it waits before it or after.
func TestEndingIsHeardOf(t *testing.T) {
	var early, late ending
	waits := early.whenOver()
	select {
	case <-waits:
		t.Fatal("over from the beginning")
	default:
	}
	for _, e := range []*ending{&early, &late} {
		e.finish()
		e.finish() // the last handler says it again
		<-e.whenOver()
	}
	<-waits
}

func TestShutdownGoesNotBack(t *testing.T) {
	var e ending
	e.reach(drained)
	e.reach(draining)
	if e.shutdown != drained {
		t.Error("a second Shutdown begins from the start")
	}
}
