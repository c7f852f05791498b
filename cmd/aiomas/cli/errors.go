package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// The exit codes.
const (
	exitOK         = 0
	exitFailed     = 1 // an error on this side, or a difference in a comparison
	exitUsage      = 2
	exitConnection = 3
	exitRemote     = 4 // the peer raised an exception
	exitTimeout    = 5
)

// usageError is an error in the command line, the configuration file or an environment variable.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// dialError is a failure to connect, for any reason.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// silentError ends a command with an exit code and without a message.
type silentError int

func (e silentError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func exitCode(err error) int {
	var silent silentError
	var remote *aiomas.RemoteError
	switch {
	case errors.As(err, &silent):
		return int(silent)
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.As(err, new(dialError)):
		return exitConnection
	case errors.As(err, &remote):
		return exitRemote
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return exitTimeout
	case errors.Is(err, aiomas.ErrConnection):
		return exitConnection
	}
	return exitFailed
}

// report writes err to stderr and returns the exit code. An exception of the peer is written as Python prints it.
func report(cmd *cobra.Command, err error) int {
	code := exitCode(err)
	var silent silentError
	var remote *aiomas.RemoteError
	stderr := cmd.ErrOrStderr()
	switch {
	case errors.As(err, &silent):
	case errors.As(err, &remote):
		text := exceptionLine(remote.Type, remote.Message)
		if all, _ := cmd.Flags().GetBool("traceback"); all {
			text = strings.TrimRight(remote.Traceback, "\n")
		}
		fmt.Fprintln(stderr, printable(text, true))
	default:
		fmt.Fprintln(stderr, "aiomas:", printable(withoutPrefix(err), true))
		if code == exitUsage {
			fmt.Fprintf(stderr, "%s --help says more\n", cmd.CommandPath())
		}
	}
	return code
}

// withoutPrefix returns the text of err without the library's prefix: the program's name, which is the
// same, stands at the beginning of the line.
func withoutPrefix(err error) string {
	return strings.TrimPrefix(prefixWithin.Replace(err.Error()), "aiomas: ")
}

var prefixWithin = strings.NewReplacer(": aiomas: ", ": ", "\naiomas: ", "\n")

func exceptionLine(typ, message string) string {
	switch {
	case typ == "":
		return message
	case message == "":
		return typ
	}
	return typ + ": " + message
}

// printable makes text of a peer safe for a terminal: it replaces control characters and overrides of the text
// direction. If lines is true, it keeps line breaks.
func printable(s string, lines bool) string {
	clean := func(r rune) bool { return unicode.IsPrint(r) || lines && (r == '\n' || r == '\t') }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if clean(r) {
			b.WriteRune(r)
		} else {
			quoted := fmt.Sprintf("%+q", r)
			b.WriteString(strings.Trim(quoted, "'"))
		}
	}
	return b.String()
}
