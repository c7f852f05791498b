package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCall() *cobra.Command {
	var f connFlags
	var kwargs []string
	var asHex, indent bool
	var types int64
	cmd := &cobra.Command{
		Use:   "call ADDR PATH [ARG…]",
		Short: "Call a function and print its result",
		Long: `call calls the function PATH of the peer, and prints its result as one line of JSON.

ADDR is tcp://host:port, tcp+tls://host:port, unix:///path, host:port, a name of the configuration, or the address of
an agent, tcp://host:port/0, whose method PATH then is. An ARG in JSON is that value, NaN and Infinity too, and anything
else is text; @file and @- read one from a file or stdin.

What JSON cannot say, in results and arguments: {"__bytes__": "<base64>"}; {"__type__": [id, data]} for a custom type;
{"__dict__": [[key, value], …]} for a dict with keys that are no text. A service that the peer passes is
{"__proxy__": "path"}, and can be called as PATH.`,
		Example: `  aiomas call tcp://127.0.0.1:5555 add 1 --kw b=2.0
  aiomas call 127.0.0.1:5555 store @plan.json --pretty
  aiomas call tcp://127.0.0.1:5556/0 get_name`,
		Args: wants(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			call, err := reader{cmd.InOrStdin(), asHex}.call(args[1], args[2:], kwargs)
			if err != nil {
				return err
			}
			if err := f.resolve(cmd, args[0]); err != nil {
				return err
			}
			ctx, cancel := f.deadline(cmd.Context())
			defer cancel()
			p, err := f.dial(ctx, cmd)
			if err != nil {
				return err
			}
			defer func() { _ = p.ch.Close() }()
			if cmd.Flags().Changed("types") {
				p.proxies = types
			}
			call.Path = p.prefix + call.Path
			var result any
			if err := p.ch.Send(ctx, call, &result); err != nil {
				return err
			}
			return printResult(cmd, result, p.proxies, indent)
		},
	}
	f.add(cmd, 0)
	flags := cmd.Flags()
	flags.StringArrayVar(&kwargs, "kw", nil, "keyword argument `key=value`; can be repeated")
	flags.BoolVar(&asHex, "hex", false, "arguments are bytes, written in hex; those of @file are the file")
	flags.BoolVar(&indent, "pretty", false, "print the result for people")
	flags.Bool("traceback", false, "print the whole traceback of an exception")
	flags.Int64Var(&types, "types", 0, "`number` of custom types that the peer has, behind which it numbers services (default 0, for agents 1)")
	return cmd
}

func printResult(cmd *cobra.Command, v any, proxies int64, indent bool) error {
	format := formatJSON
	if indent {
		format = formatPretty
	}
	line, err := format(v, proxies)
	if err == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
	}
	return err
}
