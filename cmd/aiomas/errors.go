package main

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
	exitFailed     = 1 // on this side; or what was compared differs
	exitUsage      = 2
	exitConnection = 3
	exitRemote     = 4 // the peer raised
	exitTimeout    = 5
)

// usageError is a wrong command line, configuration file or environment variable.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// dialError says that there is no connection, whatever the reason.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// silentError ends a command with an exit code after it has said all itself.
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

// report writes err to stderr, an exception of the peer as Python would print it, and returns the exit code.
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
		fmt.Fprintln(stderr, "aiomas:", printable(strings.TrimPrefix(err.Error(), "aiomas: "), true))
		if code == exitUsage {
			fmt.Fprintf(stderr, "%s --help says more\n", cmd.CommandPath())
		}
	}
	return code
}

func exceptionLine(typ, message string) string {
	switch {
	case typ == "":
		return message
	case message == "":
		return typ
	}
	return typ + ": " + message
}

// printable is text of a peer made fit for a terminal: no control characters, no overrides of the direction of text.
// lines tells that line breaks may stay.
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
