package aiomas_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/codec/ndarray"
)

// Loans of all kinds in all places, by many callers at once: no value changes while it
// is lent.
func TestLoansInCalls(t *testing.T) {
	const callers, calls = 3, 3
	for _, c := range []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec} {
		t.Run(c.Name(), func(t *testing.T) {
			opts := aiomas.WithOptions(aiomas.WithCodec(c), aiomas.WithSerializers(ndarray.Serializer))
			service := aiomas.NewRouter()
			service.Expose("text", func(s codec.Loan[string]) codec.Loan[string] { return s })
			service.Expose("floats", func(l codec.Loan[[]float64]) codec.Loan[[]float64] { return l })
			service.Expose("array", func(a codec.Loan[ndarray.Array]) codec.Loan[ndarray.Array] { return a })
			service.Expose("bytes", func(b codec.Loan[[]byte]) codec.Loan[[]byte] { return b })
			service.Expose("plain", func(b codec.Loan[[]byte]) []byte { return b.Value() })
			_, addr := startServer(t, service, opts)
			client := dial(t, addr, opts)
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					var floats []float64
					for n := range calls {
						size := []int{3, 1_000, 45_000}[(i+n)%3]
						if err := echoLoans(t.Context(), client, size, i, n, c == json.Codec, &floats); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// echoLoans calls the functions of TestLoansInCalls with values of size elements.
func echoLoans(ctx context.Context, client *aiomas.Client, size, i, n int, isJSON bool, floats *[]float64) error {
	text := strings.Repeat(fmt.Sprintf("%02d/%02d\n", i, n), size)[n:]
	if err := echoed(ctx, client.Remote("text"), codec.Lend(text, nil), func(s string) bool { return s == text }); err != nil {
		return err
	}
	plain := strings.ReplaceAll(text, "\n", " ")
	if err := echoed(ctx, client.Remote("text"), codec.Lend(plain, nil), func(s string) bool { return s == plain }); err != nil {
		return err
	}
	list := make([]float64, size/8)
	for k := range list {
		list[k] = float64(k*i+n) + 0.5
	}
	same := func(l []float64) bool { return slices.Equal(l, list) }
	if err := echoed(ctx, client.Remote("floats"), list, same); err != nil {
		return err
	}
	if err := client.Remote("floats").Call(ctx, codec.Into(floats), list); err != nil || !same(*floats) {
		return fmt.Errorf("into memory of the caller: %w", err)
	}
	if isJSON {
		return nil
	}
	array, err := ndarray.New(list)
	if err != nil {
		return err
	}
	if err := echoed(ctx, client.Remote("array"), array, array.Equal); err != nil {
		return err
	}
	isText := func(b []byte) bool { return string(b) == text }
	if err := echoed(ctx, client.Remote("plain"), []byte(text), isText); err != nil {
		return err
	}
	return echoed(ctx, client.Remote("bytes"), codec.Lend([]byte(text), nil), isText)
}

// echoed checks the lent result of a call.
func echoed[T any](ctx context.Context, p *aiomas.Proxy, arg any, same func(T) bool) error {
	var loan codec.Loan[T]
	if err := p.Call(ctx, &loan, arg); err != nil {
		return err
	}
	defer loan.Release()
	if !same(loan.Value()) {
		return fmt.Errorf("%s returned another value", p.Path())
	}
	return nil
}

// The loan of a parameter ends with the handler and its reply, also in a goroutine that
// goes on. Short values are checked in builds with the race detector.
func TestLoanOfAParameterEndsWithTheHandler(t *testing.T) {
	sizes := []int{1 << 20}
	if raceDetector {
		sizes = append(sizes, 10)
	}
	for _, size := range sizes {
		kept := make(chan codec.Loan[[]byte], 1)
		service := aiomas.NewRouter()
		service.Expose("keep", func(b codec.Loan[[]byte]) int {
			kept <- b
			return len(b.Value())
		})
		_, addr := startServer(t, service, aiomas.WithCodec(msgpack.Codec))
		client := dial(t, addr, aiomas.WithCodec(msgpack.Codec))
		for range 3 {
			got, err := aiomas.Call[int](t.Context(), client.Remote("keep"), make([]byte, size))
			if err != nil || got != size {
				t.Fatal(got, err)
			}
			b := <-kept
			for !loanEnded(b) { // it ends after the reply was sent
				runtime.Gosched()
			}
		}
	}
}

func loanEnded[T any](l codec.Loan[T]) (over bool) {
	defer func() { over = recover() != nil }()
	l.Value()
	return false
}

// What a handler lends is given back once, after the peer has received it, whether it
// could be sent or not.
func TestResultsThatAreLent(t *testing.T) {
	for _, size := range []int{10, 2 << 20} {
		back := make(chan string, 10)
		lend := func(name string) codec.Loan[[]byte] {
			return codec.Lend(bytes.Repeat([]byte{7}, size), func() { back <- name })
		}
		service := aiomas.NewRouter()
		service.Expose("one", func() codec.Loan[[]byte] { return lend("one") })
		service.Expose("two", func() (codec.Loan[[]byte], codec.Loan[[]byte]) { return lend("first"), lend("second") })
		_, addr := startServer(t, service, aiomas.WithCodec(msgpack.Codec))
		client := dial(t, addr, aiomas.WithCodec(msgpack.Codec))
		if b, err := aiomas.Call[[]byte](t.Context(), client.Remote("one")); err != nil || len(b) != size || b[size-1] != 7 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		if name := <-back; name != "one" {
			t.Errorf("%s was given back", name)
		}
		var first, second []byte
		if err := client.Remote("two").Call(t.Context(), &codec.Tuple{&first, &second}); err != nil || len(first) != size || len(second) != size {
			t.Errorf("%d and %d bytes, %v", len(first), len(second), err)
		}
		if names := []string{<-back, <-back}; !slices.Contains(names, "first") || !slices.Contains(names, "second") {
			t.Errorf("%v were given back", names)
		}

		// JSON has no bytes.
		_, addr = startServer(t, service)
		client = dial(t, addr)
		var refused *aiomas.RemoteError
		if err := client.Remote("one").Call(t.Context(), nil); !errors.As(err, &refused) {
			t.Errorf("bytes in JSON: %v", err)
		}
		if name := <-back; name != "one" {
			t.Errorf("%s was given back", name)
		}
		if len(back) > 0 {
			t.Errorf("%s was given back twice", <-back)
		}
	}
}

// Loans that are queued for a peer that does not read are given back when the connection
// ends, whichever end ends it.
func TestLoanOfALostConnection(t *testing.T) {
	check := func(t *testing.T, ch *aiomas.Channel, end func() error) {
		back := make(chan struct{}, 3)
		var calls []*aiomas.Pending
		for range cap(back) { // more than a socket takes
			loan := codec.Lend(make([]byte, 16<<20), func() { back <- struct{}{} })
			calls = append(calls, ch.Go(t.Context(), loan, nil))
			loan.Release()
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		for _, p := range calls {
			if err := p.Wait(t.Context()); !errors.As(err, new(*aiomas.ConnectionError)) {
				t.Errorf("the call ended with %v", err)
			}
			<-back
		}
	}
	t.Run("the peer", func(t *testing.T) {
		ch, peer := newRawChannel(t, aiomas.WithCodec(msgpack.Codec))
		check(t, ch, peer.conn.Close)
	})
	t.Run("this end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // Close waits for the peer
			conn, peer := net.Pipe()
			defer peer.Close()
			ch, err := aiomas.NewChannel(conn, aiomas.WithCodec(msgpack.Codec))
			if err != nil {
				t.Fatal(err)
			}
			check(t, ch, ch.Close)
		})
	})
}

// Requests of a channel are decoded into loans, too; their user ends them.
func TestLoanOfARequest(t *testing.T) {
	a, b := tcpPair(t)
	server, err := aiomas.NewChannel(a, aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := aiomas.NewChannel(b, aiomas.WithCodec(msgpack.Codec))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	want := bytes.Repeat([]byte("data"), 1<<18)
	var loan codec.Loan[[]byte]
	call := client.Go(t.Context(), want, &loan)
	r, err := server.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var content codec.Loan[[]byte]
	if err := r.Decode(&content); err != nil {
		t.Fatal(err)
	}
	if err := r.Reply(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	content.Release()
	if err := call.Wait(t.Context()); err != nil || !bytes.Equal(loan.Value(), want) {
		t.Errorf("the reply: %v, or another one", err)
	}
	loan.Release()
}

// Receiving large values as loans allocates next to nothing.
func TestLoansMakeNoGarbage(t *testing.T) {
	if raceDetector {
		t.Skip("with the race detector a sync.Pool forgets on purpose")
	}
	const size = 1 << 20
	service := aiomas.NewRouter()
	service.Expose("echo", func(b codec.Loan[[]byte]) codec.Loan[[]byte] { return b })
	_, addr := startServer(t, service, aiomas.WithCodec(msgpack.Codec))
	client := dial(t, addr, aiomas.WithCodec(msgpack.Codec))
	arg := codec.Lend(make([]byte, size), nil)
	call := func() {
		if err := echoed(t.Context(), client.Remote("echo"), arg, func(b []byte) bool { return len(b) == size }); err != nil {
			t.Fatal(err)
		}
	}
	call()
	const calls = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		call()
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / calls; n > size/5 {
		t.Errorf("%d bytes are allocated for an echo of %d", n, size)
	}
}
