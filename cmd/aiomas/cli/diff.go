package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aiomas-go/aiomas-go/codec/record"
)

func newDiff() *cobra.Command {
	var ignore []string
	limit := size(64 << 20)
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two recordings: what was asked, and what was answered",
		Long: `diff compares the calls of two recordings or captures, whatever connections they came by: calls of the same function with
the same arguments are compared in their order. The codecs, ids, times and the frames of tracebacks do not count. The exit
code is 1 if there is a difference.`,
		Args: wants(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPatterns("ignore", ignore); err != nil {
				return err
			}
			var calls [2]*byKey
			for i, name := range args {
				all, err := conversations(cmd, name, int64(limit))
				if err != nil {
					return err
				}
				calls[i] = sortByKey(all, ignore)
			}
			return compare(cmd, calls[0], calls[1])
		},
	}
	cmd.Flags().StringArrayVar(&ignore, "ignore", nil, "leave out paths that match a `pattern`; can be repeated")
	cmd.Flags().Var(&limit, "max-frame", "longest message that is read, in `bytes`")
	return cmd
}

// byKey has exchanges by side and request, in the order of the first request of each.
type byKey struct {
	keys []string
	all  map[string][]*exchange
}

func sortByKey(all []*conversation, ignore []string) *byKey {
	sorted := &byKey{all: map[string][]*exchange{}}
	for _, c := range all {
		for side, asked := range c.asked {
			for _, x := range asked {
				if matches(ignore, x.request.Path) {
					continue
				}
				key := record.Side(side).String() + " " + x.key()
				if sorted.all[key] == nil {
					sorted.keys = append(sorted.keys, key)
				}
				sorted.all[key] = append(sorted.all[key], x)
			}
		}
	}
	return sorted
}

func compare(cmd *cobra.Command, a, b *byKey) error {
	out := cmd.OutOrStdout()
	same, different := 0, 0
	differ := func(format string, args ...any) {
		different++
		fmt.Fprintf(out, format, args...)
	}
	for _, key := range a.keys {
		as, bs := a.all[key], b.all[key]
		if len(as) != len(bs) {
			differ("%s\n  asked %d times in A, %d times in B\n", printable(key, false), len(as), len(bs))
		}
		for i := range min(len(as), len(bs)) {
			x, y := said(as[i].reply), said(bs[i].reply)
			if x == y {
				same++
				continue
			}
			differ("%s\n  A: %s\n  B: %s\n", printable(key, false), printable(x, false), printable(y, false))
		}
	}
	for _, key := range b.keys {
		if a.all[key] == nil {
			differ("%s\n  asked 0 times in A, %d times in B\n", printable(key, false), len(b.all[key]))
		}
	}
	fmt.Fprintf(out, "%d the same, %d different\n", same, different)
	if different > 0 {
		return silentError(exitFailed)
	}
	return nil
}
