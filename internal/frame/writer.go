package frame

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Frames up to joinMax are copied into batches of up to batchMax; larger ones
	// are written from the buffer in which they were built.
	joinMax  = 16 << 10
	batchMax = 64 << 10
	// The write timeout applies to each stretch of this size.
	stretch = 64 << 10
	// After this many batches, a caller that is writing leaves the rest to a
	// goroutine, so that frames of others do not delay its own call.
	maxRounds = 4
)

// Writer writes frames. It is safe for concurrent use.
//
// There is no permanent writer goroutine: a caller writes all queued frames
// unless another one is already writing, so that a single call needs no
// goroutine switch and a thousand concurrent calls share a system call. A
// caller never waits for the socket: bytes that the socket does not accept at
// once are left to a goroutine that ends when the queue is empty.
//
// Its size is 248 bytes on 64-bit systems, four cache lines, of which a single
// frame needs the first three; see Reader.
type Writer struct {
	mu      sync.Mutex
	queue   []*Buffer // sealed frames; small ones share a buffer
	spare   []*Buffer // the other slice, to swap with
	pending int64     // bytes queued and being written

	raw rawWriter // unusable if conn is not a socket or the system has no non-blocking writes

	limit   int64
	err     error
	changed chan struct{} // closed at the next change of pending, writing or err; nil while no goroutine waits
	open    bool          // the last buffer of queue takes more small frames
	writing bool          // a goroutine is in flush or drain, and will write the queue
	corked  bool          // small frames are delayed until Uncork
	yields  bool          // the goroutine that has set writing has not begun to write; see WriteDelayed
	blocked bool          // a goroutine is in drain: the peer does not read, or conn can only block
	tries   bool          // conn is a TryWriter
	inOrder bool          // see InOrder
	crowded atomic.Bool   // pending has reached half of the limit
	first   [2][1]*Buffer // backing arrays of queue and spare while there is one frame at a time
	line    chan struct{} // holds the token of the next caller to get room; nil until needed

	conn    net.Conn
	timeout time.Duration
	failed  func(error)
	drains  sync.WaitGroup
	delayed int32 // frames that were corked, since the last piece
	piece   int32 // number of frames to write together
}

// NewWriter returns a writer to conn. limit bounds the pending bytes, timeout
// the time in which the peer accepts none. failed is called once, by the
// goroutine that was writing, when writing to the connection fails.
func NewWriter(conn net.Conn, limit int64, timeout time.Duration, failed func(error)) *Writer {
	w := &Writer{conn: conn, limit: limit, timeout: timeout, failed: failed}
	if rc := socket(conn); rc != nil {
		w.raw.init(rc)
	}
	_, w.tries = conn.(TryWriter)
	_, pipe := conn.(Pipe)
	w.inOrder = w.tries && !pipe
	w.queue, w.spare = w.first[0][:0], w.first[1][:0]
	return w
}

// TryWriter is a connection other than a socket, for example one in memory, that
// can write without blocking: callers then write themselves, so that frames of
// one goroutine on several connections are sent in order.
type TryWriter interface {
	// TryWrite writes as much as it can without blocking, possibly nothing.
	TryWrite(p []byte) (n int, err error)
}

// writeNow writes as much of the frame in b as conn accepts without blocking; ok is false if
// conn does not support that.
func (w *Writer) writeNow(b *Buffer) (n int, ok bool, err error) {
	switch {
	case b.Gap.Text != "":
		n, err = w.raw.gather(b)
	case w.raw.works():
		n, err = w.raw.write(b.B)
	case w.tries:
		if !w.inOrder {
			keepBeating()
		}
		n, err = w.conn.(TryWriter).TryWrite(b.B)
	default:
		return 0, false, nil
	}
	return n, true, err
}

// Write queues the frame in b and makes sure that it is written; it returns
// without waiting for that. b belongs to the Writer even on error. While more
// than the limit is pending, Write waits until ctx ends. With yield, other
// goroutines that are about to write can join the same system call.
func (w *Writer) Write(ctx context.Context, b *Buffer, yield bool) error {
	mine, err := w.enqueue(ctx, b, yield)
	if !mine {
		return err
	}
	if yield {
		w.WriteDelayed()
		return nil
	}
	w.flush(maxRounds)
	return nil
}

// Delay queues the frame in b as Write does. If mine is true, the caller must call
// WriteDelayed soon.
func (w *Writer) Delay(ctx context.Context, b *Buffer) (mine bool, err error) {
	return w.enqueue(ctx, b, true)
}

// WriteDelayed writes the queue after other goroutines that are about to write had
// the opportunity to join the same system call.
func (w *Writer) WriteDelayed() {
	if w.yield() {
		w.flush(maxRounds)
	}
}

// yield yields, and reports whether the caller still must write.
func (w *Writer) yield() (mine bool) {
	// This gives 2.2× the calls per second at 100 in flight; a single call does
	// not yield.
	runtime.Gosched()
	w.mu.Lock()
	defer w.mu.Unlock()
	mine = w.yields
	w.yields = false
	return mine
}

