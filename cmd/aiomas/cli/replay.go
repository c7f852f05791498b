package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

func newReplay() *cobra.Command {
	var f connFlags
	var to string
	var fast bool
	var ignore []string
	cmd := &cobra.Command{
		Use:   "replay FILE --to ADDR",
		Short: "Send recorded requests again and compare the answers",
		Long: `replay makes the connections of a recording again, sends the requests of the clients, and compares the answers with the
recorded ones: a regression test of a service that is being rewritten. Requests are sent at their recorded pace, or with
--fast as soon as all replies have come that had come before. What the server asks in turn is answered as it was recorded.
The exit code is 1 if an answer differs. With --codec the requests are written in another codec than the recorded one.`,
		Args: wants(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPatterns("ignore", ignore); err != nil {
				return err
			}
			if to == "" {
				return usagef("--to ADDRESS is missing")
			}
			if err := f.resolve(cmd, to); err != nil {
				return err
			}
			all, err := conversations(cmd, args[0], int64(f.maxFrame))
			if err != nil {
				return err
			}
			return f.replay(cmd, all, fast, ignore)
		},
	}
	f.add(cmd, 30*time.Second)
	cmd.Flags().Lookup("codec").Usage = "`codec`: json, msgpack, msgpack-blosc, or auto, which is the recorded one"
	cmd.Flags().Lookup("timeout").Usage = "`time` to connect, and for the reply to the last request"
	cmd.Flags().StringVar(&to, "to", "", "`address` of the service")
	cmd.Flags().BoolVar(&fast, "fast", false, "do not wait for the recorded pace")
	cmd.Flags().StringArrayVar(&ignore, "ignore", nil, "do not compare paths that match a `pattern`; can be repeated")
	return cmd
}

// replayed is a conversation that is repeated.
type replayed struct {
	*conversation
	flags  *connFlags
	conn   net.Conn
	codec  codec.Codec
	mu     sync.Mutex
	change *sync.Cond
	count  int // messages of the server so far
	got    map[int64]record.Message
	ended  error
	asked  map[string]int // requests of the server, by key
	write  sync.Mutex
}

func (f *connFlags) replay(cmd *cobra.Command, all []*conversation, fast bool, ignore []string) error {
	var begin time.Time
	for _, c := range all {
		for _, x := range c.asked[record.Client] {
			if begin.IsZero() || x.request.Time.Before(begin) {
				begin = x.request.Time
			}
		}
	}
	start := time.Now()
	var wg sync.WaitGroup
	held := make([]*replayed, len(all))
	errs := make([]error, len(all))
	for i, c := range all {
		r := &replayed{conversation: c, flags: f, got: map[int64]record.Message{}, asked: map[string]int{}}
		r.change = sync.NewCond(&r.mu)
		held[i] = r
		wg.Go(func() {
			due := func(at time.Time) time.Duration { return time.Until(start.Add(at.Sub(begin))) }
			if fast {
				due = func(time.Time) time.Duration { return 0 }
			}
			errs[i] = r.hold(cmd.Context(), due)
		})
	}
	wg.Wait()
	return f.reportReplay(cmd, held, errs, ignore)
}

func (f *connFlags) reportReplay(cmd *cobra.Command, held []*replayed, errs []error, ignore []string) error {
	same, different := 0, 0
	out := cmd.OutOrStdout()
	for _, r := range held {
		for _, x := range r.conversation.asked[record.Client] {
			if matches(ignore, x.request.Path) {
				continue
			}
			var reply *record.Message
			if m, ok := r.got[x.request.ID]; ok {
				reply = &m
			}
			was, is := said(x.reply), said(reply)
			if was == is {
				same++
				continue
			}
			different++
			fmt.Fprintf(out, "#%d %d %s\n  was: %s\n  is:  %s\n", r.conversation.conn, x.request.ID,
				printable(x.key(), false), printable(was, false), printable(is, false))
		}
	}
	fmt.Fprintf(out, "%d answers the same, %d different\n", same, different)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if different > 0 {
		return silentError(exitFailed)
	}
	return nil
}

