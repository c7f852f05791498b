package large_test

import (
	"context"
	"net"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/docs/examples/large"
)

func TestPictures(t *testing.T) {
	service := large.NewService(func(b []byte) { b[7] = 7 })
	service.Expose("samples", func() []float64 { return []float64{1, 2, 3} })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- aiomas.NewServer(service, aiomas.WithCodec(msgpack.Codec)).Serve(ctx, ln) }()
	t.Cleanup(func() { cancel(); <-served })
	client, err := aiomas.Dial(t.Context(), ln.Addr().String(), aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	shown := 0
	for range 3 {
		if err := large.Show(t.Context(), client.Remote("picture"), func(b []byte) {
			if len(b) == 1<<20 && b[7] == 7 {
				shown++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if shown != 3 {
		t.Errorf("%d pictures were shown", shown)
	}
	sum := 0.0
	if err := large.Sample(t.Context(), client.Remote("samples"), 2, func(list []float64) { sum += list[0] + list[2] }); err != nil || sum != 8 {
		t.Errorf("%v, %v", sum, err)
	}
}
