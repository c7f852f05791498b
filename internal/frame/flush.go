package frame

import (
	"errors"
	"os"
	"time"
)

// take frees the buffers in done, and returns the next batch. It returns nil,
// and ends writing, if no frames are queued or the writer has an error.
func (w *Writer) take(written int64, done []*Buffer) []*Buffer {
	free(done)
	w.mu.Lock()
	defer w.mu.Unlock()
	if done != nil {
		w.pending -= written
		if w.pending < w.half() {
			w.crowded.Store(false)
		}
		w.spare = done[:0]
		w.notify()
	}
	if len(w.queue) == 0 || w.err != nil {
		w.writing, w.blocked = false, false
		w.notify()
		return nil
	}
	batch := w.queue
	w.queue, w.spare, w.open = w.spare, nil, false
	return batch
}

// flush writes batches as long as the socket accepts them without blocking, at most
// rounds of them.
func (w *Writer) flush(rounds int) {
	var batch []*Buffer
	var written int64
	for round := 0; ; round++ {
		if batch = w.take(written, batch); batch == nil {
			return
		}
		if round == rounds {
			w.handOver(batch, 0, 0)
			return
		}
		written = 0
		for i, b := range batch {
			n, ok, err := w.writeNow(b)
			if err != nil {
				free(batch)
				w.fail(err)
				return
			}
			if !ok || n < b.Size() {
				// The written part of batch still counts as pending, until drain.
				w.handOver(batch, i, n)
				return
			}
			written += int64(n)
		}
	}
}

// handOver leaves batch to a goroutine. The buffers before i, and the bytes
// before off of buffer i, are already written.
func (w *Writer) handOver(batch []*Buffer, i, off int) {
	w.mu.Lock()
	w.blocked = true
	w.notify()
	w.mu.Unlock()
	if !w.spawn(func() { w.drain(batch, i, off) }) {
		free(batch)
	}
}

func (w *Writer) drain(batch []*Buffer, i, off int) {
	for batch != nil {
		var written int64
		for _, b := range batch[:i] {
			written += int64(b.Size())
		}
		for _, b := range batch[i:] {
			for _, p := range b.pieces(off) {
				if err := w.write(p); err != nil {
					free(batch)
					w.fail(err)
					return
				}
			}
			off = 0
			written += int64(b.Size())
		}
		i = 0
		if w.timeout > 0 {
			_ = w.conn.SetWriteDeadline(time.Time{})
		}
		batch = w.take(written, batch)
	}
}

// write writes p, with the timeout for each stretch of it.
func (w *Writer) write(p []byte) error {
	for len(p) > 0 {
		if w.timeout > 0 {
			_ = w.conn.SetWriteDeadline(time.Now().Add(w.timeout))
		}
		now := p
		if !w.raw.works() { // TLS cannot continue after a time-out
			now = p[:min(len(p), stretch)]
		}
		n, err := w.conn.Write(now)
		if err != nil && (n < stretch || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
		p = p[n:]
	}
	return nil
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	w.writing, w.blocked = false, false
	dropped := w.abort(err)
	err = w.err
	w.mu.Unlock()
	free(dropped)
	w.failed(err)
}
