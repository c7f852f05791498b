package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// gateway exposes a service over HTTP: POST /path with arguments in JSON.
type gateway struct {
	flags *connFlags
	cmd   *cobra.Command
	token string // if empty, only programs of this machine have access
	title string

	mu   sync.Mutex
	peer *peer
}

// serveHTTP serves until the command is interrupted.
func (f *connFlags) serveHTTP(cmd *cobra.Command, listen, token string) error {
	ln, err := listenHTTP(cmd.Context(), "--http", listen, token)
	if err != nil {
		return err
	}
	g := &gateway{flags: f.toSide(), cmd: cmd, token: token, title: f.address}
	defer g.drop(nil)
	fmt.Fprintln(cmd.OutOrStdout(), "ready http://"+ln.Addr().String())
	return serveUntil(cmd.Context(), ln, g)
}

// ServeHTTP handles one request.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	path := strings.Trim(r.URL.Path, "/")
	switch {
	case !allowedHost(r, g.token) || !hasToken(r, g.token):
		problem(w, http.StatusForbidden, "", "not allowed: the token, or the name of the host, is not the right one")
	case r.Method == http.MethodGet && (path == "" || path == "openapi.json"):
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI(g.title, g.token != "")) // the client has disconnected
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		problem(w, http.StatusMethodNotAllowed, "", "functions are called by POST")
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		// Browsers do not send this from pages of other sites without a preflight request.
		problem(w, http.StatusUnsupportedMediaType, "", "want Content-Type: application/json")
	default:
		g.call(w, r, path)
	}
}

func (g *gateway) call(w http.ResponseWriter, r *http.Request, path string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(g.flags.maxFrame)))
	if err != nil {
		problem(w, http.StatusRequestEntityTooLarge, "", err.Error())
		return
	}
	call, err := httpCall(path, body)
	if err != nil {
		problem(w, http.StatusBadRequest, "", err.Error())
		return
	}
	ctx, cancel := g.flags.deadline(r.Context())
	defer cancel()
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		g.events(ctx, w, call)
		return
	}
	line, err := g.send(ctx, call)
	if err != nil {
		status, typ, message := httpError(err)
		problem(w, status, typ, message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(line, '\n')) // the client has disconnected
}

// httpCall parses a body: a list of arguments, a dict of keyword arguments, or nothing.
func httpCall(path string, body []byte) (*codec.Call, error) {
	call := &codec.Call{Path: path, Args: []any{}, Kwargs: map[string]any{}}
	if len(strings.TrimSpace(string(body))) == 0 {
		return call, nil
	}
	v, err := parseJSON(body)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any:
		call.Args = v
	case codec.Dict:
		for _, e := range v {
			k, ok := e.Key.(string)
			if !ok {
				return nil, errors.New("a keyword is no text")
			}
			call.Kwargs[k] = e.Value
		}
	default:
		return nil, errors.New("want a list of arguments or an object of keyword arguments")
	}
	return call, nil
}

// send makes the call on the open connection, or on a new one.
func (g *gateway) send(ctx context.Context, call *codec.Call) ([]byte, error) {
	p, err := g.connected(ctx)
	if err != nil {
		return nil, err
	}
	c := *call
	c.Path = p.prefix + c.Path
	var result any
	if err := p.ch.Send(ctx, &c, &result); err != nil {
		if errors.Is(err, aiomas.ErrConnection) {
			g.drop(p)
		}
		return nil, err
	}
	return formatJSON(result, p.proxies)
}

func (g *gateway) connected(ctx context.Context) (*peer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.peer != nil && g.peer.ch.Err() == nil {
		return g.peer, nil
	}
	p, err := g.flags.dial(ctx, g.cmd)
	if err != nil {
		return nil, err
	}
	g.peer = p
	return p, nil
}

// drop closes the connection p, or the open one if p is nil.
func (g *gateway) drop(p *peer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.peer != nil && (p == nil || p == g.peer) {
		_ = g.peer.ch.Close()
		g.peer = nil
	}
}

// aliveEvery is the interval of comments to a client that waits for a long call.
const aliveEvery = 10 * time.Second

// events replies with server-sent events: comments during the call, then "result" or "error".
func (g *gateway) events(ctx context.Context, w http.ResponseWriter, call *codec.Call) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	fmt.Fprint(w, ": called\n\n")
	_ = out.Flush()
	type outcome struct {
		line []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		line, err := g.send(ctx, call)
		done <- outcome{line, err}
	}()
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for {
		select {
		case o := <-done:
			if o.err != nil {
				_, typ, message := httpError(o.err)
				fmt.Fprintf(w, "event: error\ndata: %s\n\n", problemJSON(typ, message))
			} else {
				fmt.Fprintf(w, "event: result\ndata: %s\n\n", o.line)
			}
			_ = out.Flush()
			return
		case <-alive.C:
			fmt.Fprint(w, ": the call goes on\n\n")
			_ = out.Flush()
		}
	}
}

// httpError converts an error of a call to HTTP.
func httpError(err error) (status int, typ, message string) {
	var remote *aiomas.RemoteError
	if errors.As(err, &remote) {
		status = http.StatusInternalServerError
		switch remote.Type {
		case "LookupError":
			status = http.StatusNotFound
		case "TypeError", "ValueError":
			status = http.StatusBadRequest
		case "PermissionError":
			status = http.StatusForbidden
		}
		return status, remote.Type, remote.Message
	}
	switch exitCode(err) {
	case exitConnection:
		return http.StatusBadGateway, "", "no connection to the service"
	case exitTimeout:
		return http.StatusGatewayTimeout, "", "the service did not answer in time"
	}
	return http.StatusBadGateway, "", err.Error()
}

func problem(w http.ResponseWriter, status int, typ, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(problemJSON(typ, message), '\n')) // the client has disconnected
}

func problemJSON(typ, message string) []byte {
	b, _ := json.Marshal(map[string]string{"type": typ, "message": message}) // plain text
	return b
}

// openAPI returns a description of the gateway, without functions: the protocol cannot list them.
func openAPI(address string, token bool) []byte {
	type object = map[string]any
	response := func(text string) object {
		return object{"description": text, "content": object{"application/json": object{"schema": object{
			"type": "object", "properties": object{"type": object{"type": "string"}, "message": object{"type": "string"}},
		}}}}
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{"title": "aiomas service at " + address, "version": "1", "description": "Calls a function of the service. " +
			"The body is a list of arguments or an object of keyword arguments. With Accept: text/event-stream the answer is an event, result or error, " +
			"before which comments say that the call goes on."},
		"paths": object{"/{path}": object{
			"parameters": []object{{"name": "path", "in": "path", "required": true, "description": "the path of the function, math/add", "schema": object{"type": "string"}}},
			"post": object{
				"operationId": "call",
				"requestBody": object{"content": object{"application/json": object{"schema": object{"oneOf": []object{{"type": "array"}, {"type": "object"}}}}}},
				"responses": object{
					"200": object{"description": "the result", "content": object{"application/json": object{"schema": object{}}, "text/event-stream": object{}}},
					"400": response("wrong arguments: TypeError or ValueError"), "404": response("no such function"),
					"500": response("the function raised"), "502": response("no connection to the service"), "504": response("no answer in time"),
				},
			},
		}},
	}
	if token {
		doc["components"] = object{"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}}
		doc["security"] = []object{{"token": []string{}}}
	}
	b, _ := json.MarshalIndent(doc, "", "  ") // plain values
	return append(b, '\n')
}
