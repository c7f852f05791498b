package agent

import (
	"context"
	"errors"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// remoteAgents are the agents of another container whose existence was checked.
type remoteAgents struct {
	mu      sync.Mutex
	runs    runs                 // learned from answers about other agents
	removed bool                 // the container has removed agents, so that there are no runs
	known   map[string]string    // class names by ID, of agents in no run: at most mostKnown
	asked   map[string]*question // being asked about
	queue   []*question          // not asked yet
	asking  bool                 // a goroutine asks what is in the queue
	single  bool                 // the container has no validate_aids
	several bool                 // it has
}

// question asks whether the container has an agent.
type question struct {
	id    string
	wave  *wave
	class *string
	err   error
	old   bool // the answer may be older than the removal of an agent
}

// wave is questions that were asked at one time. Who waits for one of them waits for all.
type wave struct {
	open int           // not answered yet
	done chan struct{} // closed when all have class or err set
}

const (
	// mostKnown limits the agents remembered per connection: a program that connects to
	// new agents all the time must not use more and more memory.
	mostKnown = 8192
	// mostQuestions is the most agents in one call, so that the peer's limits are kept.
	mostQuestions = 1000
)

// known returns a proxy of an agent that is known to exist, or nil.
func (l *link) known(id, url string) *aiomas.Proxy {
	l.agents.mu.Lock()
	class, ok := l.agents.class(id)
	l.agents.mu.Unlock()
	if !ok {
		return nil
	}
	return l.proxy(id, url, class)
}

// class returns the class of an agent that is known to exist; r.mu is held.
func (r *remoteAgents) class(id string) (class string, known bool) {
	if run, found := r.runs.find(id); found {
		return run.class, true
	}
	class, known = r.known[id]
	return class, known
}

// remote returns a proxy without a name of its own.
func (l *link) remote(id string) *aiomas.Proxy { return l.client.Remote("agents", id) }

func (l *link) proxy(id, url, class string) *aiomas.Proxy {
	return l.remote(id).NamedBy(&proxyName{class, url})
}

// proxyName is the name of the proxy of an agent. Few are printed.
type proxyName struct{ class, url string }

// String implements [fmt.Stringer].
func (n *proxyName) String() string { return n.class + "Proxy(" + pyRepr(n.url) + ")" }

// agent returns a proxy of the agent, after the container has confirmed that the agent
// exists. Concurrent callers share the question.
func (l *link) agent(ctx context.Context, id, url string) (*aiomas.Proxy, error) {
	r := &l.agents
	r.mu.Lock()
	if class, ok := r.class(id); ok {
		r.mu.Unlock()
		return l.proxy(id, url, class), nil
	}
	q := r.question(id, &wave{})
	l.startAsking()
	r.mu.Unlock()
	return l.answer(ctx, q, url)
}

// questions asks about several agents.
func (l *link) questions(at []int, id func(i int) string) []*question {
	r := &l.agents
	list := make([]*question, len(at))
	var w *wave
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, i := range at {
		if k%mostQuestions == 0 {
			w = &wave{}
		}
		list[k] = r.question(id(i), w)
	}
	l.startAsking()
	return list
}

// question returns the question about an agent, which is added to w and to the queue unless it
// is asked already; r.mu is held.
func (r *remoteAgents) question(id string, w *wave) *question {
	if q := r.asked[id]; q != nil {
		return q
	}
	if w.open == 0 {
		w.done = make(chan struct{})
	}
	w.open++
	q := &question{id: id, wave: w}
	if r.asked == nil {
		r.asked = make(map[string]*question)
	}
	r.asked[id] = q
	r.queue = append(r.queue, q)
	return q
}

// startAsking starts the goroutine that asks, unless it runs; l.agents.mu is held.
func (l *link) startAsking() {
	if !l.agents.asking && len(l.agents.queue) > 0 {
		l.agents.asking = true
		go l.ask() // the caller may give up first
	}
}

// answer waits for the answer to a question.
func (l *link) answer(ctx context.Context, q *question, url string) (*aiomas.Proxy, error) {
	select {
	case <-q.wave.done:
	default:
		select {
		case <-q.wave.done:
		case <-ctx.Done():
			return nil, gaveUp(ctx)
		}
	}
	switch {
	case q.err != nil:
		return nil, q.err
	case q.class == nil:
		return nil, &pythonError{exception: &aiomas.Exception{
			Type:    "ConnectionError",
			Message: `Agent "` + q.id + `" does not exist in Container(` + l.target.addr().pyRepr() + ")",
			Err:     ErrNoAgent,
		}}
	}
	return l.proxy(q.id, url, *q.class), nil
}

// ask asks the container about the agents in the queue until the queue is empty or the
// connection has ended. Agents queued while the container has not answered are sent in one
// call. It mirrors Container._validate_aid.
func (l *link) ask() {
	r := &l.agents
	for {
		r.mu.Lock()
		batch := r.next()
		if len(batch) == 0 {
			r.queue, r.asking = nil, false
			r.mu.Unlock()
			return
		}
		single := r.single || len(batch) == 1 && !r.several
		r.mu.Unlock()
		if !single {
			single = !l.validateAll(batch)
		}
		if single {
			l.validateEach(batch)
		}
		r.answered(batch)
	}
}

// next removes the next questions from the queue, and answers those about agents that are known
// by now; r.mu is held.
func (r *remoteAgents) next() (batch []*question) {
	for len(r.queue) > 0 && len(batch) < mostQuestions {
		q := r.queue[0]
		r.queue = r.queue[1:]
		if class, known := r.class(q.id); known {
			q.class = &class
			r.answer(q)
			continue
		}
		batch = append(batch, q)
	}
	return batch
}

// answer ends a question; r.mu is held.
func (r *remoteAgents) answer(q *question) {
	delete(r.asked, q.id)
	if q.wave.open--; q.wave.open == 0 {
		close(q.wave.done)
	}
}

// validated is the result of validate_aids.
type validated struct {
	Classes []*string `aiomas:"classes"` // the results of validate_aid
	// Runs of agents that have some of those asked about: all agents with numbers from First to
	// Last exist, and are of the class Of.
	First []int    `aiomas:"first"`
	Last  []int    `aiomas:"last"`
	Of    []string `aiomas:"of"`
}

// validateAll asks about all agents of batch with one call, and learns about others. It returns
// false if each must be asked about by itself: because the container refuses the call, or one of the
// IDs cannot be sent.
func (l *link) validateAll(batch []*question) bool {
	ids := make([]string, len(batch))
	for i, q := range batch {
		ids[i] = q.id
	}
	var v validated
	err := l.client.Remote("validate_aids").Call(context.Background(), &v, ids)
	if err == nil && !v.fits(len(ids)) {
		err = errMisfit
	}
	l.agents.learn(&v, err)
	var (
		unsent  *aiomas.EncodeError
		refused *aiomas.RemoteError
	)
	if errors.As(err, &unsent) || errors.As(err, &refused) || isOther(err) {
		return false
	}
	for i, q := range batch {
		if q.err = err; err == nil {
			q.class = v.Classes[i]
		}
	}
	return true
}

// errMisfit means that a result is not one of validate_aids. Callers of Connect do not get it.
var errMisfit = errors.New("the result of validate_aids has other lengths")

// isOther reports whether err, of a call of validate_aids, means that the container has no such
// method, as those of Python's aiomas, or one with another result, as those of other versions may
// have.
func isOther(err error) bool {
	var unfit *aiomas.DecodeError
	return errors.Is(err, aiomas.LookupError) || errors.Is(err, errMisfit) || errors.As(err, &unfit)
}

// learn records what validate_aids has returned.
func (r *remoteAgents) learn(v *validated, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.single, r.several = isOther(err), err == nil
	if err != nil || r.removed {
		return
	}
	for i := range v.Of {
		r.runs = r.runs.add(run{v.First[i], v.Last[i], v.Of[i]})
	}
}

// fits reports whether v can be the result for n agents.
func (v *validated) fits(n int) bool {
	return len(v.Classes) == n && len(v.First) == len(v.Of) && len(v.Last) == len(v.Of)
}

// forget forgets what was learned about agents, since the container has removed one.
func (r *remoteAgents) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs, r.known, r.removed = nil, nil, true
	for _, q := range r.asked {
		q.old = true
	}
}

// validateEach asks about each agent with a call of its own, without waiting in between.
func (l *link) validateEach(batch []*question) {
	calls := make([]*aiomas.Pending, len(batch))
	for i, q := range batch {
		calls[i] = l.client.Remote("validate_aid").Go(context.Background(), &q.class, q.id)
	}
	for i, q := range batch {
		q.err = calls[i].Wait(context.Background())
	}
}

// answered wakes the callers and remembers the agents that exist. Others are asked about
// again: they may exist by then.
func (r *remoteAgents) answered(batch []*question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = make(map[string]string)
	}
	for _, q := range batch {
		if q.err == nil && q.class != nil && !q.old {
			if _, known := r.class(q.id); !known {
				r.remember(q.id, *q.class)
			}
		}
		r.answer(q)
	}
}

// remember adds an agent to known, and removes any other one if there are too many; r.mu is
// held.
func (r *remoteAgents) remember(id, class string) {
	for other, name := range r.known {
		if name == class {
			class = name // one text for many agents
		}
		if len(r.known) >= mostKnown {
			delete(r.known, other)
		}
		break
	}
	r.known[id] = class
}