// hold sends the requests of the client and reads until all their replies have arrived.
func (r *replayed) hold(ctx context.Context, due func(time.Time) time.Duration) error {
	requests := r.conversation.asked[record.Client]
	if len(requests) == 0 {
		return nil
	}
	r.codec = record.CodecByName(r.flags.codecName)
	for _, x := range requests {
		if r.codec == nil {
			r.codec = x.request.Codec
		}
	}
	if r.codec == nil {
		return fmt.Errorf("connection %d of the recording has no known codec", r.conversation.conn)
	}
	conn, err := r.flags.dialConn(ctx, r.flags.address)
	if err != nil {
		return dialError{err}
	}
	r.conn = conn
	var reading sync.WaitGroup
	reading.Go(r.read)
	defer reading.Wait()
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for _, x := range requests {
		if d := due(x.request.Time); d > 0 && !wait(ctx, d) {
			return ctx.Err()
		}
		if !r.until(func() bool { return r.count >= x.after }) {
			return r.ended
		}
		if err := r.send(x.request); err != nil {
			return err
		}
	}
	r.until(func() bool { return r.answered(requests) })
	return nil
}

// answered reports whether all recorded replies have arrived.
func (r *replayed) answered(requests []*exchange) bool {
	for _, x := range requests {
		if _, ok := r.got[x.request.ID]; !ok && x.reply != nil {
			return false
		}
	}
	return true
}

// until waits until ok returns true, and reports whether it did. It returns false if the connection ends or the
// timeout passes.
func (r *replayed) until(ok func() bool) bool {
	late := false
	if r.flags.timeout > 0 {
		t := time.AfterFunc(r.flags.timeout, func() {
			r.mu.Lock()
			late = true
			r.mu.Unlock()
			r.change.Broadcast()
		})
		defer t.Stop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for !ok() && !late && r.ended == nil {
		r.change.Wait()
	}
	if late && r.ended == nil {
		r.ended = context.DeadlineExceeded
	}
	return ok()
}

func (r *replayed) send(m record.Message) error {
	payload, err := recode(m, r.codec)
	if err != nil {
		return fmt.Errorf("request %d of connection %d: %w", m.ID, m.Conn, err)
	}
	f, err := frame.Append(nil, payload)
	if err != nil {
		return err
	}
	r.write.Lock()
	defer r.write.Unlock()
	_, err = r.conn.Write(f)
	return err
}

// recode returns the payload of a message in another codec.
func recode(m record.Message, c codec.Codec) ([]byte, error) {
	if m.Codec == c || m.Codec == nil {
		return m.Data, nil
	}
	parsed, err := m.Codec.ParseMessage(m.Data, codec.Limits{})
	if err != nil {
		return nil, err
	}
	var content any
	if err := parsed.Decode(m.Codec, &content, all); err != nil {
		return nil, err
	}
	return c.AppendMessage(nil, parsed.Type, parsed.ID, content, nil)
}

// read handles replies, and answers the server's requests, until the connection ends.
func (r *replayed) read() {
	in := frame.NewReader(bufio.NewReader(r.conn), int64(r.flags.maxFrame))
	tracker := record.Tracker{Codec: r.codec}
	for {
		f, err := in.Next()
		if err != nil {
			r.mu.Lock()
			r.ended = err
			r.mu.Unlock()
			r.change.Broadcast()
			return
		}
		m := tracker.Add(record.Event{Kind: record.Frame, From: record.Server, Data: append([]byte(nil), f[frame.HeaderSize:]...)})
		r.mu.Lock()
		r.count++
		if m.Envelope && m.Type != codec.Request {
			r.got[m.ID] = m
		}
		r.mu.Unlock()
		r.change.Broadcast()
		if m.Envelope && m.Type == codec.Request {
			r.answer(&m)
		}
	}
}

// answer answers as the recorded client did: the n-th request of a kind with its n-th recorded reply.
func (r *replayed) answer(m *record.Message) {
	key := (&exchange{request: *m}).key()
	n := r.asked[key]
	r.asked[key]++
	for _, x := range r.conversation.asked[record.Server] {
		if x.reply == nil || x.key() != key {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		content := x.reply.Content
		if payload, err := r.codec.AppendMessage(nil, x.reply.Type, m.ID, content, nil); err == nil {
			r.writeFrame(payload)
			return
		}
	}
	text := "Traceback (most recent call last):\nLookupError: this was not asked when it was recorded\n"
	if payload, err := r.codec.AppendMessage(nil, codec.Exception, m.ID, text, nil); err == nil {
		r.writeFrame(payload)
	}
}

func (r *replayed) writeFrame(payload []byte) {
	f, err := frame.Append(nil, payload)
	if err != nil {
		return
	}
	r.write.Lock()
	defer r.write.Unlock()
	_, _ = r.conn.Write(f) // the reader sees the end of the connection
}
