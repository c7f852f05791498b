//go:build !linux

package arrival

import "syscall"

type poller struct{}

func (*poller) open() error { return ErrUnsupported }

func (*poller) close() {}

func (*poller) add(*member, syscall.RawConn) error { return ErrUnsupported }

func (*poller) remove(*member, syscall.RawConn) {}

func (*poller) wakeUp() {}

func (*poller) push(event) {}

func (*poller) wait([]event) []event { panic("unreachable: it does not open") }
