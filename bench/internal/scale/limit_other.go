//go:build !linux

package scale

import "errors"

// HasLimit reports whether limits can be measured here.
const HasLimit = false

// LimitMember is the main function of a process of a limit.
func LimitMember(string) error { return errors.ErrUnsupported }
