// Package large has the code of docs/large-values.md.
package large

import (
	"context"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 1<<20)
	return &b
}}

// NewService returns a service of pictures.
func NewService(draw func([]byte)) *aiomas.Router {
	service := aiomas.NewRouter()
	service.Expose("echo", func(picture codec.Loan[[]byte]) codec.Loan[[]byte] { return picture })
	service.Expose("picture", func() codec.Loan[[]byte] {
		b := buffers.Get().(*[]byte)
		draw(*b)
		return codec.Lend(*b, func() { buffers.Put(b) })
	})
	return service
}

// Show shows a picture of the camera.
func Show(ctx context.Context, camera *aiomas.Proxy, show func([]byte)) error {
	var picture codec.Loan[[]byte]
	if err := camera.Call(ctx, &picture); err != nil {
		return err
	}
	defer picture.Release()
	show(picture.Value())
	return nil
}

// Sample passes samples of the sensor to use.
func Sample(ctx context.Context, sensor *aiomas.Proxy, rounds int, use func([]float64)) error {
	samples := make([]float64, 0, 1_000_000)
	for range rounds {
		if err := sensor.Call(ctx, codec.Into(&samples)); err != nil {
			return err
		}
		use(samples)
	}
	return nil
}
