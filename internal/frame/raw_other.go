//go:build !unix

package frame

import "syscall"

// Elsewhere a socket cannot be tried without waiting: the reader keeps a buffer
// while it waits, and a goroutine of the writer's does the writing.

type rawReader struct{}

func newRawReader(syscall.RawConn) *rawReader { return nil }

func (*rawReader) read() (*Memory, int, error) { panic("unreachable: newRawReader gives nil") }

type rawWriter struct{}

func newRawWriter(syscall.RawConn) *rawWriter { return nil }

func (*rawWriter) write([]byte) (int, error) { panic("unreachable: newRawWriter gives nil") }
