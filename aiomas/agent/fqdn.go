package agent

import (
	"context"
	"net"
	"os"
	"strings"
)

// anyHost reports whether host stands for every interface of the machine.
func anyHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// fqdn returns the name of this machine as found by Python's socket.getfqdn: the first of the
// names of its address that contains a dot, else the first name, else the host name.
func fqdn(ctx context.Context) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", err
	}
	return qualify(ctx, host, net.DefaultResolver.LookupHost, net.DefaultResolver.LookupAddr), nil
}

type lookup func(ctx context.Context, name string) ([]string, error)

func qualify(ctx context.Context, host string, addresses, names lookup) string {
	addrs, err := addresses(ctx, host)
	if err != nil || len(addrs) == 0 {
		return host
	}
	all, err := names(ctx, addrs[0])
	if err != nil || len(all) == 0 {
		return host
	}
	for i, name := range all {
		all[i] = strings.TrimSuffix(name, ".")
		if strings.Contains(all[i], ".") {
			return all[i]
		}
	}
	return all[0]
}
