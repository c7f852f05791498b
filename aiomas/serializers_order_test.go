package aiomas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// Serializers in another order at the other end: whoever reads is told what to look at.
func TestSerializersInAnotherOrder(t *testing.T) {
	type point struct{ X, Y int }
	type circle struct{ X, Y, R int }
	points, circles := codec.NewStructSerializer[point](), codec.NewStructSerializer[circle]()
	const both = "(both ends need the same serializers in the same order)"
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec} {
		service := aiomas.NewRouter()
		service.Expose("area", func(circle) int { return 0 })
		service.Expose("center", func() point { return point{1, 2} })
		_, addr := startServer(t, service, aiomas.WithCodec(c), aiomas.WithSerializers(points, circles))
		conn := dial(t, addr, aiomas.WithCodec(c), aiomas.WithSerializers(circles, points))
		for name, f := range map[string]struct {
			err  error
			want string
		}{
			"the server reads a circle as a point": {
				conn.Remote("area").Call(t.Context(), nil, circle{1, 2, 3}),
				`TypeError: area() argument 1: custom type 0 (aiomas_test.point) does not fit aiomas_test.circle ` + both,
			},
			"the client reads a point as a circle": {
				conn.Remote("center").Call(t.Context(), new(any)),
				`cannot decode result: the field "r" of aiomas_test.circle is missing ` + both,
			},
			"the client wants a point": {
				conn.Remote("center").Call(t.Context(), new(point)),
				`cannot decode result: custom type 0 (aiomas_test.circle) does not fit aiomas_test.point ` + both,
			},
		} {
			if f.err == nil || !strings.Contains(f.err.Error(), f.want) {
				t.Errorf("%s: %s:\ngot  %v\nwant %s", c.Name(), name, f.err, f.want)
			}
		}
		var remote *aiomas.RemoteError
		if err := conn.Remote("area").Call(t.Context(), nil, point{1, 2}); !errors.As(err, &remote) {
			t.Errorf("%s: a point as a circle gives %v", c.Name(), err) // the connection lives
		}
	}
}
