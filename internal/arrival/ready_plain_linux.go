//go:build aiomas_plain || !(amd64 || arm64)

package arrival

import "syscall"

// readyNow is syscall.EpollWait without waiting.
func readyNow(epfd int, events []syscall.EpollEvent) (int, error) {
	return syscall.EpollWait(epfd, events, 0)
}
