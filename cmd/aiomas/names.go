package main

import (
	"context"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
)

// isName tells the addresses of names over NATS.
func isName(addr string) bool { return strings.HasPrefix(addr, "nats://") }

// openNames connects to the NATS server of --nats, if there is one.
func (f *connFlags) openNames(ctx context.Context) (end func(), err error) {
	if f.natsURL == "" {
		return func() {}, nil
	}
	if f.names, err = nats.Connect(ctx, f.natsURL, nats.Options{}); err != nil {
		return nil, err
	}
	return func() { _ = f.names.Close() }, nil
}

// transport is the option for names, nil without --nats.
func (f *connFlags) transport() aiomas.AddressOption {
	if f.names == nil {
		return nil
	}
	return aiomas.WithTransport("nats", f.names)
}
