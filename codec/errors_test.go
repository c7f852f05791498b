package codec

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAtBuildsThePath(t *testing.T) {
	tests := []struct {
		steps []string // from the inside out
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"[2]", "b", "kwargs"}, "kwargs.b[2]"},
		{[]string{"speed", "[0]", "args"}, "args[0].speed"},
		{[]string{strings.Repeat("é", 40)}, strings.Repeat("é", 32) + "…"},
	}
	for _, tt := range tests {
		var err error = NewDecodeError("reason")
		for _, s := range tt.steps {
			err = At(err, s)
		}
		var de *DecodeError
		if !errors.As(err, &de) || de.Where != tt.want {
			t.Errorf("%v: %v", tt.steps, err)
		}
	}
	if err := errors.New("other"); At(err, "a") != err { //nolint:errorlint // the very same
		t.Error("another error was changed")
	}
}

// The error may be a user's own, shared with others.
func TestAtChangesNoError(t *testing.T) {
	for _, err := range []error{NewEncodeError("reason"), NewDecodeError("reason")} {
		text := err.Error()
		at := At(err, "a")
		if err.Error() != text || at.Error() == text {
			t.Errorf("%v, at a place %v", err, at)
		}
		if wrapped := fmt.Errorf("wrapped: %w", err); At(wrapped, "a") != wrapped { //nolint:errorlint // the very same
			t.Error("an error around it was changed")
		}
	}
}

// The path comes from a peer's message: a deep one with long keys must not
// make an error of megabytes, nor one that is not UTF-8.
func TestAtIsBounded(t *testing.T) {
	for _, key := range []string{"[0]", strings.Repeat("é", 1000), "a" + strings.Repeat("é", 1000), "\xff\xff"} {
		var err error = NewEncodeError("reason")
		for range 1000 {
			err = At(err, key)
		}
		var ee *EncodeError
		if err = At(err, "args"); !errors.As(err, &ee) || len(ee.Where) > 2*maxWhere || !strings.HasPrefix(ee.Where, "args") {
			t.Errorf("%d bytes: %v", len(ee.Where), err)
		}
		if key != "\xff\xff" && !utf8.ValidString(ee.Where) {
			t.Errorf("not UTF-8: %q", ee.Where)
		}
	}
}
