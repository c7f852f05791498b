package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

func newPing() *cobra.Command {
	var f connFlags
	var count int
	var interval time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ping ADDR",
		Short: "Time round trips to a peer; its exit code is a health probe",
		Long: `ping connects, and times calls of a function that no peer has: the exception is an answer, too. It tells which codec
the peer speaks. The exit code is 0 if all were answered, 3 without a connection, 5 if an answer took longer than
--timeout: use "aiomas ping ADDR -c 1" as the health probe of a container.`,
		Args: wants(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.resolve(cmd, args[0]); err != nil {
				return err
			}
			return f.ping(cmd, count, interval, asJSON)
		},
	}
	f.add(cmd, 5*time.Second)
	cmd.Flags().IntVarP(&count, "count", "c", 4, "`number` of round trips; 0 is without end")
	cmd.Flags().DurationVarP(&interval, "interval", "i", time.Second, "`time` between them")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a line for each")
	return cmd
}

func (f *connFlags) ping(cmd *cobra.Command, count int, interval time.Duration, asJSON bool) error {
	start := time.Now()
	ctx, cancel := f.deadline(cmd.Context())
	p, err := f.dial(ctx, cmd)
	cancel()
	if err != nil {
		return err
	}
	defer func() { _ = p.ch.Close() }()
	out, name := cmd.OutOrStdout(), p.ch.Codec().Name()
	if !asJSON {
		fmt.Fprintf(out, "%s speaks %s, connected in %s\n", f.address, name, milliseconds(time.Since(start)))
	}
	var times []time.Duration
	for n := 0; count <= 0 || n < count; n++ {
		if n > 0 && !wait(cmd.Context(), interval) {
			break
		}
		took, err := f.roundTrip(cmd.Context(), p)
		if err != nil {
			if cmd.Context().Err() != nil {
				break
			}
			return err
		}
		times = append(times, took)
		if asJSON {
			fmt.Fprintf(out, `{"address": %q, "codec": %q, "seq": %d, "ms": %.3f}`+"\n", f.address, name, n, float64(took)/1e6)
		} else {
			fmt.Fprintf(out, "seq=%d time=%s\n", n, milliseconds(took))
		}
	}
	if !asJSON && len(times) > 0 {
		var sum time.Duration
		for _, t := range times {
			sum += t
		}
		fmt.Fprintf(out, "%d round trips: min %s, mean %s, max %s\n", len(times), milliseconds(slices.Min(times)),
			milliseconds(sum/time.Duration(len(times))), milliseconds(slices.Max(times)))
	}
	return nil
}

func (f *connFlags) roundTrip(ctx context.Context, p *peer) (time.Duration, error) {
	ctx, cancel := f.deadline(ctx)
	defer cancel()
	start := time.Now()
	err := p.call(ctx, p.prefix+nowhere, nil)
	took := time.Since(start)
	if remote := (*aiomas.RemoteError)(nil); errors.As(err, &remote) {
		err = nil
	}
	return took, err
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.3f ms", float64(d)/1e6) }

// wait waits for d, and reports whether ctx has not ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
