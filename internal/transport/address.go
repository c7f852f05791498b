// Package transport makes connections: address strings, transports by scheme, dialling and
// retrying, socket files, TLS and its errors, and the detection of vanished peers. It does not
// know what is sent on a connection.
package transport

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
)

// Address is a parsed address string.
type Address struct {
	Network string // "tcp", "unix", or the scheme of a transport
	Addr    string // host:port, path, or the transport's address
	TLS     bool
}

// Parse parses an address of a transport or a socket.
func (s *Settings) Parse(addr string) (a Address, err error) {
	scheme, rest, found := strings.Cut(addr, "://")
	name, secure := strings.CutSuffix(scheme, "+tls")
	if found && s.Transports[name] != nil {
		a = Address{name, rest, secure}
	} else if a, err = Parse(addr); err != nil {
		return a, err
	}
	if a.TLS && s.TLS == nil {
		return a, fmt.Errorf("aiomas: address %q needs WithTLS", addr)
	}
	return a, nil
}

// Parse parses an address of a socket. It accepts
//
//	tcp://host:port       tcp://[::1]:port   tcp://:port (every interface; for listening)
//	tcp+tls://host:port
//	unix:///path          unix:relative/path
//	unix:@name            an abstract name, on Linux
//	ipc://[/path]         as in Python's agent addresses
//	host:port             short for tcp://host:port; the port must be a number
func Parse(s string) (Address, error) {
	bad := func(format string, args ...any) (Address, error) {
		return Address{}, fmt.Errorf("aiomas: address %q: %s", s, fmt.Sprintf(format, args...))
	}
	if !strings.Contains(s, "/") {
		switch host, port, err := net.SplitHostPort(s); {
		case err != nil || !isNumber(port) || host == "tcp" || host == "tcp+tls" || host == "unix" || host == "ipc":
		case host == "":
			return bad("want tcp://:%s, which is every interface, or localhost:%[1]s", port)
		default:
			return Address{"tcp", s, false}, nil
		}
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return bad("no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path")
	}
	var path string
	switch scheme {
	case "tcp", "tcp+tls":
		hostport, ok := strings.CutPrefix(rest, "//")
		if !ok {
			return bad("want %s://host:port", scheme)
		}
		if strings.Contains(hostport, "/") {
			return bad("want only host:port after %s://; an agent's address is for agent containers", scheme)
		}
		if _, port, err := net.SplitHostPort(hostport); err != nil || port == "" {
			if i := strings.LastIndexByte(hostport, ':'); strings.Count(hostport, ":") > 1 && !strings.ContainsAny(hostport, "[]") {
				return bad("an IPv6 address needs brackets; want %s://[%s]%s", scheme, hostport[:i], hostport[i:])
			}
			return bad("want host:port after %s://", scheme)
		}
		return Address{"tcp", hostport, scheme == "tcp+tls"}, nil
	case "unix":
		path, ok = strings.CutPrefix(rest, "//")
		if path == "" {
			return bad("no path")
		}
		if ok && !strings.HasPrefix(path, "@") && !isAbs(path) {
			return bad("want unix:///%s, or unix:%[1]s for a path below the working directory", path)
		}
	case "ipc":
		path, ok = strings.CutPrefix(rest, "//[")
		if ok {
			path, ok = strings.CutSuffix(path, "]")
		}
		if !ok || path == "" {
			return bad("want ipc://[path]")
		}
	default:
		return bad("unknown scheme %s; want tcp, tcp+tls or unix", scheme)
	}
	if why := checkPath(path); why != "" {
		return bad("%s", why)
	}
	return Address{"unix", path, false}, nil
}

func isNumber(port string) bool { return port != "" && strings.Trim(port, "0123456789") == "" }

// isAbs reports whether path is absolute, also for Unix paths on Windows.
func isAbs(path string) bool { return strings.HasPrefix(path, "/") || filepath.IsAbs(path) }

// Format returns the address string of an address in a network, in the form that Parse accepts.
func Format(network, addr string) string {
	if network == "unix" && !isAbs(addr) && !strings.HasPrefix(addr, "@") {
		return "unix:" + addr
	}
	return network + "://" + addr
}

// longestPath is the maximum length of a Unix socket's path: 107 bytes on Linux, 103 on macOS. One
// byte is for the zero at the end.
const longestPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// checkPath says why the system would refuse or change path.
func checkPath(path string) string {
	switch {
	case len(path) > longestPath:
		return fmt.Sprintf("the path is too long: %d bytes, at most %d fit the address of a Unix socket", len(path), longestPath)
	case strings.Contains(path, "\x00"):
		return "the path has a zero byte; an abstract name begins with @"
	}
	return ""
}
