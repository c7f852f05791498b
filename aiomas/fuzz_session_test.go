package aiomas_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"reflect"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// sessionFrame is the limit on a frame in the sessions that are fuzzed, and with
// Blosc on what is in it.
const sessionFrame = 1 << 16

// sessionModes are the codecs, each with handlers at once, one after another, and
// inline.
// What is beyond them in a mode decides how the connection ends.
const sessionModes = 9

// sessionOptions also returns the codec.
func sessionOptions(mode int) (codec.Codec, []aiomas.Option) {
	c := hostileCodecs[mode%3]
	how := [...]aiomas.Option{aiomas.WithConcurrency(0), aiomas.WithConcurrency(1), aiomas.WithInline()}
	return c, []aiomas.Option{
		aiomas.WithCodec(c), how[mode/3],
		aiomas.WithLimits(aiomas.Limits{FrameIn: sessionFrame, Requests: 3}),
	}
}

// sessionService is newService with functions that wait and that call back.
func sessionService(f *testing.F) *aiomas.Router {
	f.Helper()
	r := newService(f)
	r.Expose("same", func(x any) any { return x })
	r.Expose("take", func(p *aiomas.Proxy) string { return p.Path() })
	r.Expose("give", func() *aiomas.Router { return r })
	peerOf := func(ctx context.Context) (*aiomas.Client, *script) {
		c := aiomas.ClientFrom(ctx)
		return c, c.Channel().NetConn().(*script)
	}
	r.Expose("hold", func(ctx context.Context) {
		_, s := peerOf(ctx)
		<-s.eaten.Done()
	})
	r.Expose("ask", func(ctx context.Context, x codec.Value) (any, error) {
		c, s := peerOf(ctx)
		v, err := aiomas.Call[any](s.eaten, c.Remote("asked"), x)
		return v, err
	})
	return r
}

// sessionStream makes a stream of two frames, whose lengths are always right, and
// of what may have any.
func sessionStream(first, second, rest []byte) []byte {
	var stream []byte
	for _, payload := range [][]byte{first, second} {
		if len(payload) > 0 {
			stream = append(binary.BigEndian.AppendUint32(stream, uint32(len(payload))), payload...)
		}
	}
	return append(stream, rest...)
}

// A session is an attack under way.
type session struct {
	*expectation
	t      *testing.T
	codec  codec.Codec
	script *script
}

// message waits for a message of the victim; false is the end.
func (s *session) message() (codec.Message, bool) {
	payload, ok := s.script.next()
	if !ok {
		return codec.Message{}, false
	}
	m, err := s.codec.ParseMessage(payload, codec.Limits{})
	if err != nil {
		s.t.Fatalf("the victim sent %q: %v", payload, err)
	}
	if m.Type != codec.Request {
		if s.owed[m.ID]--; s.owed[m.ID] < 0 {
			s.t.Fatalf("an answer too many to %d: %q", m.ID, payload)
		}
		s.open--
		if want := s.echoes[m.ID]; want != nil && m.Type == codec.Result && !bytes.Equal(m.Content, want) {
			s.t.Errorf("the result of %d is %q, want %q", m.ID, m.Content, want)
		}
	}
	return m, true
}

// await expects the answers to all requests.
func (s *session) await() {
	for s.open > 0 {
		if _, ok := s.message(); !ok {
			if !s.broken {
				s.t.Fatalf("the connection ended, %d requests are not answered", s.open)
			}
			return
		}
	}
}

// fence makes one more request of the peer.
func (s *session) fence() {
	const id = 1000
	s.owed[id], s.open = 1, 1
	s.script.feed(s.frame(codec.Request, id, &codec.Call{Path: "add", Args: []any{20, 22}}))
	for {
		m, ok := s.message()
		if !ok {
			s.t.Fatal("the connection ended before an honest request")
		}
		if m.Type == codec.Request { // of ask, before
			continue
		}
		d := s.codec.NewDecoder()
		d.Reset(m.Content, nil)
		if n, err := d.Int64(); m.Type != codec.Result || n != 42 {
			s.t.Errorf("an honest request is answered with %v %q, %v", m.Type, m.Content, err)
		}
		return
	}
}

