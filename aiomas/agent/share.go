package agent

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// Two containers that call each other have two connections, one made by each. With
// ShareConnections the second one is closed before it is used:
//
//  1. X has dialled Y. It calls share_connection(address of X, token, answered) there.
//  2. If Y has dialled that address before, it calls prove_connection(token, address of Y) on
//     that connection. Only who was dialled as Y can know the token.
//  3. If the address is the one that X has dialled, X knows that the connection on which the
//     call arrived is one to Y, and closes the one that it has dialled.
//
// If both dial at the same time, the one with the smaller address waits for its own attempt
// before it answers; and the other one does so if it is told that its question has already
// been answered with false, so that its connection will stay.
//
// No address is believed because a peer claims it: both have dialled the other's address,
// with TLS as well, and each result is bound to what was dialled. The address of Y in step 2
// keeps a third container from passing the token on to Y: calls meant for it would go to Y,
// in the name of X.

// ShareConnections makes the container use one connection with each container that it calls
// and that has called it before, instead of two. Both containers must have the option. It is
// not the default, because a container of Python's aiomas gets one more call for each
// connection, which it answers with a LookupError and is not affected by.
//
// On a shared connection made by the other container, the options of [WithIncoming] apply to
// calls of both sides, and its end is a lost connection as any other. A container that shuts
// down ends it at once when no handler of that connection runs, even if handlers of other
// connections hold proxies of it; Connect then makes a new one.
func ShareConnections() Option { return func(s *settings) { s.share = true } }

// proof is what prove_connection has said about a token.
type proof struct {
	target target         // the container to which the token was given
	client *aiomas.Client // the connection that it has made, or nil
}

// shareWait is how long a container that is asked to share a connection waits for its own
// attempt to connect to the other one.
var shareWait = 5 * time.Second

// exposeSharing adds what containers call for sharing.
func (c *Container) exposeSharing() {
	if c.set.share {
		c.proofs = make(map[string]*proof)
		c.answered = make(map[target]*aiomas.Client)
		c.root.Expose("share_connection", c.shareConnection, aiomas.Params("addr", "token", "answered"))
		c.root.Expose("prove_connection", c.proveConnection, aiomas.Params("token", "addr"))
	}
}

// shared returns the connection to use instead of the one that was just dialled: one that
// the other container has made, if it proves to be the same container.
func (c *Container) shared(ctx context.Context, t target, dialled *aiomas.Client) (client *aiomas.Client, incoming bool) {
	if !c.set.share || t == targetOf(c.addr) {
		return dialled, false
	}
	token := rand.Text()
	c.mu.Lock()
	proof := &proof{target: t}
	c.proofs[token] = proof
	other := c.answered[t]
	answered := other != nil && other.Err() == nil
	delete(c.answered, t)
	c.mu.Unlock()
	var is bool
	err := dialled.Remote("share_connection").Call(ctx, &is, c.addr.String(), token, answered)
	c.mu.Lock()
	defer c.mu.Unlock()
	client = proof.client
	delete(c.proofs, token)
	if err != nil || !is || client == nil || client == dialled || client.Err() != nil || c.leaving {
		return dialled, false // the error is that of Python, or the connection has ended
	}
	c.work.Go(func() { _ = dialled.Close() })
	return client, true
}

// containerAt parses the address of a container, as its String returns it.
func (c *Container) containerAt(addr string) (target, error) {
	a, err := c.set.transports.parse(addr + "0")
	return targetOf(a), err
}

// shareConnection reports whether the container has a connection of its own to addr, over
// which it has proved this to the caller with the token.
func (c *Container) shareConnection(ctx context.Context, addr, token string, answered bool) (bool, error) {
	t, err := c.containerAt(addr)
	if err != nil {
		return false, err
	}
	l := c.outgoing(ctx, t, answered || c.addr.String() < addr)
	if l == nil {
		return false, nil
	}
	var proved bool
	err = l.client.Remote("prove_connection").Call(ctx, &proved, token, c.addr.String())
	return proved && err == nil, nil
}

// mostAnswered limits core.answered.
const mostAnswered = 8192

// outgoing returns the connection that the container has made to t, or nil. With wait it
// waits for an attempt that is in progress.
func (c *Container) outgoing(ctx context.Context, t target, wait bool) *link {
	c.mu.Lock()
	l, a := c.links[t], c.attempts[t]
	if !l.usable() && a != nil && wait {
		c.mu.Unlock()
		timer := time.NewTimer(shareWait)
		defer timer.Stop()
		select {
		case <-a.done:
		case <-timer.C:
		case <-ctx.Done():
		}
		c.mu.Lock()
		l = c.links[t]
	}
	defer c.mu.Unlock()
	switch {
	case l != nil && !l.incoming && !c.leaving:
		return l
	case a == nil && len(c.answered) < mostAnswered:
		c.answered[t] = aiomas.ClientFrom(ctx)
	}
	return nil
}

// proveConnection records that the connection of this call is made by the container at addr.
// It reports whether the token was given to that container.
func (c *Container) proveConnection(ctx context.Context, token, addr string) (bool, error) {
	t, err := c.containerAt(addr)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.proofs[token]
	if p == nil || p.target != t {
		return false, nil
	}
	p.client = aiomas.ClientFrom(ctx)
	return true, nil
}
