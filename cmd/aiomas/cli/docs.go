package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newDocs() *cobra.Command {
	var man, reference string
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "Write the man pages and the reference page",
		Hidden: true,
		Args:   wants(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if man == "" && reference == "" {
				return usagef("want --man DIR or --reference FILE")
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if man != "" {
				if err := os.MkdirAll(man, 0o755); err != nil {
					return err
				}
				date := time.Unix(0, 0) // so that the pages of a version are reproducible
				if err := doc.GenManTree(root, &doc.GenManHeader{Title: "AIOMAS", Section: "1", Source: "aiomas", Manual: "aiomas", Date: &date}, man); err != nil {
					return err
				}
			}
			if reference == "" {
				return nil
			}
			return writeReference(root, reference)
		},
	}
	cmd.Flags().StringVar(&man, "man", "", "`directory` for the man pages")
	cmd.Flags().StringVar(&reference, "reference", "", "`file` for the reference page, in Markdown")
	return cmd
}

// writeReference writes one page that describes all commands.
func writeReference(root *cobra.Command, name string) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	fmt.Fprint(file, "# Commands of aiomas\n\nWritten by `aiomas docs`. [The command line](cli.md) shows them at work.\n\n")
	anchor := func(file string) string { return "#" + strings.TrimSuffix(file, ".md") }
	for _, c := range family(root) {
		fmt.Fprintf(file, "<a id=\"%s\"></a>\n\n", strings.ReplaceAll(c.CommandPath(), " ", "_"))
		if err := doc.GenMarkdownCustom(c, file, anchor); err != nil {
			return err
		}
	}
	return nil
}

// family returns a command and its documented subcommands, recursively.
func family(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, family(sub)...)
		}
	}
	return all
}
