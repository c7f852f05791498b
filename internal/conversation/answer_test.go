package conversation

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestOneMayAnswer(t *testing.T) {
	var a answer
	var claims atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if a.claim() {
				claims.Add(1)
			}
		})
	}
	all.Wait()
	if n := claims.Load(); n != 1 {
		t.Errorf("%d may answer", n)
	}
	a.release()
	if !a.claim() {
		t.Error("nobody may answer after an attempt that failed")
	}
}

func TestAnswerIsSentOnce(t *testing.T) {
	var a answer
	a.send()
	if !a.wasSent() {
		t.Error("it was not sent")
	}
	a.unsend()
	a.send() // after an attempt that failed
	if !breaks(a.send) {
		t.Error("it is sent twice")
	}
	var late answer
	if late.drop(); !late.wasSent() {
		t.Error("an answer that is too late is sent")
	}
}
