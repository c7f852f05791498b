package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// variants are builds of this library with the tags aiomas_plain and so on.
var variants = []string{"plain", "noheartbeat", "noinline"}

// build builds the programs of directory peers and returns the directory of the results.
func build() (dir string, err error) {
	dir = filepath.Join("..", ".build", "bench-peers")
	commands := [][]string{{"-o", dir + string(filepath.Separator), "./peers/..."}}
	for _, v := range variants {
		commands = append(commands, []string{"-o", filepath.Join(dir, v), "-tags", "aiomas_" + v, "-ldflags", "-X main.name=" + v, "./peers/variant"})
	}
	for _, args := range commands {
		cmd := exec.Command("go", append([]string{"build"}, args...)...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", cmd.Args, err)
		}
	}
	return dir, nil
}
