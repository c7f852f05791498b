package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"syscall"
)

// portTries is the number of attempts to find a port that is free on all addresses.
const portTries = 32

// listenTCP listens on all addresses of the host in addr, like Python. Unlike Python, it chooses the
// same port on all of them if the port is 0, because an address string can have only one.
func listenTCP(ctx context.Context, addr string) (net.Listener, error) {
	host, portName, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	if _, err := netip.ParseAddr(host); host == "" || err == nil {
		return config.Listen(ctx, "tcp", addr)
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", portName)
	if err != nil {
		return nil, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err}
	}
	addrs = inOrder(addrs)
	for try := 1; ; try++ {
		ln, err := listenAll(ctx, &config, addrs, port)
		if port != 0 || try == portTries || !errors.Is(err, addressInUse) {
			return ln, err
		}
	}
}

// inOrder removes duplicates and puts IPv4 addresses first. The first address becomes that of the
// listener.
func inOrder(addrs []netip.Addr) []netip.Addr {
	var v4, v6 []netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		switch list := &v6; {
		case slices.Contains(v4, a) || slices.Contains(v6, a):
		default:
			if a.Is4() {
				list = &v4
			}
			*list = append(*list, a)
		}
	}
	return append(v4, v6...)
}

// listenAll listens on each address, except those that this machine does not have: ::1 if IPv6 is
// disabled.
func listenAll(ctx context.Context, config *net.ListenConfig, addrs []netip.Addr, port int) (net.Listener, error) {
	var list []net.Listener
	var missing error
	for _, a := range addrs {
		network := "tcp4"
		if a.Is6() {
			network = "tcp6"
		}
		ln, err := config.Listen(ctx, network, net.JoinHostPort(a.String(), strconv.Itoa(port)))
		switch {
		case err == nil:
			list = append(list, ln)
			if tcp, ok := ln.Addr().(*net.TCPAddr); ok {
				port = tcp.Port
			}
		case errors.Is(err, addressNotAvailable), errors.Is(err, familyNotSupported):
			missing = err
		default:
			for _, ln := range list {
				_ = ln.Close()
			}
			return nil, err
		}
	}
	switch len(list) {
	case 0:
		return nil, missing
	case 1:
		return list[0], nil
	}
	return newMany(list), nil
}

const onWindows = runtime.GOOS == "windows"

// errorNumber returns the system's error number. On Windows, those of sockets differ from the
// constants of package syscall.
func errorNumber(elsewhere, windows syscall.Errno) syscall.Errno {
	if onWindows {
		return windows
	}
	return elsewhere
}

var (
	addressInUse        = errorNumber(syscall.EADDRINUSE, 10048)
	addressNotAvailable = errorNumber(syscall.EADDRNOTAVAIL, 10049)
	familyNotSupported  = errorNumber(syscall.EAFNOSUPPORT, 10047)
)
