// Package embedded runs a NATS server within the process: for tests, and for systems on one
// machine that need no separate server. Only programs that import it contain the server.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
)

// Options are the options of a server. The zero value is for a server on a free port of
// 127.0.0.1, without JetStream.
type Options struct {
	Host string // to listen on; default 127.0.0.1
	Port int    // 0 for any free port; the usual port of NATS is 4222
	// Store is the directory for the data of JetStream, which package directory needs. If
	// it is empty, there is no JetStream.
	Store string
	// Config is a configuration file of nats-server, for example for accounts and clusters.
	// The fields above override it.
	Config string
}

// Server is a running NATS server.
type Server struct{ s *server.Server }

// Start starts a server and returns when it accepts connections.
func Start(ctx context.Context, o Options) (*Server, error) {
	opts := &server.Options{}
	if o.Config != "" {
		var err error
		if opts, err = server.ProcessConfigFile(o.Config); err != nil {
			return nil, fmt.Errorf("aiomas: NATS server: %w", err)
		}
	}
	if opts.Host == "" || o.Host != "" {
		opts.Host = o.Host
	}
	if opts.Host == "" {
		opts.Host = "127.0.0.1"
	}
	if o.Port != 0 {
		opts.Port = o.Port
	} else if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if o.Store != "" {
		opts.JetStream, opts.StoreDir = true, o.Store
	}
	opts.NoSigs, opts.NoLog = true, true
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("aiomas: NATS server: %w", err)
	}
	s.Start()
	for !s.ReadyForConnections(20 * time.Millisecond) {
		if ctx.Err() != nil || !s.Running() {
			s.Shutdown()
			return nil, errors.Join(errors.New("aiomas: the NATS server did not start"), context.Cause(ctx))
		}
	}
	return &Server{s}, nil
}

// URL returns the address for clients, "nats://127.0.0.1:4222".
func (s *Server) URL() string { return s.s.ClientURL() }

// InProcess is an option for nats.Connect: connections are made within this process, without
// sockets, which takes less time.
func (s *Server) InProcess() client.Option { return client.InProcessServer(s.s) }

// Close stops the server and waits for its end.
func (s *Server) Close() error {
	s.s.Shutdown()
	s.s.WaitForShutdown()
	return nil
}

// NATS returns the server, for functions that this package does not have.
func (s *Server) NATS() *server.Server { return s.s }
