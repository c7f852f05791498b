// Package callback calls users' functions in a goroutine that no other goroutine
// waits for.
package callback

import (
	"runtime/debug"
	"sync"

	"github.com/aiomas-go/aiomas-go/internal/ratelog"
)

// Queue calls functions one after another, in the order of Run, in its own
// goroutine. No other goroutine waits for them: they may block, and may close or
// shut down the connection or server that they are notified of. The zero value is
// ready. It is safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	queue   []callback
	running bool // a goroutine will process the queue
}

type callback struct {
	name string // for the log
	f    func()
}

// Run queues a call of f and returns; name is for the log. A panic in f is logged, since there is
// no call to fail.
func (c *Queue) Run(log *ratelog.Conn, name string, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, callback{name, f})
	if !c.running {
		c.running = true
		go c.work(log)
	}
}

func (c *Queue) work(log *ratelog.Conn) {
	returned := false
	defer func() {
		if !returned { // a function called runtime.Goexit
			go c.work(log)
		}
	}()
	for {
		f, ok := c.next()
		if !ok {
			break
		}
		f.call(log)
	}
	returned = true
}

func (c *Queue) next() (f callback, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.queue, c.running = nil, false
		return callback{}, false
	}
	f = c.queue[0]
	c.queue = c.queue[1:]
	return f, true
}

func (f callback) call(log *ratelog.Conn) {
	defer func() {
		if v := recover(); v != nil {
			log.Warn("callback panicked", "callback", f.name, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f.f()
}
