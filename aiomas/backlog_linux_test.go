package aiomas_test

import (
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Connecting to a Unix socket with a full backlog fails at once, other than with
// TCP: the server is busy. WithRetry tries again.
func TestUnixBacklogFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ln.(*net.UnixListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 1) }); err != nil {
		t.Fatal(err)
	}
	var full error
	for full == nil {
		var c net.Conn
		if c, full = net.Dial("unix", path); full == nil {
			defer c.Close()
		}
	}
	if !aiomas.IsUnavailable(full) {
		t.Errorf("a full backlog: %v", full)
	}
	addr := "unix://" + path
	if _, err := aiomas.Dial(t.Context(), addr); !errors.Is(err, syscall.EAGAIN) || !aiomas.IsUnavailable(err) {
		t.Errorf("one attempt: %v", err)
	}
	if _, err := aiomas.Dial(t.Context(), addr, aiomas.WithRetry(50*time.Millisecond)); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("attempts while it is full: %v", err)
	}
	dialled := make(chan error, 1)
	go func() {
		c, err := aiomas.Dial(t.Context(), addr, aiomas.WithRetry(-1))
		if err == nil {
			_ = c.Close()
		}
		dialled <- err
	}()
	srv := aiomas.NewServer(echoService())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(t.Context(), ln) }()
	if err := <-dialled; err != nil {
		t.Errorf("attempts until it is not: %v", err)
	}
	_ = srv.Close()
	<-served
}
