package cli

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"
)

// listenHTTP listens for HTTP clients: only on this machine, unless clients need a token. flag is the name of the
// flag with the address.
func listenHTTP(ctx context.Context, flag, listen, token string) (net.Listener, error) {
	if !strings.Contains(listen, ":") {
		return nil, usagef("%s %s: want host:port", flag, listen)
	}
	if strings.HasPrefix(listen, ":") {
		listen = "127.0.0.1" + listen
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, err
	}
	if addr, ok := ln.Addr().(*net.TCPAddr); token == "" && ok && !addr.IP.IsLoopback() {
		_ = ln.Close()
		return nil, usagef("%s %s is open to other machines: that needs --token", flag, listen)
	}
	return ln, nil
}

// serveUntil serves until ctx ends.
func serveUntil(ctx context.Context, ln net.Listener, handler http.Handler) error {
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
		_ = srv.Close()
	})()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// allowedHost reports whether a request may be handled. Without a token, its Host must be this machine: a page of
// another site can make the name of its host resolve to this machine.
func allowedHost(r *http.Request, token string) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return token != "" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// hasToken reports whether a request has the required token, if one is required.
func hasToken(r *http.Request, token string) bool {
	return token == "" || sameToken(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), token)
}

func sameToken(given, token string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}
