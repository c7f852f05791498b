package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newGenPython() *cobra.Command {
	var out generated
	cmd := &cobra.Command{
		Use:   "python [PKG]",
		Short: "Write a Python client from Go source",
		Long: `python type-checks a Go package, with the go command, and writes a Python module that has for each router that the package makes,
and each agent that it registers, a class with the exposed functions: names, defaults, type hints and docstrings, as Params,
Defaults and KeywordStruct have them. What gen go wrote gets the signatures that it was made from. Structs become classes:
serializable ones for NewStructSerializer, named tuples for those that travel as lists, else typed dicts.

A default that is no constant is written as ..., with which nothing is passed. What cannot be found in the source is a line on
stderr with file and line.`,
		Example: `  aiomas gen python ./plant -o plant_client.py`,
		Args:    wants(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.wrong(); err != nil {
				return err
			}
			pkg := "."
			if len(args) > 0 {
				pkg = args[0]
			}
			l, err := loadPackage(cmd, pkg)
			if err != nil {
				return err
			}
			r := newGoReader(l)
			services := r.read()
			if len(services) == 0 {
				return fmt.Errorf("%s: nothing is exposed", pkg)
			}
			text := (&pythonWriter{r: r}).module(services)
			for _, n := range r.notes {
				fmt.Fprintln(cmd.ErrOrStderr(), printable(n, false))
			}
			return out.put(cmd, text)
		},
	}
	out.add(cmd)
	return cmd
}

// goPackage is a Go package with its types.
type goPackage struct {
	path  string
	set   *token.FileSet
	files []*ast.File
	info  *types.Info
	types *types.Package
}

// loadPackage parses and type-checks a package. Its imports are read from the export data of the go command.
func loadPackage(cmd *cobra.Command, pattern string) (*goPackage, error) {
	list := exec.CommandContext(cmd.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export,GoFiles,Dir,DepOnly", "--", pattern)
	if info, err := os.Stat(pattern); err == nil && info.IsDir() { // it may be in another module
		list.Args[len(list.Args)-1], list.Dir = ".", pattern
	}
	var stderr bytes.Buffer
	list.Stderr = &stderr
	answer, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w: %s", pattern, err, strings.TrimSpace(stderr.String()))
	}
	p := &goPackage{set: token.NewFileSet()}
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(answer)); ; {
		var one struct {
			ImportPath, Export, Dir string
			GoFiles                 []string
			DepOnly                 bool
		}
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[one.ImportPath] = one.Export
		if one.DepOnly {
			continue
		}
		if p.path != "" {
			return nil, usagef("%s is more than one package", pattern)
		}
		p.path = one.ImportPath
		for _, name := range one.GoFiles {
			file, err := parser.ParseFile(p.set, filepath.Join(one.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.files = append(p.files, file)
		}
	}
	lookup := func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	}
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	conf := types.Config{Importer: importer.ForCompiler(p.set, "gc", lookup)}
	p.types, err = conf.Check(p.path, p.set, p.files, p.info)
	return p, err
}
