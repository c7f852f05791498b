// Package ratelog limits the rate of log lines per connection, so that a peer that
// causes errors in a loop cannot fill a disk. Lines above the limit are counted
// instead of written, and the next line includes the count.
package ratelog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Log is the log of a server, or of a connection that was dialled. It is safe for
// concurrent use.
type Log struct {
	logger *slog.Logger
	rate   int // lines of a connection in a second

	mu         sync.Mutex
	all        logSecond
	suppressed int // since the last line
}

// New returns a log to logger that writes at most rate lines a second for each
// connection.
func New(logger *slog.Logger, rate int) *Log { return &Log{logger: logger, rate: rate} }

// AllConnections is the limit for all connections of a server together, as a
// multiple of the limit for one: a peer could reconnect after each line.
const AllConnections = 10

// logSecond counts the lines of a second.
type logSecond struct {
	second int64 // by the clock; it may jump
	lines  int
}

func (s *logSecond) full(now int64, rate int) bool {
	if s.second != now {
		s.second, s.lines = now, 0
	}
	return s.lines >= rate
}

// Warn writes a line that belongs to no connection.
func (l *Log) Warn(msg string, args ...any) { l.Log(slog.LevelWarn, msg, args...) }

// Log is Warn at another level.
func (l *Log) Log(level slog.Level, msg string, args ...any) { l.log(nil, level, msg, args) }

// log writes a line; own, if not nil, counts the lines of its connection.
func (l *Log) log(own *logSecond, level slog.Level, msg string, args []any) {
	ctx := context.Background()
	if !l.logger.Enabled(ctx, level) {
		return
	}
	suppressed, ok := l.take(own)
	if !ok {
		return
	}
	if suppressed > 0 {
		args = append(args, "suppressed", suppressed)
	}
	l.logger.Log(ctx, level, msg, args...)
}

// take counts one line, and returns how many were suppressed before it.
func (l *Log) take(own *logSecond) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now().Unix()
	if own != nil && own.full(now, l.rate) || l.all.full(now, AllConnections*l.rate) {
		l.suppressed++
		return 0, false
	}
	if own != nil {
		own.lines++
	}
	l.all.lines++
	suppressed, l.suppressed = l.suppressed, 0
	return suppressed, true
}

// Name is the name of a peer that is known.
type Name string

func (n Name) String() string { return string(n) }

// Conn is the log of one connection. It is safe for concurrent use.
type Conn struct {
	to   *Log
	peer fmt.Stringer
	own  logSecond // guarded by to.mu
}

// Conn returns the log of the connection to peer, whose name is asked for when there is a line to write.
func (l *Log) Conn(peer fmt.Stringer) Conn { return Conn{to: l, peer: peer} }

// Debug writes a line at level Debug, with the peer.
func (l *Conn) Debug(msg string, args ...any) { l.log(slog.LevelDebug, msg, args) }

// Warn writes a line at level Warn, with the peer.
func (l *Conn) Warn(msg string, args ...any) { l.log(slog.LevelWarn, msg, args) }

func (l *Conn) log(level slog.Level, msg string, args []any) {
	if l.to.logger.Enabled(context.Background(), level) {
		l.to.log(&l.own, level, msg, append(args, "peer", l.peer.String()))
	}
}
