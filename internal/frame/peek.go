package frame

import "net"

// peeking is a connection that can only wait within Read: TLS, or a user's type. It waits
// for the bytes of a frame's header, so that it needs no large buffer for that.
type peeking struct {
	net.Conn
	head [HeaderSize]byte
	n    int   // bytes of head that are not read yet
	err  error // of the read that filled head
}

// WaitRead implements ReadWaiter.
func (p *peeking) WaitRead() {
	if p.n == 0 && p.err == nil {
		p.n, p.err = p.Conn.Read(p.head[:])
	}
}

func (p *peeking) Read(b []byte) (int, error) {
	if p.n == 0 && p.err == nil {
		return p.Conn.Read(b)
	}
	n := copy(b, p.head[:p.n])
	p.n = copy(p.head[:], p.head[n:p.n])
	if p.n > 0 {
		return n, nil
	}
	err := p.err
	p.err = nil
	return n, err
}
