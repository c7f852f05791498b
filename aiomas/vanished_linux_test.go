package aiomas_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// vanishing says to this program that it is the child of TestVanishedPeer.
const vanishing = "AIOMAS_TEST_VANISHING"

// A peer that vanishes with a request unacknowledged is noticed: TCP's keep-alive
// does not run then, and the system by itself sends again for a quarter of an
// hour. The network that goes away is one of the child process's own.
func TestVanishedPeer(t *testing.T) {
	if os.Getenv(vanishing) != "" {
		callVanished(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestVanishedPeer$", "-test.v")
	cmd.Env = append(os.Environ(), vanishing+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		t.Errorf("%v\n%s", err, out)
	case os.Getenv("CI") == "true":
		t.Errorf("no network of its own for a child: %v", err)
	default:
		t.Skipf("NOT TESTED: a vanished peer, for a child cannot have a network of its own here: %v", err)
	}
}

func callVanished(t *testing.T) {
	t.Helper()
	loopback(t, true)
	_, addr := startServer(t, echoService())
	patience := aiomas.WithLimits(aiomas.Limits{KeepAlive: 100 * time.Millisecond, WriteTimeout: 100 * time.Millisecond})
	c := dial(t, addr, patience)
	if err := c.Remote("echo").Call(t.Context(), nil, 1); err != nil {
		t.Fatal(err)
	}
	loopback(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := c.Remote("echo").Call(ctx, nil, 2)
	loopback(t, true)
	if !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("the call of a vanished peer: %v", err)
	}
}

// loopback switches the network's only interface on or off.
func loopback(t *testing.T, on bool) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	request := struct { // struct ifreq
		name  [16]byte
		flags uint16
		_     [22]byte
	}{name: [16]byte{'l', 'o'}}
	if on {
		request.flags = syscall.IFF_UP
	}
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); e != 0 { //nolint:gosec // there is no other way
		t.Fatal(e)
	}
}
