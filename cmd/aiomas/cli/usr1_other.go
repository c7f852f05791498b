//go:build !unix

package cli

// onUSR1 does nothing: this system has no such signal.
func onUSR1(func()) (stop func()) { return func() {} }
