//go:build !linux || !(amd64 || arm64)

package conversation

import (
	"errors"
	"time"
)

// ticker is for Linux only; see newTicker.
type ticker struct{}

func newTicker(time.Duration) (*ticker, error) { return nil, errors.ErrUnsupported }

func (*ticker) wait() error { return errors.ErrUnsupported }

func (*ticker) close() {}
