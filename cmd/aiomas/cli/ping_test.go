package cli

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

func TestPing(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		got := aiomasCmd(t, "", "ping", addr, "-c", "2", "-i", "1ms")
		want := regexp.MustCompile(`^` + addr + ` speaks ` + codec + `, connected in [\d.]+ ms
seq=0 time=[\d.]+ ms
seq=1 time=[\d.]+ ms
2 round trips: min [\d.]+ ms, mean [\d.]+ ms, max [\d.]+ ms
$`)
		if got.code != 0 || got.stderr != "" || !want.MatchString(got.stdout) {
			t.Errorf("%+v", got)
		}
		got = aiomasCmd(t, "", "ping", addr, "-c", "1", "--json")
		if !regexp.MustCompile(`^{"address": "` + addr + `", "codec": "` + codec + `", "seq": 0, "ms": [\d.]+}\n$`).MatchString(got.stdout) {
			t.Errorf("%+v", got)
		}
	})
}

func TestPingNobody(t *testing.T) {
	addr := fmt.Sprintf("tcp://127.0.0.1:%d", testnet.FreePort(t))
	got := aiomasCmd(t, "", "ping", addr)
	got.want(t, exitConnection, "", "aiomas: cannot connect to "+addr+": dial tcp "+addr[6:]+": connect: connection refused")
}

// Somebody who never answers, whatever the codec.
func TestPingSilence(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
			go io.Copy(io.Discard, conn)
		}
	}()
	if got := aiomasCmd(t, "", "ping", ln.Addr().String(), "--timeout", "100ms"); got.code != exitTimeout || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	if got := aiomasCmd(t, "", "ping", ln.Addr().String(), "--timeout", "100ms", "--codec", "json"); got.code != exitTimeout {
		t.Errorf("%+v", got)
	}
}
