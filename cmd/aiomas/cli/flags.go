package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
	"github.com/aiomas-go/aiomas-go/nats"
)

// auto means that the codec is detected.
const auto = "auto"

// connFlags are the flags common to all connections of a command.
type connFlags struct {
	codecName        string
	timeout, retry   time.Duration
	ca, cert, key    string
	to               struct{ ca, cert, key string } // TLS files for the side of --to, instead of these
	maxFrame         size
	agentID, address string // of the peer, after resolve
	natsURL          string // set by --nats, which only some commands have
	names            *nats.Transport
}

// connFlagNames are the flags that the environment and the configuration file can set.
var connFlagNames = []string{"codec", "timeout", "retry", "tls-ca", "tls-cert", "tls-key", "max-frame"}

func (f *connFlags) add(cmd *cobra.Command, timeout time.Duration) {
	f.addCodec(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&f.timeout, "timeout", timeout, "`time` to have an answer, connecting included; 0 is none")
	flags.DurationVar(&f.retry, "retry", 0, "`time` to try again if nobody listens yet")
	flags.StringVar(&f.ca, "tls-ca", "", "`file` with the CA's certificate; turns TLS on")
	flags.StringVar(&f.cert, "tls-cert", "", "`file` with the certificate of this end")
	flags.StringVar(&f.key, "tls-key", "", "`file` with its private key")
}

// addToSide adds the TLS flags for the side of --to.
func (f *connFlags) addToSide(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.to.ca, "to-tls-ca", "", "`file` in place of --tls-ca for the side of --to")
	flags.StringVar(&f.to.cert, "to-tls-cert", "", "`file` in place of --tls-cert for the side of --to")
	flags.StringVar(&f.to.key, "to-tls-key", "", "`file` in place of --tls-key for the side of --to")
}

// toSide returns the flags for connections to the side of --to.
func (f *connFlags) toSide() *connFlags {
	to := *f
	to.ca, to.cert, to.key = cmp.Or(f.to.ca, f.ca), cmp.Or(f.to.cert, f.cert), cmp.Or(f.to.key, f.key)
	return &to
}

// addCodec adds the flags that concern only messages.
func (f *connFlags) addCodec(cmd *cobra.Command) {
	f.maxFrame = 64 << 20
	cmd.Flags().StringVar(&f.codecName, "codec", auto, "`codec`: json, msgpack, msgpack-blosc, or auto, which finds it out")
	cmd.Flags().Var(&f.maxFrame, "max-frame", "longest message that is read, in `bytes`; K, M and G are understood")
	_ = cmd.RegisterFlagCompletionFunc("codec", cobra.FixedCompletions(
		[]string{auto, "json", "msgpack", "msgpack-blosc"}, cobra.ShellCompDirectiveNoFileComp))
}

// resolve sets flags that are not on the command line from the environment and the configuration, where name may be a
// named address.
func (f *connFlags) resolve(cmd *cobra.Command, name string) error {
	address, err := settle(cmd, name)
	if err != nil {
		return err
	}
	if f.codecName != auto && record.CodecByName(f.codecName) == nil {
		return usagef("unknown codec %q: json, msgpack, msgpack-blosc or auto", f.codecName)
	}
	f.address, f.agentID, err = parseAddress(address)
	if err != nil {
		return err
	}
	if isName(f.address) && f.natsURL == "" {
		return usagef("%s needs the flag --nats of bridge", f.address)
	}
	if strings.HasPrefix(f.address, "tcp+tls:") && !f.toSide().tls() {
		return usagef("%s needs --tls-ca, --tls-cert and --tls-key", f.address)
	}
	return nil
}

func (f *connFlags) tls() bool { return f.ca != "" || f.cert != "" || f.key != "" }

// parseAddress parses an address as accepted by aiomas.Dial, host:port, or the address of an agent.
func parseAddress(s string) (addr, agentID string, err error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		if _, port, err := net.SplitHostPort(s); err != nil || port == "" {
			return "", "", usagef("%q is no address (tcp://host:port, tcp+tls://host:port, unix:///path, that of an agent) and none of the configuration", s)
		}
		return "tcp://" + s, "", nil
	}
	switch scheme {
	case "nats":
		name, id, _ := strings.Cut(rest, "/")
		return "nats://" + name, id, nil
	case "unix", "tcp", "tcp+tls", "ipc":
	default:
		return "", "", usagef("%q: unknown kind of address %s://", s, scheme)
	}
	if scheme == "ipc" || scheme != "unix" && strings.Contains(strings.TrimSuffix(rest, "/"), "/") {
		a, err := agent.ParseAddr(strings.Replace(s, "tcp+tls:", "tcp:", 1))
		if err != nil {
			return "", "", usageError{err}
		}
		if scheme == "ipc" {
			return "unix://" + a.Path, a.ID, nil
		}
		return scheme + "://" + net.JoinHostPort(a.Host, strconv.Itoa(a.Port)), a.ID, nil
	}
	if scheme != "unix" {
		s = strings.TrimSuffix(s, "/")
	}
	return s, "", nil
}

// deadline limits ctx by --timeout.
func (f *connFlags) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, f.timeout)
}

// dialOptions returns the options of a connection to the peer.
func (f *connFlags) dialOptions(cmd *cobra.Command, c codec.Codec) []aiomas.DialOption {
	opts := []aiomas.DialOption{f.options(cmd, c), aiomas.WithRetry(f.retry), f.transport()}
	if f.tls() && !strings.HasPrefix(f.address, "unix:") {
		opts = append(opts, aiomas.WithTLSFiles(f.ca, f.cert, f.key))
	}
	return opts
}

// options returns the options for both dialled and accepted connections.
func (f *connFlags) options(cmd *cobra.Command, c codec.Codec) aiomas.Option {
	opts := []aiomas.Option{
		aiomas.WithCodec(c), aiomas.WithLimits(aiomas.Limits{FrameIn: int64(f.maxFrame)}),
		aiomas.WithDecoding(all.Decoding()),
	}
	if l := logger(cmd); l != nil {
		opts = append(opts, aiomas.WithLogger(l))
	}
	return aiomas.WithOptions(opts...)
}

// logger returns the logger of --verbose, or nil without it.
func logger(cmd *cobra.Command) *slog.Logger {
	if on, _ := cmd.Flags().GetBool("verbose"); !on {
		return nil
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// size is a number of bytes.
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

func (s *size) Type() string { return "bytes" }

func (s *size) Set(text string) error {
	digits, unit := strings.TrimSuffix(strings.ToUpper(text), "B"), 1
	for i, u := range []string{"K", "M", "G"} {
		if d, ok := strings.CutSuffix(digits, u); ok {
			digits, unit = d, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > (1<<32-1)/int64(unit) {
		return fmt.Errorf("%q is no number of bytes from 1 to 4G", text)
	}
	*s = size(n * int64(unit))
	return nil
}
