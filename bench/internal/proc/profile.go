package proc

import (
	"errors"
	"os"
	"runtime/debug"
	"runtime/pprof"
)

// Profiled calls f, and writes a CPU profile of it unless file is empty.
func Profiled(file string, f func() error) (err error) {
	if file == "" {
		return f()
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer func() {
		pprof.StopCPUProfile()
		err = errors.Join(err, out.Close())
	}()
	return f()
}

// modules returns the modules of this program.
func modules() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var all []string
	for _, m := range info.Deps {
		all = append(all, m.Path+" "+m.Version)
	}
	return all
}
