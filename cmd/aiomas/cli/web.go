package cli

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec/record"
	"github.com/aiomas-go/aiomas-go/internal/webpage"
)

//go:embed web
var webFiles embed.FS

// webFlags has the address of the page and the size of its history.
type webFlags struct {
	listen, token string
	flag          string // name of the flag for listen
	keep          size
}

func (w *webFlags) add(cmd *cobra.Command, name, listen string) {
	w.flag, w.keep = "--"+name, 256<<20
	flags := cmd.Flags()
	flags.StringVar(&w.listen, name, listen, "`address` to serve the page on, host:port or :port, of this machine unless there is a token")
	flags.Var(&w.keep, "keep", "how much of the newest messages is kept for the page, in `bytes`")
	flags.StringVar(&w.token, "token", os.Getenv("AIOMAS_TOKEN"), "`token` that the page demands: open http://host:port/?token=TOKEN (default the environment's AIOMAS_TOKEN)")
	flags.Lookup("token").DefValue = ""
}

func newWeb() *cobra.Command {
	var f connFlags
	var w webFlags
	var format string
	cmd := &cobra.Command{
		Use:   "web RECORDING",
		Short: "Show a recording in a browser",
		Long: `web serves a page on which a recording can be looked at: which program calls which, how often and how fast; a sequence
diagram of any time, with the content of each message; the paths with their percentiles; a search. What "aiomas decode"
reads can be looked at: recordings, captures of packets, bytes. "ready ADDRESS" goes to stderr.

"aiomas tap --web" serves the same page while messages come.`,
		Example: `  aiomas web today.rec
  tcpdump -i lo -w - tcp port 5555 | aiomas web -`,
		Args: wants(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := settle(cmd, ""); err != nil {
				return err
			}
			in, err := f.openMessages(cmd, args)
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }()
			h := newHistory(int64(w.keep))
			err = f.readMessages(in, format, func(m record.Message) error {
				h.add(&m)
				return nil
			})
			if err != nil {
				return err
			}
			ln, err := w.open(cmd, "ready")
			if err != nil {
				return err
			}
			return w.serve(cmd.Context(), ln, h, filepath.Base(args[0]), false)
		},
	}
	f.addCodec(cmd)
	w.add(cmd, "listen", ":8600")
	cmd.Flags().StringVar(&format, "format", auto, "`format`: recording, pcap, hex, raw, or auto")
	return cmd
}

// open listens, and prints word and the URL.
func (w *webFlags) open(cmd *cobra.Command, word string) (net.Listener, error) {
	ln, err := listenHTTP(cmd.Context(), w.flag, w.listen, w.token)
	if err == nil {
		fmt.Fprintln(cmd.ErrOrStderr(), word, "http://"+ln.Addr().String())
	}
	return ln, err
}

// serve serves the page until ctx ends. live means that further messages may arrive.
func (w *webFlags) serve(ctx context.Context, ln net.Listener, h *history, title string, live bool) error {
	return serveUntil(ctx, ln, newPage(h, w.token, title, live))
}

// while serves the page until ctx ends, if an address is set. look keeps a message for the page, and end waits until
// the page is no longer served.
func (w *webFlags) while(ctx context.Context, cmd *cobra.Command, routes []route) (look func(*record.Message), end func(), err error) {
	if w.listen == "" {
		return func(*record.Message) {}, func() {}, nil
	}
	ln, err := w.open(cmd, "page")
	if err != nil {
		return nil, nil, err
	}
	title := routes[0].to
	if len(routes) > 1 {
		title += " … " + routes[len(routes)-1].to
	}
	ctx, cancel := context.WithCancel(ctx)
	h := newHistory(int64(w.keep))
	var served sync.WaitGroup
	served.Go(func() {
		if err := w.serve(ctx, ln, h, title, true); err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "aiomas: the page has ended:", err)
		}
	})
	return h.add, func() { cancel(); served.Wait() }, nil
}

