package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newGen() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Write Go and Python from source",
		Args:  wants(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGenGo(), newGenPython(), newGenParams())
	return cmd
}

// generated is the destination of generated source.
type generated struct {
	file  string // "" or "-": stdout
	check bool
}

func (g *generated) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&g.file, "output", "o", "-", "`file` to write, - for stdout")
	cmd.Flags().BoolVar(&g.check, "check", false, "write nothing; fail if the file is old")
}

func (g *generated) toStdout() bool { return g.file == "" || g.file == "-" }

func (g *generated) wrong() error {
	if g.check && g.toStdout() {
		return usagef("--check needs --output")
	}
	return nil
}

func (g *generated) put(cmd *cobra.Command, text []byte) error {
	switch {
	case g.toStdout():
		_, err := cmd.OutOrStdout().Write(text)
		return err
	case !g.check:
		return os.WriteFile(g.file, text, 0o644)
	}
	if was, err := os.ReadFile(g.file); err != nil || !bytes.Equal(was, text) {
		return fmt.Errorf("%s is old: run %s again", g.file, cmd.CommandPath())
	}
	return nil
}

// sourceName returns the name of a source in the generated file, without a path of this machine.
func sourceName(path string) string {
	if filepath.IsAbs(path) {
		path = filepath.Base(path)
	}
	return filepath.ToSlash(filepath.Clean(path))
}
