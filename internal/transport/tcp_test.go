package transport

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(list ...string) []netip.Addr {
	var addrs []netip.Addr
	for _, s := range list {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	return addrs
}

// exchange connects to each address at the listener's port, and accepts.
func exchange(t *testing.T, ln net.Listener, addrs []netip.Addr) {
	t.Helper()
	port := ln.Addr().(*net.TCPAddr).AddrPort().Port()
	for _, a := range addrs {
		c, err := net.Dial("tcp", netip.AddrPortFrom(a, port).String())
		if err != nil {
			t.Errorf("%v: %v", a, err)
			continue
		}
		s, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if s.RemoteAddr().String() != c.LocalAddr().String() {
			t.Errorf("%v: accepted %v, dialled %v", a, s.RemoteAddr(), c.LocalAddr())
		}
		_, _ = c.Close(), s.Close()
	}
}

// localhost is all that this machine's resolver says, at one port.
func TestLocalhost(t *testing.T) {
	found, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	found = slices.DeleteFunc(inOrder(found), func(a netip.Addr) bool {
		probe, err := net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
		if err == nil {
			_ = probe.Close()
		}
		return err != nil
	})
	ln := listen(t, "tcp://localhost:0")
	exchange(t, ln, found)
	if !ln.Addr().(*net.TCPAddr).IP.Equal(net.IP(found[0].AsSlice())) {
		t.Errorf("it says that it listens on %v", ln.Addr())
	}
}

// A name with several addresses: one port for all, also when it is a free one.
// An address that this machine does not have is left out; a port in use is not.
func TestSeveralAddresses(t *testing.T) {
	var config net.ListenConfig
	here := parse("127.0.0.1", "127.0.0.2", "127.0.0.3")
	third, err := config.Listen(t.Context(), "tcp", "127.0.0.3:0")
	if err != nil {
		t.Skipf("NOT TESTED: this system has no 127.0.0.3: %v", err)
	}
	_ = third.Close()
	elsewhere := parse("192.0.2.1")
	ln, err := listenAll(t.Context(), &config, slices.Concat(here[:1], elsewhere, here[1:]), 0)
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, ln, here)

	port := ln.Addr().(*net.TCPAddr).Port
	if ln, err := listenAll(t.Context(), &config, parse("127.0.0.4", "127.0.0.2"), port); !errors.Is(err, addressInUse) {
		t.Errorf("a port in use on one of two: %v, %v", ln, err)
	}
	if free, err := net.Listen("tcp", (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 4), Port: port}).String()); err != nil {
		t.Errorf("what was listened on before the error: %v", err)
	} else {
		_ = free.Close()
	}
	if _, err := listenAll(t.Context(), &config, elsewhere, 0); !errors.Is(err, addressNotAvailable) {
		t.Errorf("no address of this machine: %v", err)
	}

	accepting := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		accepting <- err
	}()
	waiting, err := net.Dial("tcp", netip.AddrPortFrom(here[2], uint16(port)).String())
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	if err := <-accepting; err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close: %v", err)
		}
	}
}

func TestOrderOfAddresses(t *testing.T) {
	got := inOrder(parse("::1", "127.0.0.1", "::ffff:127.0.0.1", "::1", "127.0.0.2"))
	if want := parse("127.0.0.1", "127.0.0.2", "::1"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
