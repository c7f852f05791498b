// Package excerpt bounds how much of a peer's text is repeated in messages.
package excerpt

import "strings"

// Of returns s, or its first n bytes and "…" if it is longer. An incomplete character at the end, and
// invalid UTF-8, are removed.
func Of(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
