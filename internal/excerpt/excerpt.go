// Package excerpt bounds how much of a peer's text is repeated in messages.
package excerpt

import "strings"

// Of returns s, or its first n bytes and "…" if it is longer than n. A character
// that does not fit whole is left out, as is what is not UTF-8.
func Of(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
