package aiomas_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// logged is a line of a log, as far as tests of its limits look at it.
type logged struct {
	Time       time.Time
	Msg        string
	Suppressed int
}

func readLog(t *testing.T, text []byte) (lines []logged) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var l logged
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// A peer that comes again after each fault, or is refused each time, fills no log
// either: the connections of a server share ten times what one of them may log.
// What is not written is counted.
func TestLimitLogLinesOfAServer(t *testing.T) {
	const rate, seconds, perSecond = 3, 4, 500
	for name, tc := range map[string]struct {
		limits aiomas.Limits
		msg    string
	}{
		"broken":  {aiomas.Limits{LogLines: rate}, "connection ended"},
		"refused": {aiomas.Limits{LogLines: rate, Connections: 1}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out syncBuffer
				srv := aiomas.NewServer(newService(t), aiomas.WithLimits(tc.limits),
					aiomas.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))
				ln := newPipeListener()
				served := make(chan error, 1)
				go func() { served <- srv.Serve(context.Background(), ln) }()
				come := func() net.Conn {
					x, y := net.Pipe()
					ln.conns <- x
					return y
				}
				if tc.limits.Connections > 0 {
					defer come().Close()
				}
				for range seconds * perSecond {
					conn := come()
					_, _ = conn.Write(make([]byte, 4)) // an empty frame
					discard(conn)
					time.Sleep(time.Second / perSecond) //nolint:forbidigo // fake time
				}
				synctest.Wait()
				count, all := map[int64]int{}, 0
				for _, l := range readLog(t, []byte(out.String())) {
					if l.Msg != tc.msg {
						t.Errorf("%+v", l)
					}
					count[l.Time.Unix()]++
					all += 1 + l.Suppressed
				}
				for second, n := range count {
					if n > 10*rate {
						t.Errorf("%d lines in second %d", n, second)
					}
				}
				if len(count) < seconds || all < (seconds-1)*perSecond || all > seconds*perSecond {
					t.Errorf("%d lines or counted in %d seconds", all, len(count))
				}
				_ = srv.Close()
				if err := <-served; !errors.Is(err, aiomas.ErrServerClosed) {
					t.Error(err)
				}
			})
		})
	}
}
