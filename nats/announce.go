package nats

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/micro"
)

// Announcement is the information about this process for the NATS command line: for "nats
// micro ls", "info" and "stats".
type Announcement struct {
	Name        string   // of the service: letters, digits, - and _; several processes may have the same name
	Version     string   // default "1.0.0"
	Description string   //
	Addresses   []string // of containers and servers, "nats://plant.b"
	// Counters returns data for stats in addition to [Transport.Counters], such as
	// aiomas.Metrics. It may be nil, and must be safe for concurrent use.
	Counters func() any
}

// Announce makes this process a NATS micro service until Stop is called on the result or
// the NATS connection is closed. Its only endpoint, at the subject PREFIX.addresses.NAME,
// replies with the addresses.
func (t *Transport) Announce(a Announcement) (micro.Service, error) {
	set(&a.Version, "1.0.0")
	list, err := json.Marshal(a.Addresses)
	if err != nil {
		return nil, fmt.Errorf("aiomas: NATS service: %w", err)
	}
	s, err := micro.AddService(t.nc, micro.Config{
		Name: a.Name, Version: a.Version, Description: a.Description,
		Metadata: map[string]string{"addresses": strings.Join(a.Addresses, " ")},
		StatsHandler: func(*micro.Endpoint) any {
			all := map[string]any{"transport": t.Counters()}
			if a.Counters != nil {
				all["aiomas"] = a.Counters()
			}
			return all
		},
		Endpoint: &micro.EndpointConfig{
			Subject: t.prefix + ".addresses." + a.Name,
			Handler: micro.HandlerFunc(func(r micro.Request) {
				if err := r.Respond(list); err != nil {
					t.opts.Logger.Error("NATS service: addresses not sent", "err", err)
				}
			}),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("aiomas: NATS service: %w", err)
	}
	if err := t.nc.FlushTimeout(t.opts.Timeout); err != nil { // then the server has the subscriptions
		return nil, errors.Join(fmt.Errorf("aiomas: NATS service: %w", err), s.Stop())
	}
	return s, nil
}
