package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// printer prints messages. It is safe for concurrent use.
type printer struct {
	view   *view
	out    io.Writer
	width  int
	colors bool

	mu    sync.Mutex
	stats *statistics
}

func (v *view) printer(cmd *cobra.Command) *printer {
	p := &printer{view: v, out: cmd.OutOrStdout(), width: v.width, stats: newStatistics()}
	file, ok := p.out.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	if p.width < 0 {
		p.width = 0
		if terminal {
			if w, _, err := term.GetSize(int(file.Fd())); err == nil {
				p.width = w
			}
		}
	}
	p.colors = !v.asJSON && (v.color == "always" || v.color == "auto" && terminal && os.Getenv("NO_COLOR") == "")
	return p
}

// The colours of a terminal.
const (
	plain  = "\x1b[0m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
)

// print counts a message, and prints it unless it is filtered.
func (p *printer) print(m record.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.add(&m)
	if !p.view.shows(&m) {
		return nil
	}
	var text []byte
	if p.view.asJSON {
		text = append(jsonLine(&m, p.view.raw), '\n')
	} else {
		text = append([]byte(p.line(&m)), '\n')
		if p.view.raw && len(m.Data) > 0 {
			text = append(text, hex.Dump(m.Data)...)
		}
	}
	_, err := p.out.Write(text)
	return err
}

// summary prints the counts.
func (p *printer) summary() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view.asJSON {
		fmt.Fprintf(p.out, "%s\n", p.stats.json())
		return
	}
	fmt.Fprint(p.out, p.stats.text())
}

// line returns a message as a line for readers.
func (p *printer) line(m *record.Message) string {
	arrow := "→"
	if m.From == record.Server {
		arrow = "←"
	}
	head := fmt.Sprintf("%s #%d %s ", m.Time.Format("15:04:05.000000"), m.Conn, arrow)
	var color, body, tail string
	switch m.Kind {
	case record.Opened:
		head = fmt.Sprintf("%s #%d ", m.Time.Format("15:04:05.000000"), m.Conn)
		color, body = dim, fmt.Sprintf("opened by %s to %s", whole(m, record.Client), whole(m, record.Server))
	case record.Ended:
		color, body = dim, "ended: "+m.Reason
	case record.Rest:
		color, body = red, fmt.Sprintf("%d bytes that are no message: %.40q", len(m.Data), m.Data)
	default:
		color, body = describe(m)
		tail = fmt.Sprintf("  %s", byteCount(len(m.Data)))
		if m.Answers {
			tail = fmt.Sprintf("  %s%s", duration(m.Latency), tail)
		}
	}
	body = printable(body, false)
	if p.width > 0 {
		body = cut(body, p.width-utf8.RuneCountInString(head)-utf8.RuneCountInString(tail))
	}
	if !p.colors {
		return head + body + tail
	}
	return dim + head + plain + color + body + plain + dim + tail + plain
}

// whole returns an end of a connection that was opened, with its program if that is known.
func whole(m *record.Message, side record.Side) string {
	if m.Names[side] == "" {
		return m.Addrs[side]
	}
	return m.Names[side] + " (" + m.Addrs[side] + ")"
}

// describe returns the content of a message: id, path, content.
func describe(m *record.Message) (color, text string) {
	id := strconv.FormatInt(m.ID, 10)
	switch {
	case m.Err != nil && !m.Envelope:
		return red, fmt.Sprintf("cannot be decoded (%v): %.40q", m.Err, m.Data)
	case m.Err != nil:
		return red, fmt.Sprintf("%s %s %s cannot be decoded: %v", id, m.Type, m.Path, m.Err)
	case m.IsCall:
		return cyan, id + " " + m.Path + "(" + arguments(m) + ")"
	case m.Type == codec.Request:
		return cyan, id + " request " + inline(m.Content)
	}
	path := m.Path
	if path != "" {
		path = " " + path
	}
	if m.Type == codec.Result {
		return green, id + path + " = " + inline(m.Content)
	}
	if e := m.Exception; e.Type != "" || e.Message != "" {
		return red, id + path + " raised " + exceptionLine(e.Type, e.Message)
	}
	return red, id + path + " raised " + inline(m.Content)
}

func arguments(m *record.Message) string {
	var parts []string
	for _, a := range m.Args {
		parts = append(parts, inline(a))
	}
	for _, e := range m.Kwargs {
		k, _ := e.Key.(string)
		parts = append(parts, k+"="+inline(e.Value))
	}
	return strings.Join(parts, ", ")
}

// inline returns a value for use within a line.
func inline(v any) string {
	var p pretty
	p.flat = true
	if err := p.value(toForms(v, -1), ""); err != nil {
		return fmt.Sprint(v)
	}
	return p.out.String()
}

// cut shortens a line to n characters.
func cut(s string, n int) string {
	n = max(n, 10)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n-1]) + "…"
}

func byteCount(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// jsonLine returns a message as a line of JSON for programs.
func jsonLine(m *record.Message, raw bool) []byte {
	d := codec.Dict{}
	set := func(key string, v any) { d = append(d, codec.Entry{Key: key, Value: v}) }
	set("time", m.Time.UTC().Format(time.RFC3339Nano))
	set("conn", m.Conn)
	switch m.Kind {
	case record.Opened:
		set("type", "opened")
		set("client", m.Addrs[record.Client])
		set("server", m.Addrs[record.Server])
		for side, key := range []string{"client_program", "server_program"} {
			if m.Names[side] != "" {
				set(key, m.Names[side])
			}
		}
	case record.Ended:
		set("from", m.From.String())
		set("type", "ended")
		set("reason", m.Reason)
	case record.Rest:
		set("from", m.From.String())
		set("type", "rest")
		set("size", len(m.Data))
	case record.Frame:
		set("from", m.From.String())
		d = append(d, contentOf(m)...)
		set("size", len(m.Data))
		if m.Codec != nil {
			set("codec", m.Codec.Name())
		}
	}
	if raw && m.Data != nil {
		set("hex", hex.EncodeToString(m.Data))
	}
	line, err := codec.Marshal(json.Codec, d, nil)
	if err != nil { // a value that JSON cannot represent even so
		return fmt.Appendf(nil, `{"conn": %d, "type": "error", "error": %q}`, m.Conn, err.Error())
	}
	return line
}

func contentOf(m *record.Message) (d codec.Dict) {
	set := func(key string, v any) { d = append(d, codec.Entry{Key: key, Value: v}) }
	if !m.Envelope {
		set("type", "undecodable")
		set("error", m.Err.Error())
		return d
	}
	set("type", strings.ToLower(m.Type.String()))
	set("id", m.ID)
	if m.Path != "" {
		set("path", m.Path)
	}
	if m.Answers {
		set("ms", float64(m.Latency.Microseconds())/1000)
	}
	switch {
	case m.Err != nil:
		set("error", m.Err.Error())
	case m.IsCall:
		set("args", toForms(append([]any{}, m.Args...), -1))
		set("kwargs", toForms(m.Kwargs, -1))
	case m.Type == codec.Exception:
		set("exception", codec.Dict{{Key: "type", Value: m.Exception.Type}, {Key: "message", Value: m.Exception.Message}})
		set("content", toForms(m.Content, -1))
	default:
		set("content", toForms(m.Content, -1))
	}
	return d
}