// page serves the page and its resources.
type page struct {
	token string
	mux   http.ServeMux
}

func newPage(h *history, token, title string, live bool) *page {
	p := &page{token: token}
	files, err := fs.Sub(webFiles, "web")
	if err != nil {
		panic(err) // the folder is embedded
	}
	p.mux.Handle("GET /", http.FileServerFS(files))
	for _, name := range webpage.Files {
		p.mux.HandleFunc("GET /"+name, func(rw http.ResponseWriter, r *http.Request) { webpage.ServeFile(rw, r, name) })
	}
	p.mux.HandleFunc("GET /api/about", func(rw http.ResponseWriter, _ *http.Request) {
		sendJSON(rw, map[string]any{"title": title, "live": live})
	})
	p.mux.HandleFunc("GET /api/overview", func(rw http.ResponseWriter, r *http.Request) {
		n := numbers{r: r}
		from, to, last := n.get("from", 0), n.get("to", 0), n.get("last", 0)
		if n.failed(rw) {
			return
		}
		now := h.now()
		if last > 0 {
			_, end := now.span()
			from, to = end-last, end
		}
		sendJSON(rw, now.overview(from, to))
	})
	p.mux.HandleFunc("GET /api/messages", func(rw http.ResponseWriter, r *http.Request) {
		n := numbers{r: r}
		v := r.URL.Query()
		q := query{
			from: n.get("from", 0), to: n.get("to", 0), before: n.get("before", -1), after: n.get("after", -1),
			text: v.Get("text"), path: v.Get("path"), edge: [2]string{v.Get("a"), v.Get("b")}, failed: v.Get("failed") != "",
			limit: int(min(max(n.get("limit", maxLines), 1), maxLines)),
		}
		if n.failed(rw) {
			return
		}
		now := h.now()
		sendJSON(rw, now.find(q))
	})
	p.mux.HandleFunc("GET /api/message", func(rw http.ResponseWriter, r *http.Request) {
		n := numbers{r: r}
		seq := n.get("seq", -1)
		if n.failed(rw) {
			return
		}
		now := h.now()
		if d := now.detail(seq); d != nil {
			sendJSON(rw, d)
			return
		}
		http.Error(rw, "the message is not kept any more", http.StatusNotFound)
	})
	return p
}

// maxLines is the most messages in one response.
const maxLines = 500

// ServeHTTP handles requests that are allowed.
func (p *page) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	webpage.Confine(rw.Header())
	switch given := r.URL.Query().Get("token"); {
	case !allowedHost(r, p.token):
		http.Error(rw, "the name of the host is not that of this machine", http.StatusForbidden)
	case p.token != "" && given != "" && sameToken(given, p.token):
		// The cookie makes the token unnecessary in the address, which browsers show and store.
		http.SetCookie(rw, &http.Cookie{Name: tokenCookie, Value: given, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(rw, r, "/", http.StatusSeeOther)
	case !hasToken(r, p.token) && !hasCookie(r, p.token):
		http.Error(rw, "not allowed: open /?token=TOKEN", http.StatusForbidden)
	default:
		p.mux.ServeHTTP(rw, r)
	}
}

const tokenCookie = "aiomas-token"

func hasCookie(r *http.Request, token string) bool {
	c, err := r.Cookie(tokenCookie)
	return err == nil && sameToken(c.Value, token)
}

// numbers parses the numeric parameters of a request.
type numbers struct {
	r   *http.Request
	err error
}

func (n *numbers) get(name string, def int64) int64 {
	s := n.r.URL.Query().Get(name)
	if s == "" {
		return def
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		n.err = cmp.Or(n.err, fmt.Errorf("%s=%q is no number", name, s))
	}
	return v
}

func (n *numbers) failed(rw http.ResponseWriter) bool {
	if n.err != nil {
		http.Error(rw, n.err.Error(), http.StatusBadRequest)
	}
	return n.err != nil
}

func sendJSON(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(v) // the client has disconnected
}
