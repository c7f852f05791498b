package check

import (
	"errors"
	"io"
	"math"
	"math/big"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
)

// plays are the plays, each for a new process.
var plays = []struct {
	name string
	f    func(*play)
}{
	{"a run", aRun},
	{"many entities", manyEntities},
	{"odd values", oddValues},
	{"large times", largeTimes},
	{"failures", failures},
	{"refused requests", refused},
	{"stop at once", stopAtOnce},
	{"stop twice", stopTwice},
	{"SIGTERM before stop", sigtermBefore},
	{"SIGTERM after stop", sigtermAfter},
	{"connection cut", cut},
	{"connection cut within a message", cutWithin},
	{"input unread at the end", unread},
	{"remote", remote},
}

func aRun(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	t := int64(0)
	for range 5 {
		next, ok := p.step(t, p.inputs(func(int) any { return 1.5 }), t+10)
		p.getData(t)
		if !ok {
			next = t + 1
		}
		t = next
	}
	p.stop()
}

func manyEntities(p *play) {
	p.begin()
	p.createAll(3)
	p.createAll(2)
	p.setUp()
	p.step(0, dict{}, -1)
	p.getData(0)
	p.stop()
}

// oddValues sends unusual values that mosaik may pass on from other simulators.
func oddValues(p *play) {
	surrogate := "\xed\xa0\x80"
	p.begin()
	p.createAll(1)
	p.setUp()
	for i, v := range []any{math.NaN(), math.Inf(1), math.Inf(-1), new(big.Int).Lsh(big.NewInt(1), 100), int64(1<<53 + 1), 1e300, math.Copysign(0, -1), surrogate, nil} {
		// The simulator may fail, but must reply and continue.
		p.call("values", "step", []any{int64(i), p.inputs(func(int) any { return v }), int64(i + 10)}, nil)
	}
	p.call("values", "get_data", []any{p.wanted()}, nil)
	p.stop()
}

func largeTimes(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	for _, t := range []int64{0, 1<<53 + 1, 1 << 60} {
		p.step(t, dict{}, math.MaxInt64-1)
		p.getData(t)
	}
	p.stop()
}

// failures makes calls that every simulator must refuse.
func failures(p *play) {
	p.begin()
	p.createAll(1)
	bad := func(what, call string, args []any, kwargs dict) {
		if r := p.call("failure", call, args, kwargs); !r.failed() {
			p.broken("failure", "%s is answered with a result", what)
		}
	}
	bad("a call that does not exist", "no_such_call", nil, nil)
	bad("step without arguments", "step", nil, nil)
	if len(p.meta.Models) > 0 {
		bad("create with an unknown parameter", "create", []any{1, p.meta.Models[0].name}, dict{{Key: "no_such_parameter", Value: 1}})
	}
	p.setUp()
	p.step(0, dict{}, 10)
	p.stop()
}

// refused refuses the requests of the simulator during its steps.
func refused(p *play) {
	p.begin()
	p.createAll(1)
	p.setUp()
	p.refuse = true
	p.call("requests", "step", []any{int64(0), dict{}, int64(10)}, nil)
	p.refuse = false
	p.call("requests", "get_data", []any{p.wanted()}, nil)
	p.stop()
}

func stopAtOnce(p *play) {
	p.begin()
	p.stop()
}

func stopTwice(p *play) {
	p.begin()
	for range 2 {
		r, err := p.try("stop", nil, nil)
		if err == nil && r.failed() {
			p.broken("stop", "stop failed: %s", r.message())
		}
		if err != nil {
			break
		}
	}
	p.end("stop", true)
}

func sigtermBefore(p *play) {
	p.begin()
	p.createAll(1)
	p.terminate()
	p.end("sigterm", false)
}

// sigtermAfter ends the simulator as mosaik does.
func sigtermAfter(p *play) {
	p.begin()
	r, err := p.try("stop", nil, nil)
	if err == nil && r.failed() {
		p.broken("stop", "stop failed: %s", r.message())
	}
	_ = p.conn.Close()
	p.terminate()
	if !p.ends() {
		p.broken("sigterm", "the process has not ended %v after stop and SIGTERM", p.cfg.End)
	}
}

func cut(p *play) {
	p.begin()
	p.createAll(1)
	_ = p.conn.Close()
	if !p.ends() {
		p.broken("cut", "the process has not ended %v after its connection", p.cfg.End)
	}
}

func cutWithin(p *play) {
	p.begin()
	p.write([]byte{0, 0, 1, 0, '[', '0'})
	_ = p.conn.Close()
	if !p.ends() {
		p.broken("cut", "the process has not ended %v after its connection ended within a message", p.cfg.End)
	}
}

// unread sends data that the simulator has not read when it ends.
func unread(p *play) {
	p.begin()
	p.send(codec.Request, p.next, []any{"stop", []any{}, dict{}})
	for i := range int64(20) {
		p.send(codec.Request, p.next+1+i, []any{"get_data", []any{dict{{Key: strings.Repeat("x", 1<<12), Value: []string{}}}}, dict{}})
	}
	for !p.ended {
		if _, err := p.read(p.cfg.End); errors.Is(err, errTimeout) {
			p.broken("stop", "the connection has not ended %v after stop", p.cfg.End)
			return
		}
	}
}

// stop stops the simulator.
func (p *play) stop() {
	r, err := p.try("stop", nil, nil)
	switch {
	case errors.Is(err, errTimeout):
		p.broken("stop", "stop is neither answered nor does the connection end within %v", p.cfg.Answer)
	case err == nil && r.failed():
		p.broken("stop", "stop failed: %s", r.message())
	case err == nil && r.content.Kind() != codec.KindNull:
		p.broken("stop", "stop returned a %v, not None", r.content.Kind())
	}
	p.end("stop", true)
}

// end waits for the end of the stream and of the process.
func (p *play) end(rule string, status bool) {
	if half, ok := p.conn.(interface{ CloseWrite() error }); ok && status {
		_ = half.CloseWrite() // mosaik closes here; this package still reads
	}
	for !p.ended {
		m, err := p.read(p.cfg.End)
		switch {
		case errors.Is(err, io.EOF):
		case errors.Is(err, errTimeout):
			p.broken(rule, "the connection has not ended after %v", p.cfg.End)
			p.ended = true
		case err != nil:
			p.broken("message", "at the end: %v", err)
			p.ended = true
		case m.Type != codec.Request && status:
			p.broken("message", "a reply to request %d, which does not wait for one", m.ID)
		}
	}
	switch ended := p.ends(); {
	case !ended:
		p.broken(rule, "the process has not ended after %v", p.cfg.End)
	case status && p.cmd.ProcessState.ExitCode() != 0:
		p.broken(rule, "the process ended with %v", p.cmd.ProcessState)
	}
}
