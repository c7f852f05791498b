package aiomas_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// A gateway gets what it does not know, in its order, and sends it on.
func TestWithDecoding(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("seen", func(x any) any { return codec.Tuple{x, "seen"} })
	all := aiomas.WithDecoding(codec.Decoding{Ordered: true, Opaque: true})
	_, addr := startServer(t, r, all)
	conn, err := aiomas.Dial(t.Context(), addr, all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	x := codec.Dict{{Key: "z", Value: int64(1)}, {Key: "a", Value: codec.Opaque{ID: 7, Data: codec.Dict{{Key: "k", Value: nil}}}}}
	got, err := aiomas.Call[any](t.Context(), conn.Remote("seen"), x)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any([]any{x, "seen"}), got); d != "" {
		t.Error(d)
	}
}
