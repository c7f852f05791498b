package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build builds the programs of folder peers and returns where they are.
func build() (dir string, err error) {
	dir = filepath.Join("..", ".build", "bench-peers")
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./peers/...")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%v: %w", cmd.Args, err)
	}
	return dir, nil
}
