package aiomas

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// connLog is the log of one connection. A peer that breaks things in a loop must
// not fill a disk: past the limit, lines are counted instead of written, and the
// count is told with the next line.
type connLog struct {
	logger *slog.Logger
	peer   string
	rate   int // lines a second

	mu         sync.Mutex
	second     time.Time // the beginning of the present second
	lines      int       // written in it
	suppressed int
}

func (l *connLog) debug(msg string, args ...any) { l.log(slog.LevelDebug, msg, args) }
func (l *connLog) warn(msg string, args ...any)  { l.log(slog.LevelWarn, msg, args) }

func (l *connLog) log(level slog.Level, msg string, args []any) {
	ctx := context.Background()
	if !l.logger.Enabled(ctx, level) {
		return
	}
	suppressed, ok := l.take()
	if !ok {
		return
	}
	if suppressed > 0 {
		args = append(args, "suppressed", suppressed)
	}
	l.logger.Log(ctx, level, msg, append(args, "peer", l.peer)...)
}

// take counts one line, and returns how many were suppressed before it.
func (l *connLog) take() (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.second) >= time.Second {
		l.second, l.lines = now, 0
	}
	if l.lines >= l.rate {
		l.suppressed++
		return 0, false
	}
	l.lines++
	suppressed, l.suppressed = l.suppressed, 0
	return suppressed, true
}
