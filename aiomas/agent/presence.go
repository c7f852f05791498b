package agent

import (
	"context"
	"reflect"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// presence is what a container tells others about agents that they have not asked about.
type presence struct {
	runs    runs
	told    map[*aiomas.Client]struct{} // clients that know runs; some of them have ended
	removed bool                        // an agent was removed: nothing is told any more
	prune   int                         // the size of told from which on it is pruned
}

// exposeValidation adds what containers call to learn which agents exist.
func (c *Container) exposeValidation() {
	c.root.Expose("validate_aid", c.validateAID, aiomas.Params("aid"))
	c.root.Expose("validate_aids", c.validateAIDs, aiomas.Params("aids"))
	c.root.Expose("forget_agents", c.forgetAgents)
}

// validateAID tells peers whether an agent exists, and its class. It mirrors
// Container.validate_aid.
func (c *Container) validateAID(aid any) (*string, error) {
	id, ok := aid.(string)
	if !ok {
		if aid != nil && !reflect.TypeOf(aid).Comparable() {
			return nil, aiomas.TypeError.Errorf("unhashable type: %T", aid)
		}
		return nil, nil
	}
	a := c.Agent(id)
	if a == nil {
		return nil, nil
	}
	return &a.class, nil
}

// validateAIDs is validateAID for several agents: other containers in Go ask about many at
// once. It also tells the runs that have these agents.
func (c *Container) validateAIDs(ctx context.Context, aids []string) *validated {
	v := &validated{Classes: make([]*string, len(aids))}
	c.mu.Lock()
	defer c.mu.Unlock()
	told := make(map[int]bool)
	for i, id := range aids {
		a := c.byID[id]
		if a == nil {
			continue
		}
		v.Classes[i] = &a.class
		if r, in := c.present.runs.find(id); in && r.first < r.last && !told[r.first] {
			told[r.first] = true
			v.First, v.Last, v.Of = append(v.First, r.first), append(v.Last, r.last), append(v.Of, r.class)
		}
	}
	if len(told) > 0 {
		c.present.tell(aiomas.ClientFrom(ctx))
	}
	return v
}

// leastPrune is the least number of clients of which those that have ended are removed.
const leastPrune = 64

// tell records that client knows runs; the lock of the container is held.
func (p *presence) tell(client *aiomas.Client) {
	if p.told == nil {
		p.told, p.prune = make(map[*aiomas.Client]struct{}), leastPrune
	}
	p.told[client] = struct{}{}
	if len(p.told) < p.prune {
		return
	}
	for other := range p.told {
		if other.Err() != nil {
			delete(p.told, other)
		}
	}
	p.prune = max(2*len(p.told), leastPrune)
}

// added records a new agent; the lock of the container is held.
func (p *presence) added(id, class string) {
	if n, is := number(id); is && !p.removed {
		p.runs = p.runs.add(run{n, n, class})
	}
}

// gone is called when an agent was removed; c.mu is held. Containers that know runs are told once
// to forget them.
func (c *Container) gone() {
	p := &c.present
	for client := range p.told {
		if !c.closed && client.Err() == nil {
			c.work.Go(func() { _ = client.Remote("forget_agents").Call(c.ctx, nil) }) // it may have ended
		}
	}
	*p = presence{removed: true}
	if l := c.links[targetOf(c.addr)]; l != nil { // this program knows already
		l.agents.forget()
	}
}

// forgetAgents is called by a container that has removed an agent.
func (c *Container) forgetAgents(ctx context.Context) {
	client := aiomas.ClientFrom(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.links {
		if l.client == client {
			l.agents.forget()
		}
	}
}
