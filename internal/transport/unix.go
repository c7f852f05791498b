package transport

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// unixListener removes its socket file when it is closed, if the file is still its own: a server of
// Python replaces the file even if another server listens on it.
type unixListener struct {
	*net.UnixListener
	file string      // absolute path; empty: no file
	own  fs.FileInfo // identifies file
	once sync.Once
	err  error
}

// listenUnix listens at path. It replaces a socket file on which no server listens, which remains
// after a server was killed.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	ln, err := bindUnix(ctx, path)
	if err != nil {
		return nil, err
	}
	l := &unixListener{UnixListener: ln.(*net.UnixListener)}
	if !abstract(path) {
		l.SetUnlinkOnClose(false)
		if l.file, err = filepath.Abs(path); err == nil {
			l.own, err = os.Lstat(l.file)
		}
		if err != nil {
			_ = ln.Close()
			return nil, err
		}
	}
	return l, nil
}

// bindUnix binds a socket to path, one server at a time. Otherwise two servers that replace the same
// file could both succeed, and the first one would be unreachable: between bind and listen, a socket
// refuses connections, as if no server listened.
func bindUnix(ctx context.Context, path string) (net.Listener, error) {
	if !abstract(path) {
		unlock := lockDir(ctx, filepath.Dir(path))
		defer unlock()
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "unix", path)
	if err != nil && removeStale(ctx, path) {
		ln, err = config.Listen(ctx, "unix", path)
	}
	return ln, err
}

// lockWait bounds the wait for another server that binds a socket in the directory.
const lockWait = time.Second

// lockDir locks a directory against other servers of this library. If it cannot be locked in time,
// the caller continues without the lock.
func lockDir(ctx context.Context, dir string) (unlock func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	unlock = func() { _ = f.Close() }
	for end := time.Now().Add(lockWait); tryLock(f) == errLocked && time.Now().Before(end); { //nolint:errorlint // as it is returned
		t := time.NewTimer(time.Millisecond)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return unlock
		}
	}
	return unlock
}

// Close removes the file and closes the socket, in this order: while the socket is open, no other
// file has its inode.
func (l *unixListener) Close() error {
	l.once.Do(func() {
		if l.own != nil {
			removeSame(l.file, l.own)
		}
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// removeSame removes the file at path if it is the one identified by own.
func removeSame(path string, own fs.FileInfo) bool {
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(now, own) && os.Remove(path) == nil
}

// removeStale removes the file of a Unix socket on which no server listens. Python removes any
// socket file.
func removeStale(ctx context.Context, path string) bool {
	if abstract(path) {
		return false
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close()
		return false
	}
	// Another server may have replaced the file in the meantime.
	return errors.Is(err, ConnectionRefused) && removeSame(path, info)
}

// abstract reports whether path is an abstract name, without a file.
func abstract(path string) bool {
	return strings.HasPrefix(path, "@") && (runtime.GOOS == "linux" || runtime.GOOS == "android")
}
