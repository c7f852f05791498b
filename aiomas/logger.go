package aiomas

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// limitedLog is the log of a server, or of a connection that was dialled. Peers
// that break things in a loop must not fill a disk: past a limit, lines are
// counted instead of written, and the count is told with the next line.
type limitedLog struct {
	logger *slog.Logger
	rate   int // lines of a connection in a second

	mu         sync.Mutex
	all        logSecond
	suppressed int // since the last line
}

// allConnections is how many times the lines of one connection all connections of
// a server may log together: a peer could come again after each.
const allConnections = 10

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

func (l *limitedLog) warn(msg string, args ...any) { l.log(nil, slog.LevelWarn, msg, args) }

// log writes a line, of the connection that own counts for if it is not nil.
func (l *limitedLog) log(own *logSecond, level slog.Level, msg string, args []any) {
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
func (l *limitedLog) take(own *logSecond) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now().Unix()
	if own != nil && own.full(now, l.rate) || l.all.full(now, allConnections*l.rate) {
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

// connLog is the log of one connection.
type connLog struct {
	to   *limitedLog
	peer string
	own  logSecond // guarded by to.mu
}

func (l *connLog) debug(msg string, args ...any) { l.log(slog.LevelDebug, msg, args) }
func (l *connLog) warn(msg string, args ...any)  { l.log(slog.LevelWarn, msg, args) }

func (l *connLog) log(level slog.Level, msg string, args []any) {
	l.to.log(&l.own, level, msg, append(args, "peer", l.peer))
}
