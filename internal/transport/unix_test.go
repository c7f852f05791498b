package transport

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	ln, err := new(Settings).Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// reachable connects to path.
func reachable(path string) error {
	c, err := net.Dial("unix", path)
	if err == nil {
		_ = c.Close()
	}
	return err
}

// replace listens at path as Python's servers do, which remove any socket file there.
func replace(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
}

// A listener removes its own socket file, and nobody else's.
func TestSocketFileAtClose(t *testing.T) {
	for name, tc := range map[string]struct {
		between func(t *testing.T, path string)
		remains bool
	}{
		"own":       {func(*testing.T, string) {}, false},
		"successor": {replace, true},
		"gone": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}, false},
		"another directory": {func(t *testing.T, _ string) { t.Helper(); t.Chdir(t.TempDir()) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			path := filepath.Join(dir, "s")
			ln := listen(t, "unix:s")
			if got := ln.Addr().String(); got != "s" {
				t.Errorf("the address is %q", got)
			}
			tc.between(t, path)
			for range 2 {
				if err := ln.Close(); err != nil {
					t.Error(err)
				}
			}
			_, err := os.Lstat(path)
			if remains := !errors.Is(err, fs.ErrNotExist); remains != tc.remains {
				t.Errorf("the file remains: %v", remains)
			}
			if tc.remains && reachable(path) != nil {
				t.Errorf("the successor cannot be reached: %v", reachable(path))
			}
		})
	}
}

// The file that a killed server left is replaced; what is in use, or is no socket,
// is not.
func TestFileInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	killed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	killed.SetUnlinkOnClose(false)
	_ = killed.Close()
	ln := listen(t, "unix:"+path)
	if err := reachable(path); err != nil {
		t.Error(err)
	}
	if _, err := listenUnix(t.Context(), path); !errors.Is(err, addressInUse) {
		t.Errorf("a living server's path: %v", err)
	}
	if err := reachable(path); err != nil {
		t.Errorf("a living server after somebody else tried: %v", err)
	}
	_ = ln.Close()

	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenUnix(t.Context(), path); !errors.Is(err, addressInUse) {
		t.Errorf("a file that is no socket: %v", err)
	}
	if b, err := os.ReadFile(path); string(b) != "text" || err != nil {
		t.Errorf("it is now %q, %v", b, err)
	}
}

// An abstract name has no file: one of that name is nobody's business.
func TestAbstractName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("Linux has them")
	}
	t.Chdir(t.TempDir())
	name := "@aiomas-" + filepath.Base(t.TempDir()) + t.Name()
	file, err := net.Listen("unix", "./"+name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ln := listen(t, "unix:"+name)
	if err := reachable(name); err != nil {
		t.Error(err)
	}
	if _, err := listenUnix(t.Context(), name); !errors.Is(err, addressInUse) {
		t.Errorf("a name in use: %v", err)
	}
	_ = ln.Close()
	if err := reachable("./" + name); err != nil {
		t.Errorf("the file of that name: %v", err)
	}
	if err := reachable(name); !Unavailable(err) {
		t.Errorf("the name after close: %v", err)
	}
}

// Paths that the system would refuse without saying why, or cut short.
func TestImpossiblePaths(t *testing.T) {
	long := "/tmp/" + strings.Repeat("x", longestPath)
	for _, s := range []string{"unix://" + long, "unix:" + long[1:], "ipc://[" + long + "]"} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), "too long") {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := Parse("unix:///tmp/a\x00b"); err == nil {
		t.Error("a zero byte within a path")
	}
	a, err := Parse("unix:@" + strings.Repeat("x", longestPath-1))
	if err != nil || len(a.Addr) != longestPath {
		t.Errorf("got %v, %v", a, err)
	}
	// The longest one is one that the system takes.
	dir := t.TempDir()
	path := filepath.Join(dir, strings.Repeat("x", longestPath-len(dir)-1))
	listen(t, "unix://"+path)
	if _, err := net.Listen("unix", path+"x"); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("one byte more: %v", err)
	}
}

// Of several servers that replace the file of a dead one at the same moment, one
// listens: the others must not believe that they do.
func TestOneOfSeveralServersReplacesAStaleFile(t *testing.T) {
	for range 100 {
		path := filepath.Join(testnet.SocketDir(t), "s")
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		dead.SetUnlinkOnClose(false)
		_ = dead.Close()
		var listening atomic.Int32
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				<-start
				if ln, err := listenUnix(t.Context(), path); err == nil {
					listening.Add(1)
					t.Cleanup(func() { _ = ln.Close() })
				}
			})
		}
		close(start)
		wg.Wait()
		if n := listening.Load(); n != 1 {
			t.Fatalf("%d servers listen at one path", n)
		}
	}
}
