//go:build !race

package reliability

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// 2,000 connections in Python's way and 200 of a Python process, all open and busy
// at the same time.
func TestLoadConnections(t *testing.T) {
	const raws, pythons, requests = 2000, 200, 10
	metrics := new(aiomas.Metrics)
	_, addr := startServer(t, conformance(), aiomas.WithMetrics(metrics))
	py := startFaultyClient(t, "python", json.Codec)
	recorded := recordedAt(t, "python", json.Codec, addr)

	conns := make([]net.Conn, raws)
	for i := range conns {
		conns[i] = rawDial(t, addr)
		defer conns[i].Close()
		_ = conns[i].SetDeadline(time.Now().Add(harmless))
	}
	start := time.Now()
	var all sync.WaitGroup
	for range pythons {
		all.Go(func() {
			if o := py.send(recorded, harmless); !o.only("ok") {
				t.Errorf("a Python client: %v %v", o, o.notes)
			}
		})
	}
	for _, conn := range conns {
		all.Go(func() {
			for i := range requests {
				sendRaw(t, conn, fmt.Sprintf(`[0, %d, ["add", [%d, 1], {}]]`, i, i))
			}
			answered := map[string]bool{}
			for range requests {
				m, err := recvRaw(conn)
				if err != nil {
					t.Error(err)
					return
				}
				answered[m] = true
			}
			for i := range requests {
				if !answered[fmt.Sprintf(`[1, %d, %d]`, i, i+1)] {
					t.Errorf("request %d was not answered: %v", i, answered)
				}
			}
		})
	}
	all.Wait()
	m := metrics.Snapshot()
	note("connections at once, 200 of them of a Python process", "≥ 2,000", "%s, %s requests in %.1f s",
		thousands(int(m.ConnectionsTotal)), thousands(int(m.RequestsTotal)), time.Since(start).Seconds())
	if m.ConnectionsTotal != raws+pythons {
		t.Errorf("%d connections", m.ConnectionsTotal)
	}
}

// 5,000 connections that have been used and are idle take little memory each, the
// sockets of their other ends in this process included.
func TestLoadIdleConnections(t *testing.T) {
	const n = 5000
	metrics := new(aiomas.Metrics)
	_, addr := startServer(t, conformance(), aiomas.WithMetrics(metrics))
	before := memory()
	for i := range n {
		conn := rawDial(t, addr)
		defer conn.Close()
		sendRaw(t, conn, fmt.Sprintf(`[0, 0, ["add", [%d, 1], {}]]`, i))
		if _, err := recvRaw(conn); err != nil {
			t.Fatal(err)
		}
	}
	if open := metrics.Snapshot().Connections; open != n {
		t.Errorf("%d connections are open", open)
	}
	each := (memory() - before) / n
	note("5,000 idle connections, both sockets in one process", "≤ 32 KiB each", "%.1f KiB each", float64(each)/1024)
	if each > 32<<10 {
		t.Error("that is too much")
	}
}
