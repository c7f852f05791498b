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

// Accept serves each connection of ln by a goroutine.
func Accept(ln net.Listener, serve func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go serve(conn)
	}
}

// Wrong says that a call failed with err or, if that is nil, that its answer is
// something else than it should be.
func Wrong(err error, work Work, got any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: a wrong result: %.40v", work.Name, got)
}

// NoWork says that a peer does not do this work.
func NoWork(work Work) error { return fmt.Errorf("no work %q here", work.Name) }
