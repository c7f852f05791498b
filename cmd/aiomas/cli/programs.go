package cli

import (
	"context"
	"net"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// programs finds the programs of this machine at the other ends of connections, by name and process: "plant.py 4711".
// One scan of all processes serves all waiting goroutines. The zero value is ready to use.
type programs struct {
	mu      sync.Mutex
	waiting []*search
	looking bool
}

// search is a search for the program at the other end of a connection.
type search struct {
	conn net.Conn
	name string
	done chan struct{} // closed when name is set
}

// findTime limits how long a connection waits for the names of its ends. A scan takes milliseconds, but a machine
// under load took more than a second.
const findTime = 5 * time.Second

// find returns the names of the programs at the other ends of the two connections, in the order of record.Side. A
// name is empty if it is not known, for example because the program is on another machine or system, or of another
// user.
func (p *programs) find(ctx context.Context, client, server net.Conn) (names [2]string) {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	var list []*search
	for _, conn := range []net.Conn{client, server} {
		list = append(list, &search{conn: below(conn), done: make(chan struct{})})
	}
	p.mu.Lock()
	p.waiting = append(p.waiting, list...)
	if !p.looking {
		p.looking = true
		go p.look()
	}
	p.mu.Unlock()
	for i, s := range list {
		select {
		case <-s.done:
		case <-ctx.Done():
			select { // a name that is there counts, also when the time has ended since
			case <-s.done:
			default:
				continue
			}
		}
		names[i] = s.name
	}
	return names
}

func (p *programs) look() {
	for {
		p.mu.Lock()
		list := p.waiting
		p.waiting = nil
		p.looking = len(list) > 0
		p.mu.Unlock()
		if len(list) == 0 {
			return
		}
		findPrograms(list)
		for _, s := range list {
			close(s.done)
		}
	}
}

// below returns the connection below an encrypted one, or conn.
func below(conn net.Conn) net.Conn {
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return c.NetConn()
	}
	return conn
}

// programName returns the usual name of a program that was started with these arguments: for an interpreter, its
// script.
func programName(args []string) string {
	if len(args) == 0 {
		return ""
	}
	name := path.Base(args[0])
	interpreter := strings.TrimRight(name, "0123456789.")
	switch interpreter {
	case "python", "pypy", "node", "ruby", "perl":
	default:
		return name
	}
	for i, arg := range args[1:] {
		switch {
		case arg == "-m" && i+2 < len(args):
			return args[i+2]
		case arg == "-c" || arg == "-e":
			return name
		case !strings.HasPrefix(arg, "-"):
			return path.Base(arg)
		}
	}
	return name
}

// named returns a program as it is shown and stored.
func named(name string, pid int) string {
	if name == "" {
		return ""
	}
	return name + " " + strconv.Itoa(pid)
}
