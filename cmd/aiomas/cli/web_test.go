package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

// played is a history of a call, an exception, and a path that would be markup.
func played(most int64) *history {
	h := newHistory(most)
	var tracker record.Tracker
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, e := range []record.Event{
		{Kind: record.Opened, Addrs: [2]string{"127.0.0.1:40000", "127.0.0.1:5555"}},
		{Kind: record.Frame, Data: []byte(`[0, 0, ["add", [1, 2], {}]]`)},
		{Kind: record.Frame, From: record.Server, Data: []byte(`[1, 0, 3]`)},
		{Kind: record.Frame, Data: []byte(`[0, 1, ["<img onerror>", [], {}]]`)},
		{Kind: record.Frame, From: record.Server, Data: []byte(`[2, 1, "Traceback (most recent call last):\nValueError: boom\n"]`)},
	} {
		e.Conn, e.Time = 1, at.Add(time.Duration(i)*time.Millisecond)
		m := tracker.Add(e)
		h.add(&m)
	}
	return h
}

func getPage(t *testing.T, p http.Handler, url string, v any) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if v != nil {
		if err := json.NewDecoder(w.Body).Decode(v); err != nil {
			t.Errorf("%s: %d, %v", url, w.Code, err)
		}
	}
	return w
}

func TestPage(t *testing.T) {
	p := newPage(played(1<<20), "", "x", false)
	var o overview
	getPage(t, p, "http://localhost/api/overview", &o)
	if len(o.Edges) != 1 || o.Edges[0].Calls != 2 || o.Edges[0].Errors != 1 || o.Edges[0].P50 != 1000 || len(o.Paths) != 2 || o.Messages != 4 {
		t.Errorf("%+v", o)
	}
	for url, want := range map[string]string{
		"/api/messages":                   "opened|add(1, 2)|add = 3|<img onerror>()|<img onerror> raised ValueError: boom",
		"/api/messages?text=BOOM":         "<img onerror> raised ValueError: boom",
		"/api/messages?failed=1":          "<img onerror> raised ValueError: boom",
		"/api/messages?path=add":          "add(1, 2)|add = 3",
		"/api/messages?after=0&limit=2":   "add(1, 2)|add = 3",
		"/api/messages?before=3&limit=1":  "add = 3",
		"/api/messages?a=none&b=anything": "",
	} {
		var f found
		getPage(t, p, "http://localhost"+url, &f)
		var texts []string
		for _, m := range f.Messages {
			texts = append(texts, m.Text)
		}
		if got := strings.Join(texts, "|"); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
	var d webDetail
	getPage(t, p, "http://localhost/api/message?seq=1", &d)
	if d.Other != 2 || d.Codec != "json" || !strings.Contains(d.Content, `"args": [1, 2]`) || !strings.HasPrefix(d.Hex, "00000000  5b 30") {
		t.Errorf("%+v", d)
	}
	for url, want := range map[string]int{
		"http://localhost/":                       200,
		"http://localhost/main.js":                200,
		"http://localhost/base.css":               200,
		"http://localhost/icon.svg":               200,
		"http://127.0.0.1:8600/":                  200,
		"http://evil.example/":                    403,
		"http://localhost/api/message?seq=99":     404,
		"http://localhost/api/message?seq=x":      400,
		"http://localhost/api/overview?from=1&to": 200,
	} {
		resp := getPage(t, p, url, nil)
		if resp.Code != want || !strings.HasPrefix(resp.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") {
			t.Errorf("%s: %d, want %d; %v", url, resp.Code, want, resp.Header())
		}
	}
}

// Where a token is demanded, it comes with the first request, and is then a cookie.
func TestPageToken(t *testing.T) {
	p := newPage(played(1<<20), "secret", "x", false)
	for url, want := range map[string]int{"http://a.example/": 403, "http://a.example/?token=wrong": 403, "http://a.example/?token=secret": 303} {
		resp := getPage(t, p, url, nil)
		if resp.Code != want || (want == 303) != (len(resp.Header().Values("Set-Cookie")) == 1) {
			t.Errorf("%s: %d, want %d", url, resp.Code, want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://a.example/api/about", nil)
	r.AddCookie(&http.Cookie{Name: tokenCookie, Value: "secret"})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("with the cookie: %d", w.Code)
	}
}

// However much comes, what is kept is bounded, and the newest is there.
func TestHistoryIsBounded(t *testing.T) {
	const most = 1 << 20
	h := newHistory(most)
	var tracker record.Tracker
	for i := range 20_000 {
		m := tracker.Add(record.Event{Conn: 1, Kind: record.Frame, Time: time.UnixMicro(int64(i)), Data: []byte(`[0, 0, ["add", [1, 2], {}]]`)})
		h.add(&m)
	}
	now := h.now()
	if h.size > most || now.first == 0 || now.next != 20_000 || now.at(19_999) == nil || now.at(0) != nil {
		t.Errorf("%d bytes, messages %d…%d", h.size, now.first, now.next)
	}
}
