package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	jsoncodec "github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// Why there is WithReplyDeadline: a Python caller that gives up on one call loses
// its connection, with all its other calls, when the reply comes late.
func TestReplyDeadlineSavesAnImpatientPython(t *testing.T) {
	for _, py := range pyenv.RequireEnds(t) {
		for _, cd := range []codec.Codec{jsoncodec.Codec, msgpack.Codec} {
			c := cell{py, cd, "tcp"}
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				with := impatience(t, c, 2*time.Second, aiomas.WithReplyDeadline(1500*time.Millisecond))
				want := map[string]any{"slow": "TimeoutError", "gave_up": nil, "finish": nil, "add": 3.0, "neighbour": "ok"}
				if diff := cmp.Diff(want, with); diff != "" {
					t.Errorf("with a reply deadline (-want +got):\n%s", diff)
				}
				// Without one, the late reply makes Python end all of it.
				without := impatience(t, c, 100*time.Millisecond)
				want = map[string]any{"slow": "TimeoutError"}
				for _, other := range []string{"gave_up", "finish", "add", "neighbour"} {
					want[other] = "RuntimeError"
				}
				if diff := cmp.Diff(want, without); diff != "" {
					t.Errorf("without a reply deadline (-want +got); is it still needed?\n%s", diff)
				}
			})
		}
	}
}

// impatience lets a Python client give up on a call after its patience, and
// returns what it says.
func impatience(t *testing.T, c cell, patience time.Duration, opts ...aiomas.ServerOption) map[string]any {
	t.Helper()
	var metrics aiomas.Metrics
	gaveUp, finished := make(chan struct{}), make(chan struct{})
	r := aiomas.NewRouter()
	r.Expose("slow", func() string { <-gaveUp; return "late" })
	r.Expose("gave_up", func() {
		close(gaveUp)
		// Our answer comes after that of slow: only neighbour and we are left.
		for metrics.Snapshot().Requests > 2 {
			runtime.Gosched()
		}
	})
	r.Expose("neighbour", func(ctx context.Context) (string, error) {
		select {
		case <-finished:
			return "ok", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	})
	r.Expose("finish", func() { close(finished) })
	r.Expose("add", func(a, b int) int { return a + b })

	opts = append(opts, aiomas.WithCodec(c.codec), aiomas.WithMetrics(&metrics))
	_, addr := suite.Serve(t, "tcp://127.0.0.1:0", r, opts...)
	if len(opts) > 2 { // there is a deadline, and it is kept
		addr = recorder.Start(t, c.codec, addr, recorder.Listener, recorder.RepliesWithin(patience))
	}
	cmd := c.python.Command(t, "impatient.py", "--connect", addr, "--codec", c.codec.Name(), "--patience", fmt.Sprint(patience.Seconds()))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var said map[string]any
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return said
}
