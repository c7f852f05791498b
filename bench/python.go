package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// findPythons finds or makes the interpreters: one as users get it today, one with a
// msgpack in C, which exists for Python 3.8 and 3.9 only, and one with aiomas_compat and
// the newest libraries. If they are missing, rows are left out, except in CI.
func (o *options) findPythons(r *suite.Runner) error {
	if r.Python != "" {
		return nil
	}
	var err error
	if r.Python, err = environment("--blosc", "../.build/bench-venv"); err != nil {
		if os.Getenv("CI") == "true" {
			return err
		}
		r.Log("rows with Python are left out: %v", err)
		return nil
	}
	if o.short {
		return nil
	}
	if r.PythonC, err = pythonC(); err != nil {
		r.Log("there is no Python with a msgpack in C: %v", err)
	}
	if r.PythonNew, err = environment("--compat", "../.build/bench-venv-new"); err != nil {
		r.Log("rows with aiomas_fast are left out: %v", err)
	}
	return nil
}

func pythonC() (string, error) {
	found, err := environment("--find")
	if err != nil {
		return "", err
	}
	base := ""
	for line := range strings.Lines(found) {
		if version, path, _ := strings.Cut(strings.TrimSpace(line), " "); version == "3.8" || version == "3.9" {
			base = path
		}
	}
	if base == "" {
		return "", errors.New("neither Python 3.8 nor 3.9 was found")
	}
	python, err := environment("--python", base, "--blosc", "../.build/bench-venv-c")
	if err != nil {
		return "", err
	}
	module, err := exec.Command(python, "-c", "import msgpack; print(msgpack.Packer.__module__)").Output()
	if err != nil {
		return "", err
	}
	if name := strings.TrimSpace(string(module)); name == "msgpack.fallback" {
		return "", fmt.Errorf("%s could not build it: is there a C compiler?", python)
	}
	return python, nil
}

// environment runs the script that makes virtual environments with real aiomas.
func environment(args ...string) (string, error) {
	cmd := exec.Command("sh", append([]string{"../interop/python/env.sh"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
