package errtext

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

// lost is an error of a type that callers look for.
type lost struct{ error }

func (l lost) Error() string { return "aiomas: lost: " + l.error.Error() }
func (l lost) Unwrap() error { return l.error }

func TestOnePrefix(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{Errorf("aiomas: start of %s: %w", "x", lost{io.EOF}), "aiomas: start of x: lost: EOF"},
		{Errorf("fleet: %w", Errorf("aiomas: dial: %w", lost{io.EOF})), "fleet: dial: lost: EOF"},
		{Errorf("aiomas: %w: %w", io.EOF, lost{io.ErrUnexpectedEOF}), "aiomas: EOF: lost: unexpected EOF"},
		{Errorf("fleet: %v", errors.New("fleet: no")), "fleet: no"},
		{fmt.Errorf("%s", Of(nil)), "<nil>"},
		{errors.New(Of(errors.New("of aiomas: "))), "of aiomas: "},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, not %q", c.err, c.want)
		}
	}
	err := Errorf("fleet: %w", lost{io.EOF})
	if found, ok := asLost(err); !errors.Is(err, io.EOF) || !ok || !errors.Is(found.error, io.EOF) {
		t.Errorf("%v does not wrap what it includes", err)
	}
}

func asLost(err error) (found lost, ok bool) {
	ok = errors.As(err, &found)
	return found, ok
}
