package aiomas_test

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// The system probes silent connections, whichever end made them.
func TestLimitKeepAlive(t *testing.T) {
	for _, c := range []struct {
		opt  aiomas.Option
		want int
		sent int // seconds that sent data may wait for its acknowledgement
	}{
		{nil, 15, 150},
		{limits(aiomas.Limits{KeepAlive: 7 * time.Second}), 7, 70},
		{limits(aiomas.Limits{KeepAlive: time.Second, WriteTimeout: time.Minute}), 1, 60}, // a slow reader is not a vanished one
	} {
		accepted := make(chan *aiomas.Client, 1)
		_, addr := startServer(t, newService(t), c.opt, aiomas.WithConnected(func(c *aiomas.Client) { accepted <- c }))
		dialled := dial(t, addr, c.opt)
		for name, end := range map[string]*aiomas.Client{"dialled": dialled, "accepted": <-accepted} {
			raw, err := end.Channel().NetConn().(*net.TCPConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			var on, idle, interval, sent int
			err = raw.Control(func(fd uintptr) {
				on, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
				idle, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE)
				interval, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL)
				sent, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, 0x12) // TCP_USER_TIMEOUT
			})
			if err != nil || on != 1 || idle != c.want || interval != c.want {
				t.Errorf("%s: keep-alive %d, first probe after %d s, then every %d s, want %d (%v)", name, on, idle, interval, c.want, err)
			}
			if sent != 1000*c.sent {
				t.Errorf("%s: sent data may wait %d ms, want %d s", name, sent, c.sent)
			}
		}
	}
}
