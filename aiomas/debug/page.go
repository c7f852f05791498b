package debug

import (
	"embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/webpage"
)

//go:embed page
var files embed.FS

// ServeHTTP serves the page and its resources, at any place where it is mounted: the last
// element of the path selects the resource.
func (m *Monitor) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	head := rw.Header()
	webpage.Confine(head)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(rw, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if slices.Contains(webpage.Files, name) {
		webpage.ServeFile(rw, r, name)
		return
	}
	switch name {
	case "metrics":
		head.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = rw.Write(m.exposition()) // the client has disconnected
	case "state":
		head.Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(m.state())
	case "":
		http.ServeFileFS(rw, r, files, "page/index.html")
	case "debug.js", "tables.js", "debug.css":
		http.ServeFileFS(rw, r, files, "page/"+name)
	default:
		http.NotFound(rw, r)
	}
}
