package agent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Addr is the address of an agent, or of a container if it has no ID:
//
//	tcp://host:port/id    tcp://[::1]:port/id
//	ipc://[/path]/id      a Unix socket
//	local://queue/id      within the process, see package local
//	scheme://address/id   by a transport of the container, see [WithTransport]
type Addr struct {
	Network string // "tcp", "ipc", "local", or the scheme of a transport
	Host    string // of "tcp"; an IPv6 address without brackets
	Port    int    // of "tcp"
	Path    string // of "ipc": the socket's path; of others: what the transport takes
	ID      string // of the agent
}

// ParseAddr reads an agent's address as Python does: the error is an exception of
// type [aiomas.ValueError] in its words. It knows the networks that Python knows, not
// those of [WithTransport]; see [Container.ParseAddr]. It mirrors Container._parse_url.
func ParseAddr(url string) (Addr, error) { return pythonTransports.parse(url) }

// ParseAddr is the function [ParseAddr] that also knows the schemes of the container's
// transports.
func (c *Container) ParseAddr(url string) (Addr, error) { return c.set.transports.parse(url) }

// transports are those of a container by their schemes, other than sockets.
type transports map[string]aiomas.Transport

var pythonTransports = transports{"local": nil}

func (t transports) parse(url string) (Addr, error) {
	a, err := t.parseAddr(url)
	if err != nil {
		return Addr{}, &pythonError{aiomas.ValueError.Errorf(`Cannot parse agent URL "%s": %w`, url, err), t.want(url)}
	}
	return a, nil
}

// want is the form that url should have.
func (t transports) want(url string) string {
	const tcp, ipc = "tcp://host:port/id", "ipc://[/path]/id"
	switch scheme, _, found := strings.Cut(url, "://"); {
	case !found && strings.Contains(url, "/") && strings.Index(url, ":") > 0: // localhost:5555/0
		return "want tcp://" + url
	case !found && strings.Index(url, ":") > 0: // localhost:5555
		return "want tcp://" + url + "/id"
	case scheme == "tcp":
		return "want " + tcp
	case scheme == "ipc", scheme == "unix":
		return "want " + ipc
	}
	all := []string{tcp, ipc}
	for _, scheme := range slices.Sorted(maps.Keys(t)) {
		all = append(all, scheme+"://name/id")
	}
	return "want " + strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// pythonError is an exception that Python raises, with what helps to mend it, which is
// not sent to peers.
type pythonError struct {
	exception *aiomas.Exception
	hint      string
}

func (e *pythonError) Error() string {
	text := "aiomas: " + strings.TrimSuffix(e.exception.Message, ": ")
	if e.hint != "" {
		text += "; " + e.hint
	}
	return text
}

func (e *pythonError) Unwrap() error { return e.exception }

// Exception is what a peer gets.
func (e *pythonError) Exception() *aiomas.Exception { return e.exception }

// What Python's exceptions say.
var (
	errUnpack  = errors.New("not enough values to unpack (expected 2, got 1)")
	errIndex   = errors.New("string index out of range")
	errAssert  = errors.New("")
	errNoAgent = errors.New("No agent ID specified.") //nolint:staticcheck // Python's words
)

func (t transports) parseAddr(url string) (a Addr, err error) {
	network, rest, ok := strings.Cut(url, "://")
	if !ok {
		return a, errUnpack
	}
	a.Network = network
	switch network {
	case "tcp":
		err = a.parseTCP(rest)
	case "ipc":
		err = a.parseIPC(rest)
	default:
		if _, ok := t[network]; !ok {
			return a, fmt.Errorf("%s not in {'tcp', 'ipc', 'local'}", network)
		}
		if a.Path, a.ID, ok = strings.Cut(rest, "/"); !ok {
			err = errUnpack
		}
	}
	if err == nil && a.ID == "" {
		err = errNoAgent
	}
	return a, err
}

func (a *Addr) parseTCP(rest string) (err error) {
	addr, id, ok := strings.Cut(rest, "/")
	colon := strings.LastIndexByte(addr, ':')
	if !ok || colon < 0 {
		return errUnpack
	}
	host := addr[:colon]
	if host == "" {
		return errIndex
	}
	if host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	a.Host, a.ID = host, id
	a.Port, err = pyInt(addr[colon+1:])
	return err
}

func (a *Addr) parseIPC(rest string) error {
	if rest == "" {
		return errIndex
	}
	path, ok := strings.CutPrefix(rest, "[")
	if !ok {
		return errAssert
	}
	if a.Path, a.ID, ok = strings.Cut(path, "]/"); !ok {
		return errUnpack
	}
	return nil
}

// String returns the address as Python writes it; like Python, it puts no
// brackets around IPv6 addresses.
func (a Addr) String() string {
	switch a.Network {
	case "tcp":
		return "tcp://" + a.Host + ":" + strconv.Itoa(a.Port) + "/" + a.ID
	case "ipc":
		return "ipc://[" + a.Path + "]/" + a.ID
	}
	return a.Network + "://" + a.Path + "/" + a.ID
}

// Container returns the address of the container that the agent lives in.
func (a Addr) Container() Addr {
	a.ID = ""
	return a
}

// pyRepr is what Python writes for a container's address in its messages.
func (a Addr) pyRepr() string {
	switch a.Network {
	case "tcp":
		return fmt.Sprintf("(%s, %d)", pyRepr(a.Host), a.Port)
	case "ipc":
		return pyRepr(a.Path)
	case "local":
		return "LocalQueue(" + pyRepr(a.Path) + ")"
	}
	return pyRepr(a.Network + "://" + a.Path)
}
