// Package webpage has what the pages for browsers share: the headers that confine a page to its
// own server, the colours and basic rules, how numbers are shown, and the icon.
package webpage

import (
	"embed"
	"net/http"
)

//go:embed base.css icon.svg units.js
var files embed.FS

// Files are the names that ServeFile serves.
var Files = []string{"base.css", "icon.svg", "units.js"}

// Confine sets the headers of a response: only content from this server, no inline content,
// no guessed types, nothing kept.
func Confine(head http.Header) {
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cache-Control", "no-store")
}

// ServeFile serves one of [Files].
func ServeFile(rw http.ResponseWriter, r *http.Request, name string) {
	http.ServeFileFS(rw, r, files, name)
}
