package callback

import (
	"bytes"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

func TestCallbacksRunInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		conn := ratelog.New(slog.New(slog.NewTextHandler(&out, nil)), 10).Conn(ratelog.Name("peer"))
		log := &conn
		var c Queue
		var got []string
		note := func(name string) func() { return func() { got = append(got, name) } }
		goOn := make(chan struct{})
		c.Run(log, "waits", func() { <-goOn; note("waits")() })
		c.Run(log, "adds", func() {
			note("adds")()
			c.Run(log, "added", note("added"))
		})
		c.Run(log, "panics", func() { note("panics")(); panic("oops") })
		c.Run(log, "exits", func() { note("exits")(); runtime.Goexit() })
		c.Run(log, "last", note("last"))
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
		c.Run(log, "again", note("again"))
		synctest.Wait()
		if got[len(got)-1] != "again" {
			t.Error("nothing runs after a pause")
		}
	})
}
