package cli

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func newGenGo() *cobra.Command {
	var out generated
	var python, pkg string
	cmd := &cobra.Command{
		Use:   "go FILE.py[:CLASS[,CLASS]]…",
		Short: "Write typed Go from Python source",
		Long: `go reads Python source, of - from stdin, by Python's own ast, nothing of it is imported or run, and writes for each class with exposed
methods, and each ServiceDict:

  MathClient         its methods, typed; arguments that have defaults are options: client.Add(ctx, 1, MathAddB(2))
  MathService        the interface of a service in Go that serves the same
  UnimplementedMath  a MathService that raises NotImplementedError, to embed
  NewMathRouter      a router that serves a MathService; for agents there is RegisterMath, too

Dataclasses and @serializable classes become structs with serializers. A hint that is missing is any. What Go cannot
express is a comment in what is written, and a line on stderr with file and line.`,
		Example: `  aiomas gen go plant.py -o plant/plant_aiomas.go --package plant
  aiomas gen go plant.py:Turbine,Pump`,
		Args: wants(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.wrong(); err != nil {
				return err
			}
			if pkg == "" {
				pkg = packageName(out.file)
			} else if !token.IsIdentifier(pkg) {
				return usagef("%q cannot be the name of a package", pkg)
			}
			m, err := readPython(cmd.Context(), python, cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			g := newGoWriter(m)
			text, err := g.file(pkg)
			if err != nil {
				return err
			}
			for _, n := range g.notes {
				fmt.Fprintln(cmd.ErrOrStderr(), printable(n, false))
			}
			return out.put(cmd, text)
		},
	}
	out.add(cmd)
	cmd.Flags().StringVar(&python, "python", "python3", "`interpreter` whose ast reads the source, 3.8 or newer; its syntax is what is understood")
	cmd.Flags().StringVar(&pkg, "package", "", "`name` of the Go package (default that of the output's directory)")
	return cmd
}

// packageName returns the package name for a file to be written.
func packageName(file string) string {
	dir, err := filepath.Abs(filepath.Dir(file))
	if file == "" || file == "-" || err != nil {
		return "main"
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(filepath.Base(dir)))
	if !token.IsIdentifier(name) {
		return "main"
	}
	return name
}

// The output of interface.py.
type (
	pyModel struct {
		Services []pyService
		Types    []pyType
		Notes    []pyNote
		Error    string

		sources []string
	}
	pyService struct {
		Name, Path, Doc string
		Line            int
		Agent           bool
		Methods         []pyMethod
		Subs            []struct{ Name, Service string }
	}
	pyMethod struct {
		Name, Path, Doc string
		Line            int
		Params          []pyParam
		Result          *pyHint
	}
	pyParam struct {
		Name, Kind string // only, normal, args, keyword, kwargs
		Hint       *pyHint
		Default    *pyLiteral
	}
	pyType struct {
		Name, Path, Doc string
		Line            int
		Travels         string // serializable, dataclass, list, dict
		Fields          []struct {
			Name string
			Hint *pyHint
		}
	}
	pyNote struct {
		Path, Text string
		Line       int
	}
	pyHint struct {
		Name string      `json:"n"`
		Args []pyHint    `json:"a"`
		Lit  []pyLiteral `json:"lit"`
		Text string      // of ?, for a hint that is not a name
	}
	pyLiteral struct {
		Kind  string      `json:"k"` // None, True, False, int, float, str, bytes, list, tuple, dict, expr
		Value string      `json:"v"`
		Items []pyLiteral `json:"a"`
	}
)

//go:embed gen/interface.py
var interfaceScript string

// readPython parses Python files with the ast module of an interpreter. args are files, optionally with the names of
// classes.
func readPython(ctx context.Context, python string, stdin io.Reader, args []string) (*pyModel, error) {
	type source struct {
		Path   string `json:"path"`
		Source []byte `json:"source"`
	}
	var sources []source
	wanted := map[string][]string{}
	for _, a := range args {
		path, classes, some := cutClasses(a)
		var text []byte
		var err error
		if path == "-" {
			text, err = io.ReadAll(stdin)
		} else {
			text, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, err
		}
		name := sourceName(path)
		if path == "-" {
			name = "stdin"
		}
		if some {
			wanted[name] = append(wanted[name], strings.Split(classes, ",")...)
		}
		if !slices.ContainsFunc(sources, func(s source) bool { return s.Path == name }) {
			sources = append(sources, source{name, text})
		}
	}
	input, err := json.Marshal(sources)
	if err != nil {
		return nil, err
	}
	// The interpreter is isolated, so that modules beside the source cannot replace those of the standard library.
	const bootstrap = "import sys; sys.version_info >= (3, 8) or sys.exit('Python 3.8 or newer is needed'); exec(sys.stdin.buffer.read(int(sys.argv[1])).decode())"
	cmd := exec.CommandContext(ctx, python, "-I", "-S", "-X", "utf8", "-c", bootstrap, strconv.Itoa(len(interfaceScript)))
	cmd.Stdin = io.MultiReader(strings.NewReader(interfaceScript), bytes.NewReader(input))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w; --python names an interpreter", err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", python, err, strings.TrimSpace(stderr.String()))
	}
	m := &pyModel{}
	if err := json.Unmarshal(answer, m); err != nil {
		return nil, fmt.Errorf("%s: %w", python, err)
	}
	if m.Error != "" {
		return nil, errors.New(m.Error)
	}
	for _, s := range sources {
		m.sources = append(m.sources, s.Path)
	}
	return m, m.keep(wanted)
}

// cutClasses splits FILE.py:CLASS.
func cutClasses(arg string) (path, classes string, some bool) {
	i := strings.LastIndexByte(arg, ':')
	if i < 0 || strings.ContainsAny(arg[i:], `/\`) {
		return arg, "", false
	}
	return arg[:i], arg[i+1:], true
}

// keep removes all services of the files in wanted except the named ones and those below them.
func (m *pyModel) keep(wanted map[string][]string) error {
	if len(m.Services) == 0 && len(m.Types) == 0 {
		return fmt.Errorf("%s: nothing is exposed", strings.Join(m.sources, ", "))
	}
	keep := map[string]bool{}
	var add func(path, name string) bool
	add = func(path, name string) bool {
		for _, s := range m.Services {
			if s.Name == name && (path == "" || s.Path == path) {
				if key := s.Path + ":" + s.Name; !keep[key] {
					keep[key] = true
					for _, sub := range s.Subs {
						add("", sub.Service)
					}
				}
				return true
			}
		}
		return false
	}
	for _, path := range m.sources {
		for _, name := range wanted[path] {
			isType := slices.ContainsFunc(m.Types, func(t pyType) bool { return t.Name == name && t.Path == path })
			if !add(path, name) && !isType {
				return fmt.Errorf("%s: no class %s that exposes anything", path, name)
			}
		}
	}
	for _, s := range m.Services {
		if wanted[s.Path] == nil {
			keep[s.Path+":"+s.Name] = true
		}
	}
	m.Services = slices.DeleteFunc(m.Services, func(s pyService) bool { return !keep[s.Path+":"+s.Name] })
	return nil
}
