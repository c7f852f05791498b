package clock_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/clock"
)

// An agent sleeps, a simulator lets the time pass.
func ExampleExternal() {
	utcStart, err := clock.ParseDate("2016-01-01T00:00:00")
	if err != nil {
		panic(err)
	}
	c := clock.NewExternal(utcStart, 0)
	if _, err := c.CallIn(0.5, func() { fmt.Println("half time") }); err != nil {
		panic(err)
	}
	sleeping := make(chan error)
	go func() {
		fmt.Println("Gonna sleep for 1s ...")
		sleeping <- c.Sleep(context.Background(), 1)
	}()
	for t := 0.25; ; t += 0.25 {
		select {
		case err := <-sleeping:
			fmt.Println("woke up:", err)
			return
		case <-time.After(time.Millisecond):
			if err := c.SetTime(t); err != nil {
				panic(err)
			}
		}
	}
	// Unordered output:
	// Gonna sleep for 1s ...
	// half time
	// woke up: <nil>
}

func ExampleRealtime() {
	c := clock.NewRealtime()
	done := make(chan struct{})
	if _, err := c.CallAt(clock.Date(c.UTCNow().Add(time.Millisecond)), func() { close(done) }); err != nil {
		panic(err)
	}
	<-done
	fmt.Println(c.SleepUntil(context.Background(), clock.At(-1)))
	// Output: ValueError: Date "-1" is in the past
}
