package check

import (
	"errors"
	"net"
	"time"
)

// remote starts the simulator with --remote, and connects to it as mosaik does.
func remote(p *play) {
	// A port that is free now: a simulator cannot report the port that it uses.
	ln, err := new(net.ListenConfig).Listen(p.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		p.over("remote", "%v", err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	if err := p.launch(addr, "--remote"); err != nil {
		p.over("remote", "%v", err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(p.cfg.Answer)
	defer deadline.Stop()
	for p.peer == nil {
		conn, err := new(net.Dialer).DialContext(p.ctx, "tcp", addr)
		if err == nil {
			p.peer = newPeer(p, conn)
			break
		}
		select {
		case <-tick.C:
		case <-p.done:
			p.over("remote", "the process ended instead of listening (%v)", p.cmd.ProcessState)
		case <-deadline.C:
			p.over("remote", "it does not listen after %v", p.cfg.Answer)
		case <-p.ctx.Done():
			p.over("remote", "%v", errors.Join(p.ctx.Err()))
		}
	}
	p.begin()
	p.createAll(1)
	p.setUp()
	p.step(0, dict{}, 10)
	p.stop()
}