// Hurry writes delayed frames at once. If another goroutine is writing them, it waits for
// that, unless it is in drain: on a busy machine a system call that has begun can take
// longer than what the caller sends next to somebody else.
func (w *Writer) Hurry() {
	w.mu.Lock()
	for range maxRounds { // others may go on writing for ever
		if w.err != nil || !w.writing || w.yields || w.blocked {
			break
		}
		_ = w.wait(context.Background())
	}
	w.push()
}

// Push writes delayed frames at once, unless another goroutine is writing, which then
// writes them.
func (w *Writer) Push() {
	w.mu.Lock()
	w.push()
}

// push is Push; w.mu is held before, and not after.
func (w *Writer) push() {
	mine := w.err == nil && len(w.queue) > 0 && (w.yields || !w.writing)
	if mine {
		w.writing, w.yields, w.delayed = true, false, 0
	}
	w.mu.Unlock()
	if mine {
		w.flush(maxRounds)
	}
}

// WriteSoon is Write for a caller that is about to write more: it leaves the
// system call to a goroutine, which writes all frames that are queued by the
// time it runs.
func (w *Writer) WriteSoon(ctx context.Context, b *Buffer) error {
	if w.inOrder {
		return w.Write(ctx, b, false) // keeps the order of writes
	}
	mine, err := w.enqueue(ctx, b, true)
	if mine {
		w.spawn(w.flushSoon)
	}
	return err
}

func (w *Writer) flushSoon() {
	if w.yield() {
		w.flush(1 << 30)
	}
}

// spawn starts a goroutine to write. It starts none after Abort, so that Wait,
// called after Abort, waits for all.
func (w *Writer) spawn(write func()) (started bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		w.writing, w.yields, w.blocked = false, false, false
		w.notify()
		return false
	}
	w.drains.Go(write)
	return true
}

// enqueue queues the frame in b. If mine is true, the caller must write it. With
// a nil ctx it does not wait. With yields, the caller calls WriteDelayed for that.
func (w *Writer) enqueue(ctx context.Context, b *Buffer, yields bool) (mine bool, err error) {
	b.seal()
	n := b.Size()
	if t := len(b.Gap.Text); t > 0 && t < leastSplit && !w.gathers() {
		b.fill()
	}
	w.mu.Lock()
	for w.err == nil && w.pending >= w.limit {
		if ctx == nil {
			if w.pending < w.limit+max(w.limit/4, 1<<20) {
				break
			}
			w.mu.Unlock()
			b.Free()
			return false, ErrFull
		}
		if err := w.wait(ctx); err != nil {
			w.mu.Unlock()
			b.Free()
			return false, err
		}
	}
	if w.err != nil {
		err := w.err
		w.mu.Unlock()
		b.Free()
		return false, err
	}
	w.pending += int64(n)
	if w.pending >= w.half() {
		w.crowded.Store(true)
	}
	if b.Gap.Text != "" && !w.gathers() {
		before, text, behind := b.split()
		w.queue = append(w.queue, before, text, behind)
		w.open = false
	} else if last := len(w.queue) - 1; n <= joinMax && w.open && len(w.queue[last].B)+n <= batchMax {
		w.queue[last].B = append(w.queue[last].B, b.B...)
		b.Free()
	} else {
		w.queue = append(w.queue, b)
		w.open = n <= joinMax
	}
	mine = !w.writing && !w.delays()
	if mine {
		w.writing, w.yields = true, yields
	}
	w.mu.Unlock()
	return mine, nil
}

// half is the number of pending bytes from which on the writer is crowded. It is
// never 0, since the writer would then stay crowded for ever.
func (w *Writer) half() int64 { return (w.limit + 1) / 2 }

// Pending returns the number of bytes queued or being written.
func (w *Writer) Pending() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending
}

// Flush waits until everything has been passed to the system, ctx ends, or
// writing fails.
func (w *Writer) Flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.err == nil && (w.writing || len(w.queue) > 0) {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return w.err
}

// Abort drops the queue and makes all methods return err. The caller then
// closes the connection, which ends a running write, and may Wait for that.
func (w *Writer) Abort(err error) {
	w.mu.Lock()
	dropped := w.abort(err)
	w.mu.Unlock()
	free(dropped)
}

// Wait waits for the end of the goroutine that writes, if there is one.
func (w *Writer) Wait() { w.drains.Wait() }

// abort drops the queue and returns it; w.mu is held.
func (w *Writer) abort(err error) (dropped []*Buffer) {
	if w.err == nil {
		w.err = err
	}
	dropped = w.queue
	w.queue, w.spare, w.open = nil, nil, false
	w.notify()
	return dropped
}

// free frees frames that will not be written any more, whose texts may be lent.
func free(batch []*Buffer) {
	for i, b := range batch {
		b.Free()
		batch[i] = nil
	}
}

func (w *Writer) notify() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// wait waits for a change; w.mu is held before and after.
func (w *Writer) wait(ctx context.Context) error {
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	changed := w.changed
	w.mu.Unlock()
	defer w.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
