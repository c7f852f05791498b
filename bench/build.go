package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build builds the programs of directory peers and returns the directory of the results.
func build() (dir string, err error) {
	dir = filepath.Join("..", ".build", "bench-peers")
	for _, args := range [][]string{{"./peers/..."}, {"-tags", "aiomas_plain", "./peers/plain"}} {
		cmd := exec.Command("go", append([]string{"build", "-o", dir + string(filepath.Separator)}, args...)...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", cmd.Args, err)
		}
	}
	return dir, nil
}
