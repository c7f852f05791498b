package nats_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
)

// freePorts are ports that nobody listens at.
func freePorts(t *testing.T, n int) (list []int) {
	t.Helper()
	for range n {
		ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		list = append(list, ln.Addr().(*net.TCPAddr).Port)
	}
	return list
}

// cluster are three servers, of which the first is the hub of a leaf, the fourth.
func cluster(t *testing.T) (list []*embedded.Server) {
	t.Helper()
	ports := freePorts(t, 4)
	var routes []string
	for _, p := range ports[:3] {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", p))
	}
	for i, p := range ports[:3] {
		text := fmt.Sprintf("server_name: s%d\ncluster { name: c, listen: \"127.0.0.1:%d\", routes: [%s] }\n", i, p, strings.Join(routes, ", "))
		if i == 0 {
			text += fmt.Sprintf("leafnodes { listen: \"127.0.0.1:%d\" }\n", ports[3])
		}
		list = append(list, start(t, embedded.Options{Config: config(t, text)}))
	}
	list = append(list, start(t, embedded.Options{Config: config(t,
		fmt.Sprintf("server_name: leaf\nleafnodes { remotes: [ { url: \"nats://127.0.0.1:%d\" } ] }\n", ports[3]))}))
	await(t, "the cluster to be complete", func() bool {
		for _, s := range list[:3] {
			if s.NATS().NumRoutes() < 2 {
				return false
			}
		}
		return list[0].NATS().NumLeafNodes() == 1 && list[3].NATS().NumLeafNodes() == 1
	})
	return list
}

// dialSoon dials a name of which the caller's server may not have heard yet.
func dialSoon(t *testing.T, n *nats.Transport, name string) (c net.Conn) {
	t.Helper()
	await(t, name, func() (ok bool) {
		var err error
		if c, err = n.Dial(t.Context(), name); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
		return err == nil
	})
	return c
}

// Each reaches each, and names are one listener's, through three clustered servers and a
// leaf.
func TestClusterWithLeaf(t *testing.T) {
	var all []*nats.Transport
	for _, s := range cluster(t) {
		all = append(all, connect(t, s.URL(), nats.Options{Claim: 300 * time.Millisecond}))
	}
	var listeners []net.Listener
	for i, n := range all {
		listeners = append(listeners, listen(t, n, fmt.Sprint("name", i)))
	}
	for i, from := range all {
		for j, ln := range listeners {
			x := dialSoon(t, from, fmt.Sprint("name", j))
			y, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, x, y, strings.Repeat("question", 10_000))
			exchange(t, y, x, strings.Repeat("answer", 10_000))
			_, _ = x.Close(), y.Close()
			if _, err := from.Listen(t.Context(), fmt.Sprint("name", j)); !errors.Is(err, nats.ErrNameTaken) {
				t.Errorf("server %d takes the name of a listener at server %d: %v", i, j, err)
			}
		}
		if _, err := from.Dial(t.Context(), "nobody"); !aiomas.IsUnavailable(err) {
			t.Errorf("an unknown name: %v", err)
		}
	}
	names := make(chan error, len(all))
	for _, n := range all {
		go func() {
			_, err := n.Listen(t.Context(), "same.moment")
			names <- err
		}()
	}
	have := 0
	for range all {
		if err := <-names; err == nil {
			have++
		} else if !errors.Is(err, nats.ErrNameTaken) {
			t.Error(err)
		}
	}
	if have != 1 {
		t.Errorf("%d have a name that all have taken at the same moment", have)
	}
}

// When a member of the cluster dies, its clients go to another one: idle streams live on.
func TestClusterMemberDies(t *testing.T) {
	servers := cluster(t)
	urls := []string{servers[1].URL(), servers[2].URL()}
	ordered := client.DontRandomize()
	b, err := nats.Connect(t.Context(), strings.Join(urls, ","), nats.Options{Claim: 300 * time.Millisecond}, ordered)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	a := connect(t, servers[0].URL(), nats.Options{})
	ln := listen(t, b, "name")
	idle1 := dialSoon(t, a, "name")
	idle2, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, idle1, idle2, "before")
	busy1 := dialSoon(t, a, "name")
	busy2, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	tr := startTraffic(busy1, busy2)
	if err := servers[1].Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the other server", func() bool { return b.NATS().IsConnected() && b.NATS().ConnectedUrl() == urls[1] })
	if err := b.NATS().Flush(); err != nil { // it has subscribed again
		t.Fatal(err)
	}
	x := dialSoon(t, a, "name")
	y, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, x, y, "new")
	exchange(t, idle1, idle2, "question")
	exchange(t, idle2, idle1, "answer")
	tr.end(t, busy1)
	for _, c := range []net.Conn{x, y, idle1, idle2} {
		_ = c.Close()
	}
}
