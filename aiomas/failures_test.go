package aiomas_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// listFailures are errors as mosaik's peers send them.
type listFailures struct{}

func (listFailures) Write(f aiomas.Failure) any {
	list := []any{f.Type, f.Message}
	for line := range strings.SplitAfterSeq(f.Traceback, "\n") {
		if line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (listFailures) Read(content codec.Value, e *aiomas.RemoteError) error {
	var list []string
	if err := content.Decode(&list); err != nil {
		return err
	}
	if len(list) < 2 {
		return errors.New("too short")
	}
	e.Type, e.Message, e.Traceback = "listed."+list[0], list[1], strings.Join(list[2:], "")
	return nil
}

func TestFailuresAreWritten(t *testing.T) {
	const text = `"Traceback (most recent call last):\n", "  File \"<go>\", line 1, in %s\n", "%s\n"`
	for _, c := range []struct{ request, want string }{
		{`["fails", [], {}]`, `["ValueError", "too small", ` + fmt.Sprintf(text, "fails", "ValueError: too small") + `]`},
		{`["panics", [], {}]`, `["RuntimeError", "panic: oh", ` + fmt.Sprintf(text, "panics", "RuntimeError: panic: oh") + `]`},
		{`["nothing", [], {}]`, `["LookupError", "Name \"nothing\" not found in \"\"", ` + fmt.Sprintf(text, "nothing", `LookupError: Name \"nothing\" not found in \"\"`) + `]`},
		// Refused by the reader goroutine.
		{`["fails", ["\ud8"]]`, `["ValueError", "the request cannot be read`},
	} {
		_, raw := newRawClient(t, failing(), aiomas.WithFailures(listFailures{}))
		raw.send(`[0, 3, ` + c.request + `]`)
		if got := raw.recv(); !strings.HasPrefix(got, `[2, 3, `+c.want) {
			t.Errorf("%s\ngot  %s\nwant [2, 3, %s", c.request, got, c.want)
		}
	}
}

func TestFailuresOfAChannel(t *testing.T) {
	ch, raw := newRawChannel(t, aiomas.WithFailures(listFailures{}))
	raw.send(`[0, 0, "x"]`)
	r, err := ch.Recv(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Fail(t.Context(), aiomas.KeyError.New("'a'")); err != nil {
		t.Fatal(err)
	}
	raw.expect(`[2, 0, ["KeyError", "'a'", "Traceback (most recent call last):\n", "KeyError: 'a'\n"]]`)
}

func TestFailuresAreRead(t *testing.T) {
	for _, c := range []struct {
		content, typ, message, text string
		form                        aiomas.Failures
	}{
		{`["ValueError", "m", "a\n", "b\n"]`, "listed.ValueError", "m", "a\nb\n", listFailures{}},
		// What the form does not know is read as ever.
		{`"Traceback (most recent call last):\nKeyError: 'k'\n"`, "KeyError", "'k'", "Traceback (most recent call last):\nKeyError: 'k'\n", listFailures{}},
		{`["ValueError"]`, "ValueError", "", "", listFailures{}},
		{`["ValueError", "m", "a\n", "b\n"]`, "ValueError", "m", "a\nb\n", nil},
		{`17`, "", "17", "17", nil},
		{`null`, "", "None", "None", nil},
	} {
		client, raw := newRawClient(t, nil, aiomas.WithFailures(c.form))
		p := client.Remote("f").Go(t.Context(), nil)
		raw.recv()
		raw.send(`[2, 0, ` + c.content + `]`)
		var e *aiomas.RemoteError
		if err := p.Wait(t.Context()); !errors.As(err, &e) {
			t.Fatalf("%s: %v", c.content, err)
		}
		if e.Type != c.typ || e.Message != c.message || e.Traceback != c.text || e.Path != "f" || e.Origin == "" {
			t.Errorf("%s is read as %+v", c.content, *e)
		}
	}
}

// badFailures cannot be written, each in its own way.
type badFailures struct{ content func() any }

func (b badFailures) Write(aiomas.Failure) any                  { return b.content() }
func (badFailures) Read(codec.Value, *aiomas.RemoteError) error { return errors.New("no") }

// A request is answered also when the form of the answer fails.
func TestFailuresThatFail(t *testing.T) {
	for name, content := range map[string]func() any{
		"unfit":  func() any { return make(chan int) },
		"panics": func() any { panic("in Write") },
		"large":  func() any { return strings.Repeat("x", 5000) },
	} {
		for _, f := range []string{"fails", "panics"} {
			t.Run(name+" "+f, func(t *testing.T) {
				_, raw := newRawClient(t, failing(), aiomas.WithFailures(badFailures{content}), aiomas.WithLimits(aiomas.Limits{FrameOut: 4096}))
				raw.send(`[0, 1, ["` + f + `", [], {}]]`)
				if got := raw.recv(); !strings.HasPrefix(got, `[2, 1, "Traceback (most recent call last):\n`) {
					t.Error(got)
				}
				raw.send(`[0, 2, ["works", [], {}]]`)
				raw.expect(`[1, 2, 1]`)
			})
		}
	}
}

func failing() *aiomas.Router {
	r := aiomas.NewRouter()
	r.Expose("fails", func() error { return aiomas.ValueError.New("too small") })
	r.Expose("panics", func() { panic("oh") })
	r.Expose("works", func() int { return 1 })
	return r
}
