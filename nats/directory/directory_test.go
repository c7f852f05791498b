package directory

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/nats/embedded"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, url string, ttl time.Duration) *Directory {
	t.Helper()
	nc, err := nats.Connect(url, nats.Name("directory"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	d, err := Open(t.Context(), nc, Options{TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func server(t testing.TB) string {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.URL()
}

// Names are registered, found, refused to others, watched, renewed, released, and expire.
func TestDirectory(t *testing.T) {
	url := server(t)
	const ttl = time.Second
	a, b := open(t, url, ttl), open(t, url, ttl)
	events := make(chan Event, 100)
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() {
		for e, err := range b.Watch(ctx) {
			if err != nil {
				watched <- err
				return
			}
			events <- e
		}
	}()
	if _, err := b.Lookup(t.Context(), "market"); !errors.Is(err, ErrUnknown) {
		t.Errorf("look up before: %v", err)
	}
	lease, err := a.Register(t.Context(), "market", "nats://plant.a/0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Register(t.Context(), "market", "nats://plant.b/0"); !errors.Is(err, ErrTaken) {
		t.Errorf("a second one: %v", err)
	}
	if got, err := b.Lookup(t.Context(), "market"); got != "nats://plant.a/0" || err != nil {
		t.Errorf("found %q, %v", got, err)
	}
	if e := <-events; e != (Event{"market", "nats://plant.a/0"}) {
		t.Errorf("event %+v", e)
	}
	// Another name, whose holder ends without a word, expires; the first one is renewed.
	dying, die := context.WithCancel(t.Context())
	dead, err := b.Register(dying, "dé.ad/1 ", "nats://plant.b/1")
	if err != nil {
		t.Fatal(err)
	}
	if e := <-events; e != (Event{"dé.ad/1 ", "nats://plant.b/1"}) {
		t.Errorf("event %+v", e)
	}
	begun := time.Now()
	die()
	<-dead.Done()
	if e := <-events; e != (Event{Name: "dé.ad/1 "}) {
		t.Errorf("event %+v", e)
	}
	t.Logf("expired after %v", time.Since(begun))
	if err := dead.Err(); err != nil {
		t.Errorf("the end of its own context: %v", err)
	}
	again, err := b.Register(t.Context(), "dé.ad/1 ", "nats://plant.b/2")
	if err != nil {
		t.Fatalf("an expired name: %v", err)
	}
	if e := <-events; e != (Event{"dé.ad/1 ", "nats://plant.b/2"}) {
		t.Errorf("event %+v", e)
	}
	if got, err := b.Lookup(t.Context(), "market"); got != "nats://plant.a/0" || err != nil {
		t.Errorf("after more than its TTL: %q, %v", got, err)
	}
	if err := errors.Join(lease.Release(t.Context()), again.Release(t.Context())); err != nil {
		t.Fatal(err)
	}
	if e := <-events; e != (Event{Name: "market"}) {
		t.Errorf("event %+v", e)
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended with %v", err)
	}
}

// A lease whose name somebody else has got is over.
func TestLeaseIsLost(t *testing.T) {
	a := open(t, server(t), time.Second)
	lease, err := a.Register(t.Context(), "market", "nats://plant.a/0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.kv.Put(t.Context(), key("market"), []byte("nats://plant.b/0")); err != nil {
		t.Fatal(err)
	}
	<-lease.Done()
	if err := lease.Err(); !errors.Is(err, ErrTaken) {
		t.Errorf("it ended with %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := a.Lookup(t.Context(), "market"); got != "nats://plant.b/0" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A renewal may arrive although Release has cancelled it.
func TestReleaseAfterRenewal(t *testing.T) {
	a := open(t, server(t), time.Hour)
	lease := register(t, a, "market", "nats://plant.a/0")
	if _, err := a.kv.Put(t.Context(), key("market"), []byte("nats://plant.a/0")); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
	found(t, a.Lookup, "market", "")
}

func TestMistakes(t *testing.T) {
	a := open(t, server(t), 0)
	for _, call := range [][2]string{{"", "x"}, {"x", ""}} {
		if _, err := a.Register(t.Context(), call[0], call[1]); err == nil {
			t.Errorf("%q is registered", call)
		}
	}
	if _, err := Open(t.Context(), nil, Options{TTL: time.Millisecond}); err == nil {
		t.Error("a TTL of a millisecond")
	}
}

func FuzzKeys(f *testing.F) {
	for _, name := range []string{"market", "plant.b/0", ".", "..", "a..b", "=", "=41", "é", "a b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := nameOf(key(name)); got != name {
			t.Errorf("%q becomes %q and %q", name, key(name), got)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	d := open(b, server(b), time.Minute)
	lease, err := d.Register(b.Context(), "market", "nats://plant.a/0")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.Lookup(b.Context(), "market"); err != nil {
			b.Fatal(err)
		}
	}
	if err := lease.Release(context.Background()); err != nil {
		b.Error(err)
	}
}

// The time from the last renewal of a lease, whose holder has died, to the end of its name.
func BenchmarkExpiry(b *testing.B) {
	const ttl = 2 * time.Second
	d := open(b, server(b), ttl)
	var took time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		registered := time.Now()
		lease, err := d.Register(ctx, "dead", "nats://plant.a/0")
		if err != nil {
			b.Fatal(err)
		}
		cancel()
		<-lease.Done()
		for e, err := range d.Watch(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			if e.Address == "" {
				break
			}
		}
		took += time.Since(registered)
	}
	b.ReportMetric(took.Seconds()/float64(b.N), "s/expiry")
	b.ReportMetric(0, "ns/op")
}
