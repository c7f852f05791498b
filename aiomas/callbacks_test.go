package aiomas

import (
	"bytes"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestCallbacksRunInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := &connLog{to: &limitedLog{logger: slog.New(slog.NewTextHandler(&out, nil)), rate: 10}, peer: "peer"}
		var c callbacks
		var got []string
		note := func(name string) func() { return func() { got = append(got, name) } }
		goOn := make(chan struct{})
		c.run(log, "waits", func() { <-goOn; note("waits")() })
		c.run(log, "adds", func() {
			note("adds")()
			c.run(log, "added", note("added"))
		})
		c.run(log, "panics", func() { note("panics")(); panic("oops") })
		c.run(log, "exits", func() { note("exits")(); runtime.Goexit() })
		c.run(log, "last", note("last"))
		synctest.Wait()
		if len(got) > 0 {
			t.Errorf("%v ran before the first one was done", got)
		}
		close(goOn)
		synctest.Wait()
		if want := []string{"waits", "adds", "panics", "exits", "last", "added"}; !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if n := strings.Count(out.String(), "callback=panics panic=oops"); n != 1 {
			t.Errorf("the log: %s", out.String())
		}
		c.run(log, "again", note("again"))
		synctest.Wait()
		if got[len(got)-1] != "again" {
			t.Error("nothing runs after a pause")
		}
	})
}
