package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestBridgeHTTP(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		bridge := start(t, "bridge", "--http", "127.0.0.1:0", "--to", addr)
		bridge.ready(t, bridge.stdout)
		for _, c := range []struct {
			path, body string
			status     int
			want       string
		}{
			{"/add", `[1, 2]`, 200, "3\n"},
			{"/add", `{"a": 1, "b": 2.0}`, 200, "3.0\n"},
			{"/sub/name", ``, 200, "\"sub\"\n"},
			{"/sub/deep/name", `[]`, 200, "\"sub/deep\"\n"},
			{"/add", `3`, 400, `{"message":"want a list of arguments or an object of keyword arguments","type":""}` + "\n"},
			{"/fail", `["ValueError", "boom"]`, 400, `{"message":"boom","type":"ValueError"}` + "\n"},
			{"/fail", `["RuntimeError", "boom"]`, 500, `{"message":"boom","type":"RuntimeError"}` + "\n"},
			{"/none", ``, 404, `{"message":"Name \"none\" not found in \"\"","type":"LookupError"}` + "\n"},
		} {
			status, got := post(t, bridge.addr+c.path, c.body, nil)
			if status != c.status || got != c.want {
				t.Errorf("%s %s: %d %s, want %d %s", c.path, c.body, status, got, c.status, c.want)
			}
		}
		_, got := post(t, bridge.addr+"/add", "[1, 2]", map[string]string{"Accept": "text/event-stream"})
		if got != ": called\n\nevent: result\ndata: 3\n\n" {
			t.Errorf("%q", got)
		}
		_, got = post(t, bridge.addr+"/fail", `["ValueError", "a\nb"]`, map[string]string{"Accept": "text/event-stream"})
		if got != ": called\n\nevent: error\ndata: {\"message\":\"a\\nb\",\"type\":\"ValueError\"}\n\n" {
			t.Errorf("%q", got)
		}
		bridge.stop()
	})
}

// Only who may calls: programs of this machine, no pages of other sites; elsewhere those with the token.
func TestBridgeHTTPAllowed(t *testing.T) {
	mock := start(t, "serve", "--script", writeFile(t, "one: 1\n"))
	mock.ready(t, mock.stdout)
	local := start(t, "bridge", "--http", ":0", "--to", mock.addr)
	local.ready(t, local.stdout)
	open := start(t, "bridge", "--http", "0.0.0.0:0", "--token", "secret", "--to", mock.addr)
	open.ready(t, open.stdout)
	for _, c := range []struct {
		addr   string
		header map[string]string
		status int
	}{
		{local.addr, nil, 200},
		{local.addr, map[string]string{"Host": "evil.example"}, 403},
		{local.addr, map[string]string{"Content-Type": "text/plain"}, 415},
		{open.addr, nil, 403},
		{open.addr, map[string]string{"Authorization": "Bearer wrong"}, 403},
		{open.addr, map[string]string{"Authorization": "Bearer secret"}, 200},
	} {
		if status, got := post(t, c.addr+"/one", "", c.header); status != c.status {
			t.Errorf("%v: %d %s, want %d", c.header, status, got, c.status)
		}
	}
	aiomasCmd(t, "", "bridge", "--http", "0.0.0.0:0", "--to", mock.addr).
		want(t, exitUsage, "", "aiomas: --http 0.0.0.0:0 is open to other machines: that needs --token")
	resp, err := http.Get(local.addr + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var doc struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil || doc.OpenAPI != "3.1.0" || doc.Paths["/{path}"] == nil {
		t.Errorf("%+v, %v", doc, err)
	}
	mock.stop()
	if status, got := post(t, local.addr+"/one", "", nil); status != 502 {
		t.Errorf("without the service: %d %s", status, got)
	}
}

func post(t *testing.T, url, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.Replace(url, "[::]", "127.0.0.1", 1), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header.Set(k, v)
		if k == "Host" {
			req.Host = v
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(got)
}
