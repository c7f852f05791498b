// Package testlog captures logged errors in tests.
package testlog

import (
	"context"
	"log/slog"
)

// Errors is a handler of package slog that keeps the errors among the attributes
// of its lines at level Warn and above, as they are and not as text, in their
// order. Its buffer must hold all that a test does not take out.
type Errors chan error

// NewErrors returns a logger, and where its errors come out.
func NewErrors() (*slog.Logger, Errors) {
	l := make(Errors, 1000)
	return slog.New(l), l
}

// Enabled implements [slog.Handler].
func (Errors) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// WithAttrs implements [slog.Handler]; the attributes are dropped.
func (l Errors) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements [slog.Handler].
func (l Errors) WithGroup(string) slog.Handler { return l }

// Handle implements [slog.Handler].
func (l Errors) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			l <- err
		}
		return true
	})
	return nil
}
