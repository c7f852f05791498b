package peer

import (
	"fmt"
	"net"
	"strings"
)

// Terms are the arguments of add for libraries that take one argument.
type Terms struct{ A, B int }

// Text returns the text of work, made once.
func Text(size int) string {
	return strings.Repeat("a line of text, as they are.... ", size/32+1)[:size]
}

// Accept serves each connection of ln in its own goroutine.
func Accept(ln net.Listener, serve func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go serve(conn)
	}
}

// Wrong returns an error for a call that failed with err or, if err is nil, whose result
// got is wrong.
func Wrong(err error, work Work, got any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: a wrong result: %.40v", work.Name, got)
}

// NoWork returns the error of a peer that does not support the work.
func NoWork(work Work) error { return fmt.Errorf("no work %q here", work.Name) }
