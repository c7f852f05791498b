package cli

import (
	"context"
	"strings"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/nats"
)

// isName reports whether addr is a name over NATS.
func isName(addr string) bool { return strings.HasPrefix(addr, "nats://") }

// openNames connects to the NATS server of --nats, if it is set.
func (f *connFlags) openNames(ctx context.Context) (end func(), err error) {
	if f.natsURL == "" {
		return func() {}, nil
	}
	if f.names, err = nats.Connect(ctx, f.natsURL, nats.Options{}); err != nil {
		return nil, err
	}
	return func() { _ = f.names.Close() }, nil
}

// transport returns the option for names, or nil without --nats.
func (f *connFlags) transport() aiomas.AddressOption {
	if f.names == nil {
		return nil
	}
	return aiomas.WithTransport("nats", f.names)
}
