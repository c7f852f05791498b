// Package testnet provides listening addresses and connected pairs of connections
// for tests.
package testnet

import (
	"net"
	"os"
	"testing"
)

// SocketDir returns a directory for Unix sockets, which is removed after the test.
// The path of a socket may have 108 bytes, and that of tb.TempDir is often longer.
func SocketDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "aio")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// FreePort returns a TCP port of 127.0.0.1 at which nobody listened just now.
func FreePort(tb testing.TB) int {
	tb.Helper()
	var config net.ListenConfig
	ln, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// Pair returns the two ends of a connection by way of a listener at addr. They are
// closed after the test.
func Pair(tb testing.TB, network, addr string) (dialled, accepted net.Conn) {
	tb.Helper()
	var config net.ListenConfig
	ln, err := config.Listen(tb.Context(), network, addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var dialer net.Dialer
	if dialled, err = dialer.DialContext(tb.Context(), network, ln.Addr().String()); err != nil {
		tb.Fatal(err)
	}
	if accepted, err = ln.Accept(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = dialled.Close()
		_ = accepted.Close()
	})
	return dialled, accepted
}
