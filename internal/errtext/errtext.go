// Package errtext makes the texts of errors that include other errors of this module: a
// text has one prefix, "aiomas: " or another one, at its beginning.
package errtext

import (
	"fmt"
	"slices"
	"strings"
)

var prefixes = []string{"aiomas: ", "fleet: "}

// Of returns the text of err without the prefix.
func Of(err error) string {
	text := fmt.Sprint(err) // err may be nil
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return rest
		}
	}
	return text
}

// Errorf is fmt.Errorf, except that the texts of errors in args are without the prefix.
func Errorf(format string, args ...any) error {
	args = slices.Clone(args)
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = included{err}
		}
	}
	return fmt.Errorf(format, args...)
}

// included is an error within the text of another one.
type included struct{ error }

func (e included) Error() string { return Of(e.error) }
func (e included) Unwrap() error { return e.error }
