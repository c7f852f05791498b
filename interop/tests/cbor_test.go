package tests

import (
	"context"
	"errors"
	"math/big"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/interop/tests/cbor"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// point is the twin of a Python class, and complex128 that of complex.
type point struct{ X, Y any }

var cborTypes = aiomas.WithSerializers(
	codec.NewStructSerializer[point](),
	codec.NewSerializer(
		func(c complex128) ([]float64, error) { return []float64{real(c), imag(c)}, nil },
		func(d []float64) (complex128, error) { return complex(d[0], d[1]), nil }))

// doubler is what Python calls.
func doubler() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("double", func(v codec.Value) (any, error) {
		var p point
		if v.Kind() == codec.KindDict {
			err := v.Decode(&p)
			return point{p.Y, p.X}, err
		}
		var x float64
		if err := v.Decode(&x); err != nil {
			return nil, aiomas.ValueError.New("no number")
		}
		return 2 * x, nil
	}, aiomas.Params("value"))
	r.Expose("ask", func(ctx context.Context, p *aiomas.Proxy) (string, error) {
		return aiomas.Call[string](ctx, p.Sub("typename"), []int{1})
	})
	return r
}

// A codec that a user has written talks to the Python codec of the same bytes: all
// kinds of values, custom types, services as values, exceptions, both ways.
func TestCodecByUser(t *testing.T) {
	t.Parallel()
	peer := pyenv.Start(t, pyenv.RequireFor(t, pyenv.RequireOne(t), "cbor").Command(t, "cbor_peer.py"))
	own := doubler()
	opts := []aiomas.Option{aiomas.WithCodec(cbor.Codec), cborTypes}
	conn, err := aiomas.Dial(t.Context(), peer.Addr, aiomas.WithOptions(opts...), aiomas.WithService(own))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })

	t.Run("values from Python", func(t *testing.T) { cborSamples(t, conn) })
	t.Run("types in Python", func(t *testing.T) {
		for want, v := range map[string]any{
			"int": 1, "float": 1.0, "str": netip.MustParseAddr("::1"), "bytes": []byte{1}, "list": codec.Tuple{1}, "dict": map[int]int{1: 2},
			"Point": point{1, 2}, "complex": complex(1, 2), "Proxy": own, "NoneType": nil, "bool": true,
		} {
			if got, err := aiomas.Call[string](t.Context(), conn.Remote("typename"), v); err != nil || got != want {
				t.Errorf("%#v is a %s, %v, not a %s", v, got, err, want)
			}
		}
	})
	t.Run("custom types", func(t *testing.T) {
		p, err := aiomas.Call[point](t.Context(), conn.Remote("mirror"), point{1.5, 2}, aiomas.Kwargs{"factor": 2})
		if err != nil || p != (point{int64(4), 3.0}) {
			t.Errorf("%v, %v", p, err)
		}
		c, err := aiomas.Call[complex128](t.Context(), conn.Remote("conjugate"), complex(1, 2))
		if err != nil || c != complex(1, -2) {
			t.Errorf("%v, %v", c, err)
		}
	})
	t.Run("Python calls back", func(t *testing.T) {
		got, err := aiomas.Call[any](t.Context(), conn.Remote("ask"), own, 21)
		if d := cmp.Diff(any([]any{42.0, point{int64(1), int64(21)}}), got); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	})
	t.Run("exceptions", func(t *testing.T) { cborExceptions(t, conn) })
	t.Run("Python dials", func(t *testing.T) {
		_, addr := suite.Serve(t, "tcp://127.0.0.1:0", doubler(), aiomas.WithOptions(opts...))
		at := netip.MustParseAddrPort(hostPort(addr))
		got, err := aiomas.Call[any](t.Context(), conn.Remote("dial"), at.Addr(), at.Port())
		want := []any{42.0, point{int64(2), 1.5}, "list", "ValueError: no number"}
		if d := cmp.Diff(any(want), got); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	})
}

func cborSamples(t *testing.T, conn *aiomas.Client) {
	huge := new(big.Int).Lsh(big.NewInt(1), 70)
	want := []any{
		nil, true, int64(-1), uint64(1 << 63), new(big.Int).Neg(huge), huge, 1.0, 0.1, "é☃😀", []byte{0, 255}, []any{int64(1), []any{int64(2)}},
		map[string]any{"z": int64(1), "a": codec.Dict{{Key: int64(1), Value: "x"}, {Key: []any{int64(1), int64(2)}, Value: []byte("k")}}},
		point{int64(1), []any{complex(1, 2)}},
	}
	same := cmp.Comparer(func(x, y *big.Int) bool { return x.Cmp(y) == 0 })
	got, err := aiomas.Call[any](t.Context(), conn.Remote("samples"))
	if d := cmp.Diff(any(want), got, same); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	again, err := aiomas.Call[any](t.Context(), conn.Remote("identity"), got)
	if d := cmp.Diff(got, again, same); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}

func cborExceptions(t *testing.T, conn *aiomas.Client) {
	_, err := aiomas.Call[any](t.Context(), conn.Remote("fail"), "no")
	if !errors.Is(err, aiomas.ValueError) {
		t.Error(err)
	}
	var ee *codec.EncodeError
	if _, err := aiomas.Call[any](t.Context(), conn.Remote("identity"), make(chan int)); !errors.As(err, &ee) {
		t.Error(err)
	}
	if got, err := aiomas.Call[int](t.Context(), conn.Remote("identity"), 3); err != nil || got != 3 {
		t.Errorf("after them: %v, %v", got, err)
	}
}
