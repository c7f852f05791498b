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
)

// unixListener removes its socket file when it closes, if the file is still its
// own: Python's servers replace the file of a living one, so that there can be a
// successor by then.
type unixListener struct {
	*net.UnixListener
	file string      // its absolute path; empty: there is none
	own  fs.FileInfo // of file
	once sync.Once
	err  error
}

// listenUnix listens at path, in the place of a socket file on which nobody
// listens any more, as a killed server leaves it.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "unix", path)
	if err != nil && removeStale(ctx, path) {
		ln, err = config.Listen(ctx, "unix", path)
	}
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

// Close closes the socket, after its file: as long as it is open, no other file
// has its inode.
func (l *unixListener) Close() error {
	l.once.Do(func() {
		if l.own != nil {
			removeSame(l.file, l.own)
		}
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// removeSame removes the file at path if it is still the one that own is of.
func removeSame(path string, own fs.FileInfo) bool {
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(now, own) && os.Remove(path) == nil
}

// removeStale removes the file of a Unix socket that nobody listens on. Python
// removes whatever socket is there.
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
	// Another server may have come in the meantime and done the same.
	return errors.Is(err, ConnectionRefused) && removeSame(path, info)
}

// abstract tells names that are not in the file system.
func abstract(path string) bool {
	return strings.HasPrefix(path, "@") && (runtime.GOOS == "linux" || runtime.GOOS == "android")
}
