package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"
)

// listenHTTP listens for browsers and the like: on this machine only, unless whoever asks must have a token. flag is the
// one that says where.
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

// allowedHost tells, where no token is demanded, whether a request was meant for this machine: that of a page of another
// site, whose name was made to point here, was not.
func allowedHost(r *http.Request, token string) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return token != "" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// hasToken tells whether a request has the token that is demanded, if one is.
func hasToken(r *http.Request, token string) bool {
	return token == "" || sameToken(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), token)
}

func sameToken(given, token string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}
