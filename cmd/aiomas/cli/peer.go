package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// peer is a connection to a service whose functions are not known.
type peer struct {
	ch      *aiomas.Channel
	prefix  string // path of the agent
	proxies int64  // the id under which the peer sends services: after its custom types, of which a container has one
}

// nowhere is a path that no service has: a peer that replies to a call of it with an exception supports the codec.
const nowhere = "aiomas-probe"

// probeTime is how long a peer may take to show that it supports a codec before another one is tried.
const probeTime = 3 * time.Second

// dial connects to the peer that f is resolved to.
func (f *connFlags) dial(ctx context.Context, cmd *cobra.Command) (*peer, error) {
	if f.codecName != auto {
		p, err := f.dialCodec(ctx, cmd, record.CodecByName(f.codecName))
		if err != nil {
			return nil, err
		}
		return p, p.checkAgent(ctx, f)
	}
	var refused []error
	for _, c := range record.Codecs() {
		p, err := f.dialCodec(ctx, cmd, c)
		if err != nil {
			return nil, errors.Join(append(refused, err)...)
		}
		err = p.speaks(ctx)
		if err == nil {
			return p, p.checkAgent(ctx, f)
		}
		_ = p.ch.Close()
		if ctx.Err() != nil {
			return nil, err
		}
		refused = append(refused, fmt.Errorf("%s: %w", c.Name(), err))
	}
	return nil, dialError{fmt.Errorf("%s speaks none of the codecs: %w", f.address, errors.Join(refused...))}
}

func (f *connFlags) dialCodec(ctx context.Context, cmd *cobra.Command, c codec.Codec) (*peer, error) {
	ch, err := aiomas.DialChannel(ctx, f.address, f.dialOptions(cmd, c)...)
	if err != nil {
		return nil, dialError{err}
	}
	p := &peer{ch: ch}
	go p.refuse()
	return p, nil
}

// refuse replies to the calls of the peer with an exception: this side has no functions.
func (p *peer) refuse() {
	for {
		r, err := p.ch.Recv(context.Background())
		if err != nil {
			return
		}
		_ = r.Fail(context.Background(), aiomas.LookupError.New("the command line has no service")) // fails if the peer has disconnected
	}
}

// speaks returns an error if the peer does not support the codec: it then ends the connection, or does not reply.
func (p *peer) speaks(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTime, errSilent)
	defer cancel()
	err := p.ch.Send(ctx, &codec.Call{Path: nowhere, Args: []any{}, Kwargs: map[string]any{}}, nil)
	if remote := (*aiomas.RemoteError)(nil); errors.As(err, &remote) {
		return nil
	}
	return err
}

var errSilent = errors.New("no answer")

// checkAgent asks the container whether it has the agent, as each container does.
func (p *peer) checkAgent(ctx context.Context, f *connFlags) error {
	if f.agentID == "" {
		return nil
	}
	p.prefix, p.proxies = "agents/"+f.agentID+"/", 1
	var class any
	err := p.call(ctx, "validate_aid", &class, f.agentID)
	if err == nil && class == nil {
		err = fmt.Errorf("there is no agent %s at %s", f.agentID, f.address)
	}
	if err != nil {
		_ = p.ch.Close()
	}
	return err
}

// call calls a function of the peer's root.
func (p *peer) call(ctx context.Context, path string, result any, args ...any) error {
	return p.ch.Send(ctx, &codec.Call{Path: path, Args: args, Kwargs: map[string]any{}}, result)
}
