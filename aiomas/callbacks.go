package aiomas

import (
	"runtime/debug"
	"sync"
)

// callbacks calls a user's functions one after the other, in the order of run, in a
// goroutine of its own for which nobody waits: they may take their time, and may
// close or shut down what they hear of. The zero value is ready.
type callbacks struct {
	mu      sync.Mutex
	queue   []callback
	running bool // somebody is about to look at the queue
}

type callback struct {
	name string // for the log
	f    func()
}

// run sees to it that f is called. A panic of it is logged, for there is no call to
// fail.
func (c *callbacks) run(log *connLog, name string, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, callback{name, f})
	if !c.running {
		c.running = true
		go c.work(log)
	}
}

func (c *callbacks) work(log *connLog) {
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

func (c *callbacks) next() (f callback, ok bool) {
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

func (f callback) call(log *connLog) {
	defer func() {
		if v := recover(); v != nil {
			log.warn("callback panicked", "callback", f.name, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f.f()
}
