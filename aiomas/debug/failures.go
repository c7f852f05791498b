package debug

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/errtext"
	"github.com/aiomas-go/aiomas-go/internal/excerpt"
)

// errUnwound is the error of a function that panicked or ended its goroutine.
var errUnwound = errors.New("the function panicked or ended its goroutine")

const (
	keptErrors = 100
	errorText  = 2 << 10 // bytes
)

// failure is an error in the list of last errors.
type failure struct {
	Time time.Time `json:"time"`
	Kind string    `json:"kind"` // call, request, or the level of a log record
	Path string    `json:"path"`
	Peer string    `json:"peer"`
	Text string    `json:"text"`
	Took int64     `json:"took"` // microseconds
}

// lastErrors keeps the last errors. The zero value is empty.
type lastErrors struct {
	mu   sync.Mutex
	ring [keptErrors]failure
	n    int // number of errors so far
}

func (l *lastErrors) add(f failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.n%keptErrors] = f
	l.n++
}

// list returns the kept errors, the newest first, and the number of all errors so far.
func (l *lastErrors) list() ([]failure, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []failure{}
	for i := l.n - 1; i >= max(0, l.n-keptErrors); i-- {
		list = append(list, l.ring[i%keptErrors])
	}
	return list, l.n
}

func textOf(err error) string { return shortened(errtext.Of(err)) }

// shortened returns s, which may come from a peer, as valid and short text.
func shortened(s string) string { return excerpt.Of(s, errorText) }

// LogHandler returns a handler for [aiomas.WithLogger] that makes the page show records of
// level Warn and above as well: peers that break the protocol, connections that are
// refused. All records are passed to next, which may be nil.
func (m *Monitor) LogHandler(next slog.Handler) slog.Handler {
	if next == nil {
		next = slog.DiscardHandler
	}
	return &logHandler{m: m, next: next}
}

type logHandler struct {
	m      *Monitor
	next   slog.Handler
	attrs  []slog.Attr // of WithAttrs
	prefix string      // of WithGroup
}

// Enabled implements [slog.Handler].
func (h *logHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn || h.next.Enabled(ctx, l)
}

// Handle implements [slog.Handler].
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.m.errors.add(h.failure(r))
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

func (h *logHandler) failure(r slog.Record) failure {
	f := failure{Time: r.Time, Kind: strings.ToLower(r.Level.String())}
	var text strings.Builder
	text.WriteString(r.Message)
	add := func(a slog.Attr) bool {
		switch value := a.Value.Resolve().String(); a.Key {
		case "peer":
			f.Peer = shortened(value)
		case "path":
			f.Path = shortened(value)
		default:
			text.WriteString(" " + a.Key + "=" + value)
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(func(a slog.Attr) bool { a.Key = h.prefix + a.Key; return add(a) })
	f.Text = shortened(text.String())
	return f
}

// WithAttrs implements [slog.Handler].
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	all := slices.Clip(h.attrs)
	for _, a := range attrs {
		a.Key = h.prefix + a.Key
		all = append(all, a)
	}
	return &logHandler{h.m, h.next.WithAttrs(attrs), all, h.prefix}
}

// WithGroup implements [slog.Handler].
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &logHandler{h.m, h.next.WithGroup(name), h.attrs, h.prefix + name + "."}
}