// drain expects the end of the connection, in the way that the stream has earned,
// and nothing but answers before it.
func (s *session) drain(client *aiomas.Client) {
	for ok := true; ok; {
		_, ok = s.message()
	}
	<-client.Done()
	err := client.Err()
	if ce := (*aiomas.ConnectionError)(nil); !errors.As(err, &ce) || isProtocolError(err) != (s.broken || s.partial) {
		s.t.Errorf("the connection ended with %v (broken %v, partial %v)", err, s.broken, s.partial)
	}
}

// frame is a message of the peer.
func (s *session) frame(typ codec.MessageType, id int64, content any) []byte {
	b, err := s.codec.AppendMessage(make([]byte, 4, 64), typ, id, content, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// A costMeter measures what an attack takes, and what it leaves.
type costMeter struct {
	sample     []metrics.Sample
	goroutines int
	bytes      uint64
}

func newCostMeter() *costMeter {
	return &costMeter{sample: []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}}
}

func (m *costMeter) allocated() uint64 {
	metrics.Read(m.sample)
	return m.sample[0].Value.Uint64()
}

func (m *costMeter) begin() {
	m.bytes = m.allocated()
	if m.goroutines == 0 {
		m.goroutines = runtime.NumGoroutine() + 2 // those of the engine come and go
	}
}

// end waits until nothing of the session is left but so many connections. If it
// hangs, the fuzzing engine or the test's time-out shows what there is.
func (m *costMeter) end(s *session, stream []byte, counts *aiomas.Metrics, connections int64) {
	for {
		got := counts.Snapshot()
		if got.Connections == connections && got.Requests == 0 && got.Calls == 0 && runtime.NumGoroutine() <= m.goroutines {
			break
		}
		runtime.Gosched()
	}
	if n := m.allocated() - m.bytes; n > uint64(2<<20+2000*(len(stream)+s.bytes)) {
		s.t.Errorf("%d bytes were allocated for %d with contents of %d", n, len(stream), s.bytes)
	}
}

// A victim is a server under attack, with a bystander connected to it.
type victim struct {
	codec     codec.Codec
	conns     *scripts
	arrived   chan *aiomas.Client
	server    *aiomas.Server
	bystander *aiomas.Client
}

func newVictim(f *testing.F, service aiomas.Service, mode int) *victim {
	f.Helper()
	c, opts := sessionOptions(mode)
	v := &victim{codec: c, conns: newScripts(), arrived: make(chan *aiomas.Client, 1)}
	v.server = aiomas.NewServer(service, aiomas.WithOptions(opts...), aiomas.WithConnected(func(c *aiomas.Client) { v.arrived <- c }))
	served := make(chan error, 1)
	go func() { served <- v.server.Serve(context.Background(), v.conns) }()
	near, far := net.Pipe()
	v.conns.conns <- far
	<-v.arrived
	ch, err := aiomas.NewChannel(near, aiomas.WithCodec(c))
	if err != nil {
		f.Fatal(err)
	}
	v.bystander = aiomas.NewClient(ch, nil)
	f.Cleanup(func() {
		_ = v.bystander.Close()
		_ = v.server.Close()
		<-served
	})
	return v
}

// FuzzServerSession: whatever a peer sends to a server, each request that can be
// told is answered exactly once, an honest request behind it is too, nobody else
// is disturbed, and nothing is left behind.
func FuzzServerSession(f *testing.F) {
	addSessions(f)
	service := sessionService(f)
	var victims [sessionModes]*victim
	for mode := range victims {
		victims[mode] = newVictim(f, service, mode)
	}
	cost := newCostMeter()
	f.Fuzz(func(t *testing.T, first, second, rest []byte, mode, cut uint8) {
		v := victims[mode%sessionModes]
		stream := sessionStream(first, second, rest)
		s := &session{expect(v.codec, stream), t, v.codec, newScript(stream, int(cut), false)}
		defer s.script.Close()
		cost.begin()
		v.conns.conns <- s.script
		client := <-v.arrived
		s.await()
		if !s.broken && !s.partial {
			for v.server.Metrics().Snapshot().Requests > 0 { // or there might be too many at once
				runtime.Gosched()
			}
			s.fence()
		}
		s.script.stop()
		s.drain(client)
		if n, err := aiomas.Call[int](t.Context(), v.bystander.Remote("add"), 1, 2); err != nil || n != 3 {
			t.Errorf("a bystander got %d, %v", n, err)
		}
		cost.end(s, stream, v.server.Metrics(), 1)
	})
}

// FuzzClientSession: whatever a server answers, and asks, each call ends in its
// result or a typed error, as the first reply to it says, the next call is not
// disturbed, and nothing is left behind.
func FuzzClientSession(f *testing.F) {
	addSessions(f)
	service := sessionService(f)
	cost := newCostMeter()
	f.Fuzz(func(t *testing.T, first, second, rest []byte, mode, cut uint8) {
		c, opts := sessionOptions(int(mode) % sessionModes)
		stream := sessionStream(first, second, rest)
		s := &session{expect(c, stream), t, c, newScript(stream, int(cut), true)}
		defer s.script.Close()
		counts := new(aiomas.Metrics)
		cost.begin()
		ch, err := aiomas.NewChannel(s.script, append(opts, aiomas.WithMetrics(counts))...)
		if err != nil {
			t.Fatal(err)
		}
		client := aiomas.NewClient(ch, service)
		results := []any{new(string), new([]float64), new(any), new(*aiomas.Proxy)}
		pending := make([]*aiomas.Pending, len(results))
		for id, result := range results {
			pending[id] = client.Remote("f").Go(t.Context(), result)
		}
		s.script.start()
		for id, p := range pending {
			s.checkCall(int64(id), p.Wait(s.script.eaten), results[id])
		}
		s.await()
		if !s.broken && !s.partial {
			s.checkNext(client)
		}
		if mode/sessionModes%2 == 1 && !s.broken && !s.partial {
			_ = client.Close()
			if !errors.Is(client.Err(), aiomas.ErrClosed) {
				t.Errorf("closed with %v", client.Err())
			}
		}
		s.script.stop()
		s.drain(client)
		cost.end(s, stream, counts, 0)
	})
}

// checkCall checks that the call ended as the first reply to it says.
func (s *session) checkCall(id int64, err error, result any) {
	s.t.Helper()
	var ok bool
	var wantErr error
	want := result
	if reply := s.replies[id]; reply != nil {
		switch result.(type) {
		case **aiomas.Proxy:
			want = new(*proxyMark)
		default:
			want = reflect.New(reflect.TypeOf(result).Elem()).Interface()
		}
		wantErr = reply(want)
	} else if wantErr = context.Canceled; s.broken {
		wantErr = aiomas.ErrConnection
	}
	var remote *aiomas.RemoteError
	var bad *aiomas.DecodeError
	switch {
	case wantErr == nil:
		a, errA := s.codec.AppendValue(nil, result, nil)
		b, errB := s.codec.AppendValue(nil, want, nil)
		ok = err == nil && (errA != nil && errB != nil || bytes.Equal(a, b)) // a proxy cannot be encoded
	case errors.Is(wantErr, errException):
		ok = errors.As(err, &remote) || errors.As(err, &bad)
	case isDecodeError(wantErr):
		ok = errors.As(err, &bad)
	default:
		ok = errors.Is(err, wantErr) && isProtocolError(err) == s.broken
	}
	if !ok {
		s.t.Errorf("call %d ended with %v, %v, want %v, %v", id, result, err, want, wantErr)
	}
}

// checkNext makes one more call, which is answered honestly.
func (s *session) checkNext(client *aiomas.Client) {
	s.t.Helper()
	var text string
	pending := client.Remote("next").Go(s.t.Context(), &text)
	for {
		m, ok := s.message()
		if !ok {
			s.t.Fatal("the connection ended before the next call")
		}
		if m.Type == codec.Request && s.path(m) == "next" {
			s.script.feed(s.frame(codec.Result, m.ID, "honest"))
			break
		}
	}
	if err := pending.Wait(s.t.Context()); err != nil || text != "honest" {
		s.t.Errorf("the next call ended with %q, %v", text, err)
	}
}

func (s *session) path(m codec.Message) string {
	d := s.codec.NewDecoder()
	d.Reset(m.Content, nil)
	if _, err := d.List(); err != nil || !d.More() {
		s.t.Fatalf("the victim sent a request %q", m.Content)
	}
	path, err := d.Str()
	if err != nil {
		s.t.Fatalf("the victim sent a request %q: %v", m.Content, err)
	}
	return path
}
