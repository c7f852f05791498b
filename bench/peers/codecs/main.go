// Program codecs runs one case of package codecs.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/aiomas-go/aiomas-go/bench/internal/codecs"
	"github.com/aiomas-go/aiomas-go/bench/internal/proc"
)

func main() {
	name := flag.String("case", "", "the case `NAME`")
	profile := flag.String("cpuprofile", "", "write a CPU profile to `FILE`")
	flag.Parse()
	if err := proc.Profiled(*profile, func() error { return codecs.Run(*name) }); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
}
