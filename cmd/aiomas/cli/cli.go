// Package cli has the commands of the command line aiomas. Programs that link it need no second file for health probes
// and for a look at a running system: a program may be aiomas when it is started by that name. docs/cli.md is the guide.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Main runs the command line of this process and exits with its exit code. It ends in order on SIGINT and SIGTERM.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Run runs one command line, without the name of the program, until it ends or ctx does, and returns its exit code. Only
// results are written to stdout.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(protectNegatives(root, args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return report(cmd, err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "aiomas",
		Short: "Look at, call, record, bridge and measure systems that speak aiomas",
		Long: `aiomas looks at, calls, records, bridges and measures running systems that speak aiomas, Python's or Go's.

Exit codes: 0; 1 failed here; 2 wrong usage; 3 no connection; 4 the peer raised; 5 timeout.
Each flag of a connection can be set by the environment, --codec by AIOMAS_CODEC, or in a file, see --config.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.Flags().Bool("version", false, "print the version")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().String("config", "", "`file` with settings and named addresses (default aiomas/config.yaml in the user's configuration directory)")
	root.PersistentFlags().BoolP("verbose", "v", false, "log what connections do to stderr")
	root.AddCommand(newCall(), newPing(), newServe(), newTap(), newWeb(), newDecode(), newReplay(), newDiff(), newBridge(), newBench(), newAgents(), newGen(), newDocs())
	return root
}

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unknown command %q; aiomas --help lists them", args[0])
	}
	return nil
}

// negative marks an argument that begins with "-" and is a number, not a flag. Arguments of a process cannot contain
// NUL.
const negative = "\x00"

// protectNegatives marks numbers such as -1, which pflag would parse as flags, except values of flags.
func protectNegatives(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil {
		return args
	}
	marked := slices.Clone(args)
	for i, a := range args {
		number := len(a) > 1 && a[0] == '-' && (a[1] >= '0' && a[1] <= '9' || a[1] == '.' || a == "-Infinity")
		if number && (i == 0 || !takesValue(cmd, args[i-1])) {
			marked[i] = negative + a
		}
	}
	return marked
}

// takesValue reports whether an argument is a flag whose value is the next argument.
func takesValue(cmd *cobra.Command, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	var f *pflag.Flag
	switch {
	case long && name != "":
		f = cmd.Flags().Lookup(name)
	case !long && len(arg) == 2 && arg[0] == '-':
		f = cmd.Flags().ShorthandLookup(arg[1:])
	}
	return f != nil && f.NoOptDefVal == ""
}

// wants checks the number of positional arguments, where most is -1 for no limit, and removes the marks of
// protectNegatives.
func wants(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for i, a := range args {
			if len(a) > 0 && a[:1] == negative {
				args[i] = a[1:]
			}
		}
		switch {
		case len(args) < least:
			return usagef("too few arguments: %s", cmd.UseLine())
		case most >= 0 && len(args) > most:
			return usagef("too many arguments: %s", cmd.UseLine())
		}
		return nil
	}
}

// version returns the version of this module, also in a program that links it.
func version() string {
	const module = "github.com/aiomas-go/aiomas-go/cmd/aiomas"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && m.Version != "" {
			return m.Version
		}
	}
	return "unknown"
}
