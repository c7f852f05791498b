package agent

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/errtext"
)

// ConnectError is the error of [Container.ConnectAll] for one address.
type ConnectError struct {
	URL string // the address, as it was passed
	Err error  // what Connect returns
}

// Error implements error.
func (e *ConnectError) Error() string {
	return fmt.Sprintf("aiomas: connect to %s: %s", e.URL, errtext.Of(e.Err))
}

// Unwrap returns Err.
func (e *ConnectError) Unwrap() error { return e.Err }

// connectErrors are several errors; its text has only the first ones.
type connectErrors []error

const mostTexts = 10

func (e connectErrors) Error() string {
	texts := make([]string, 0, mostTexts+1)
	for _, err := range e[:min(len(e), mostTexts)] {
		texts = append(texts, err.Error())
	}
	if more := len(e) - mostTexts; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "\n")
}

func (e connectErrors) Unwrap() []error { return e }

// ConnectAll is [Container.Connect] for many addresses at once, in place of a goroutine for each:
// it connects to their containers at the same time, and asks each container about all its agents
// together. With [aiomas.Proxy.Go] one goroutine can so reach and call any number of agents. It
// mirrors asyncio.gather(*[container.connect(url) for url in urls]).
//
// The result has the proxy of each address at the same place, also if an address is there several
// times. If there is an error, the proxies of the other addresses are returned as well, and nil in
// the places of those that failed. The error is a [*ConnectError], or several of them, joined in the
// order of their addresses. When ctx ends, the addresses that are not connected to have its error.
func (c *Container) ConnectAll(ctx context.Context, urls []string, opts ...ConnectOption) ([]*aiomas.Proxy, error) {
	all := &connecting{container: c, set: newConnectSettings(opts), urls: urls, proxies: make([]*aiomas.Proxy, len(urls))}
	if list := all.unknown(); len(list) > 0 {
		_ = aiomas.Await(ctx, func() error {
			all.ask(ctx, list)
			return nil
		})
	}
	return all.proxies, all.err()
}

// connecting is one ConnectAll.
type connecting struct {
	container *Container
	set       connectSettings
	urls      []string
	proxies   []*aiomas.Proxy

	mu   sync.Mutex
	errs []error // by address; nil: none
}

// bundle is the addresses of one container that have no proxy yet.
type bundle struct {
	target target
	prefix int   // length of the part of the addresses before the agent's ID
	at     []int // their places
}

// unknown makes the proxies that need no message, and returns the other addresses by container. They
// are parsed once for each container.
func (all *connecting) unknown() (list []*bundle) {
	var byPrefix map[string]*bundle
	for i, url := range all.urls {
		if all.proxies[i] = all.container.known(url, all.set.unchecked); all.proxies[i] != nil {
			continue
		}
		b := byPrefix[containerOf(url)]
		if b == nil || b.prefix == len(url) {
			addr, err := all.container.set.transports.parse(url)
			if err != nil {
				all.fail(i, err)
				continue
			}
			prefix := url[:len(url)-len(addr.ID)] // an ID may have slashes
			if b = byPrefix[prefix]; b == nil {
				if byPrefix == nil {
					byPrefix = make(map[string]*bundle)
				}
				b = &bundle{target: targetOf(addr), prefix: len(prefix)}
				byPrefix[prefix] = b
				list = append(list, b)
			}
		}
		b.at = append(b.at, i)
	}
	return list
}

// known makes the proxies of agents that are known to exist by now, or need not be known to. The
// others remain in b.
func (all *connecting) known(b *bundle, l *link) {
	rest := b.at[:0]
	if !all.set.unchecked {
		l.agents.mu.Lock()
		defer l.agents.mu.Unlock()
	}
	for _, i := range b.at {
		url := all.urls[i]
		id := url[b.prefix:]
		if all.set.unchecked {
			all.proxies[i] = l.remote(id)
		} else if class, known := l.agents.class(id); known {
			all.proxies[i] = l.proxy(id, url, class)
		} else {
			rest = append(rest, i)
		}
	}
	b.at = rest
}

// ask connects to the containers and asks them about their agents, all at the same time.
func (all *connecting) ask(ctx context.Context, list []*bundle) {
	var wg sync.WaitGroup
	for _, b := range list[1:] {
		wg.Go(func() { all.askOne(ctx, b) })
	}
	all.askOne(ctx, list[0])
	wg.Wait()
}

// askOne is ask for one container.
func (all *connecting) askOne(ctx context.Context, b *bundle) {
	for first := true; len(b.at) > 0; first = false {
		l, err := all.container.connect(ctx, b.target, all.set.retry)
		if err != nil {
			for _, i := range b.at {
				all.fail(i, err)
			}
			return
		}
		if all.known(b, l); len(b.at) == 0 {
			return
		}
		all.answers(ctx, b, l, first)
	}
}

// answers asks about the agents of b and waits for the answers. With again, the agents remain in b of
// which nothing is known because the connection ended before it was used.
func (all *connecting) answers(ctx context.Context, b *bundle, l *link, again bool) {
	questions := l.questions(b.at, func(i int) string { return all.urls[i][b.prefix:] })
	rest := b.at[:0]
	for k, i := range b.at {
		proxy, err := l.answer(ctx, questions[k], all.urls[i])
		switch {
		case err == nil:
			all.proxies[i] = proxy
		case again && l.unused(ctx):
			rest = append(rest, i)
		default:
			all.fail(i, err)
		}
	}
	b.at = rest
}

// fail records the error of an address.
func (all *connecting) fail(i int, err error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.errs == nil {
		all.errs = make([]error, len(all.urls))
	}
	all.errs[i] = &ConnectError{URL: all.urls[i], Err: err}
}

// err returns all errors.
func (all *connecting) err() error {
	var errs connectErrors
	for _, err := range all.errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return errs
}
