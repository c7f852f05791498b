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

// Addr is the address of an agent, or of a container if ID is empty:
//
//	tcp://host:port/id    tcp://[::1]:port/id
//	ipc://[/path]/id      a Unix socket
//	local://queue/id      within the process, see package local
//	scheme://address/id   by a transport of the container, see [WithTransport]
type Addr struct {
	Network string // "tcp", "ipc", "local", or the scheme of a transport
	Host    string // for "tcp"; an IPv6 address has no brackets
	Port    int    // for "tcp"
	Path    string // for "ipc" the path of the socket, for transports their address
	ID      string // of the agent; empty for a container
}

// ParseAddr parses an agent's address as Python does: the error is an exception of type
// [aiomas.ValueError] with Python's text. It accepts the networks that Python has, not those
// of [WithTransport]; see [Container.ParseAddr]. It mirrors Container._parse_url.
func ParseAddr(url string) (Addr, error) { return pythonTransports.parse(url) }

// ParseAddr is like the function [ParseAddr], and also accepts the schemes of the container's
// transports.
func (c *Container) ParseAddr(url string) (Addr, error) { return c.set.transports.parse(url) }

// transports are the transports of a container, other than sockets, by scheme.
type transports map[string]aiomas.Transport

var pythonTransports = transports{"local": nil}

func (t transports) parse(url string) (Addr, error) {
	a, err := t.parseAddr(url)
	if err != nil {
		return Addr{}, &pythonError{aiomas.ValueError.Errorf(`Cannot parse agent URL "%s": %w`, url, err), t.want(url)}
	}
	return a, nil
}

// want returns the form that url should have.
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

// pythonError is an exception that Python raises, with a hint for this side that is not sent to
// peers.
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

// Exception returns the exception that a peer receives.
func (e *pythonError) Exception() *aiomas.Exception { return e.exception }

// The texts of Python's exceptions.
var (
	errUnpack  = errors.New("not enough values to unpack (expected 2, got 1)")
	errIndex   = errors.New("string index out of range")
	errAssert  = errors.New("")
	errNoAgent = errors.New("No agent ID specified.") //nolint:staticcheck // Python's text
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

// String returns the address as Python writes it, without brackets around IPv6 addresses.
func (a Addr) String() string {
	switch a.Network {
	case "tcp":
		return "tcp://" + a.Host + ":" + strconv.Itoa(a.Port) + "/" + a.ID
	case "ipc":
		return "ipc://[" + a.Path + "]/" + a.ID
	}
	return a.Network + "://" + a.Path + "/" + a.ID
}

// Container returns the address of the agent's container.
func (a Addr) Container() Addr {
	a.ID = ""
	return a
}

// pyRepr returns the form of a container's address in Python's messages.
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
