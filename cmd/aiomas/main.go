// Command aiomas inspects, calls, records, bridges and measures running systems that use aiomas, in any language.
// docs/cli.md is its guide.
package main

import "github.com/aiomas-go/aiomas-go/cmd/aiomas/cli"

func main() { cli.Main() }
