package directory

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/nats/embedded"
	"github.com/nats-io/nats.go"
)

func copyOf(t testing.TB, d *Directory) *Copy {
	t.Helper()
	c, err := d.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func register(t testing.TB, d *Directory, name, address string) *Lease {
	t.Helper()
	l, err := d.Register(t.Context(), name, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// await waits until f is true.
func await(t testing.TB, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// has reports whether the copy itself has name at address; "" is that it does not know name.
func (c *Copy) has(name, address string) func() bool {
	return func() bool { return c.f.lookup(name) == address }
}

// found checks what a lookup finds; "" is ErrUnknown.
func found(t testing.TB, lookup func(context.Context, string) (string, error), name, want string) {
	t.Helper()
	got, err := lookup(t.Context(), name)
	if got != want || (want == "") != errors.Is(err, ErrUnknown) || want != "" && err != nil {
		t.Errorf("%s: found %q, %v, instead of %q", name, got, err, want)
	}
}

// Lookups in a copy need no message, and follow the changes: registration elsewhere, expiry,
// registration again. A name that the copy does not have is asked for.
func TestCopy(t *testing.T) {
	url := server(t)
	a, b := open(t, url, time.Second), open(t, url, time.Second)
	register(t, a, "market", "nats://plant.a/0")
	c := copyOf(t, b)
	asked := func(f func()) uint64 {
		before := b.nc.Stats().OutMsgs
		f()
		return b.nc.Stats().OutMsgs - before
	}
	if n := asked(func() {
		for range 1000 {
			found(t, c.Lookup, "market", "nats://plant.a/0")
		}
	}); n > 20 { // of the watch
		t.Errorf("%d messages for lookups of a known name", n)
	}
	for i := range 100 {
		name := fmt.Sprint("house.", i)
		register(t, a, name, "nats://plant.a/"+name)
		found(t, c.Lookup, name, "nats://plant.a/"+name)
	}
	if asked(func() { found(t, c.Lookup, "nobody", "") }) == 0 {
		t.Error("the server was not asked for an unknown name")
	}

	ctx, die := context.WithCancel(t.Context())
	if _, err := b.Register(ctx, "dying", "nats://plant.b/0"); err != nil {
		t.Fatal(err)
	}
	await(t, "the registration", c.has("dying", "nats://plant.b/0"))
	die()
	await(t, "the expiry", c.has("dying", ""))
	found(t, c.Lookup, "dying", "")
	again := register(t, a, "dying", "nats://plant.a/1")
	found(t, c.Lookup, "dying", "nats://plant.a/1")
	await(t, "the registration again", c.has("dying", "nats://plant.a/1"))
	if err := again.Release(t.Context()); err != nil {
		t.Error(err)
	}
	await(t, "the release", c.has("dying", ""))

	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if asked(func() { found(t, c.Lookup, "market", "nats://plant.a/0") }) == 0 {
		t.Error("the server was not asked after the end of the copy")
	}
}

// When nothing has come from the server for the TTL, it is asked.
func TestCopyIsSilent(t *testing.T) {
	d := open(t, server(t), time.Hour)
	register(t, d, "market", "nats://plant.a/0")
	c := copyOf(t, d)
	c.f.mu.Lock()
	c.f.heard = c.f.heard.Add(-time.Hour)
	c.f.mu.Unlock()
	await(t, "the copy not to be used", c.has("market", ""))
	found(t, c.Lookup, "market", "nats://plant.a/0")
}

func TestCopyCannotBegin(t *testing.T) {
	s, err := embedded.Start(t.Context(), embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, s.URL(), time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Copy(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	d.nc.Close()
	if _, err := d.Copy(t.Context()); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("with a closed connection: %v", err)
	}
	_ = s.Close()
}

// loses checks that directories survive the loss of the bucket, which is in memory: holders
// register their names again; watches and copies find the names that come and go meanwhile.
// away is not nil if the server is away in between.
func loses(t *testing.T, url string, lose func(a *Directory), away func(c *Copy)) {
	t.Helper()
	const ttl = time.Second
	a, b := open(t, url, ttl), open(t, url, ttl)
	register(t, a, "market", "nats://plant.a/0")
	ctx, die := context.WithCancel(t.Context())
	dead, err := a.Register(ctx, "moves", "nats://plant.a/1")
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan Event, 100)
	go func() {
		for e, err := range b.Watch(t.Context()) {
			if err == nil {
				events <- e
			}
		}
	}()
	for range 2 {
		<-events
	}
	c := copyOf(t, b)
	die()
	<-dead.Done()
	lose(a)
	if away != nil {
		away(c)
	}
	await(t, "the name of the living", c.has("market", "nats://plant.a/0"))
	await(t, "the end of the name of the dead", c.has("moves", ""))
	moved := register(t, b, "moves", "nats://plant.b/1")
	found(t, a.Lookup, "moves", "nats://plant.b/1")
	await(t, "the name to be registered elsewhere", c.has("moves", "nats://plant.b/1"))
	for e := range events {
		if e == (Event{"moves", "nats://plant.b/1"}) {
			break
		}
	}
	if err := moved.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestServerRestarts(t *testing.T) {
	s, err := embedded.Start(t.Context(), embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := net.SplitHostPort(s.NATS().Addr().String())
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	loses(t, s.URL(), func(*Directory) { _ = s.Close() }, func(c *Copy) {
		await(t, "the loss to be noticed", c.has("market", ""))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if got, err := c.Lookup(ctx, "market"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without a server: %q, %v", got, err)
		}
		if s, err = embedded.Start(t.Context(), embedded.Options{Port: port, Store: t.TempDir()}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
	})
}

func TestBucketIsLost(t *testing.T) {
	loses(t, server(t), func(a *Directory) {
		if err := a.js.DeleteKeyValue(t.Context(), a.config.Bucket); err != nil {
			t.Fatal(err)
		}
	}, nil)
}

// Registering, looking up and releasing work when the bucket has just been lost.
func TestLostBucketIsMadeAgain(t *testing.T) {
	d := open(t, server(t), time.Hour)
	lose := func() {
		if err := d.js.DeleteKeyValue(t.Context(), d.config.Bucket); err != nil {
			t.Fatal(err)
		}
	}
	lose()
	found(t, d.Lookup, "market", "")
	lose()
	lease := register(t, d, "market", "nats://plant.a/0")
	lose()
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
	other := register(t, d, "market", "nats://plant.b/0")
	found(t, d.Lookup, "market", "nats://plant.b/0")
	if err := other.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func BenchmarkCopy(b *testing.B) {
	d := open(b, server(b), time.Minute)
	lease := register(b, d, "market", "nats://plant.a/0")
	c := copyOf(b, d)
	for b.Loop() {
		if _, err := c.Lookup(b.Context(), "market"); err != nil {
			b.Fatal(err)
		}
	}
	if err := lease.Release(context.Background()); err != nil {
		b.Error(err)
	}
}
