package tests

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// A pair is a section of docs/migration.md, with what main functions of both languages
// do with its code. It is a whole program if there is nothing.
type pair struct {
	section          string
	goServe, pyServe string
	goCall, pyCall   string
	want             []string
}

var pairs = []pair{
	{"Callback", `must(aiomas.NewServer(newHost()).Run(ctx, addr, nil))`, `await _serve(addr, Host())`,
		`must(visit(ctx, addr))`, `await go(addr)`, []string{"hello Ann"}},
	{"Nested services", "root, err := newRoot()\nmust(err)\nmust(aiomas.NewServer(root).Run(ctx, addr, nil))", `await _serve(addr, root)`,
		"con := open(ctx, addr)\nfmt.Println(aiomas.Call[float64](ctx, con.Remote(\"house/kitchen/get_target\")))\nfmt.Println(aiomas.Call[int](ctx, con.Remote(\"house/rooms/count\")))",
		`con = await _connect(addr); print(await con.remote.house.kitchen.get_target(), await con.remote.house.rooms.count())`, []string{"21.5", "3"}},
	{"Exceptions", "r := aiomas.NewRouter()\nr.Expose(\"sqrt\", sqrt)\nmust(aiomas.NewServer(r).Run(ctx, addr, nil))", `await _serve(addr, aiomas.rpc.ServiceDict({'sqrt': sqrt}))`,
		`call(ctx, open(ctx, addr))`, `await call(await _connect(addr))`, []string{"failed at", "math domain error"}},
	{"Custom types", "r := aiomas.NewRouter()\nr.Expose(\"same\", func(v any) any { return v })\nmust(aiomas.NewServer(r, types).Run(ctx, addr, nil))",
		`await _serve(addr, aiomas.rpc.ServiceDict({'same': aiomas.expose(lambda v: v)}), **types)`,
		"con := open(ctx, addr, types)\nfmt.Println(aiomas.Call[Point](ctx, con.Remote(\"same\"), Point{1, 2}))\nfmt.Println(aiomas.Call[complex128](ctx, con.Remote(\"same\"), 1+2i))",
		"con = await _connect(addr, **types); p = await con.remote.same(Point(1, 2)); print('{%d %d}' % (p.x, p.y), await con.remote.same(1+2j))", []string{"{1 2}", "(1+2"}},
	{"Channels", "ln, err := aiomas.Listen(ctx, addr)\nmust(err)\nmust(serve(ctx, ln))", `await aiomas.channel.start_server(addr, serve); await asyncio.Event().wait()`,
		`must(ask(ctx, addr))`, `await ask(addr)`, []string{"OHAI"}},
	{"TLS", "r := aiomas.NewRouter()\nr.Expose(\"add\", func(a, b int) int { return a + b })\nmust(serveTLS(ctx, r))",
		`await _serve(addr, aiomas.rpc.ServiceDict({'add': aiomas.expose(lambda a, b: a + b)}), ssl=server)`,
		"con, err := connect(ctx)\nmust(err)\nfmt.Println(aiomas.Call[int](ctx, con.Remote(\"add\"), 1, 2))",
		`print(await (await _connect(addr, ssl=client)).remote.add(1, 2))`, []string{"3"}},
}

// The main functions, whose arguments are serve or call, and an address.
const (
	goMain = `
func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	addr := "tcp://localhost:" + os.Args[2]
	_ = addr
	if os.Args[1] == "serve" {
		SERVE
		return
	}
	CALL
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(ctx context.Context, addr string, opts ...aiomas.DialOption) *aiomas.Client {
	con, err := aiomas.Dial(ctx, addr, opts...)
	must(err)
	return con
}
`
	pyMain = `
import asyncio
import sys

async def _serve(addr, service, **options):
    await aiomas.rpc.start_server(addr, service, **options)
    await asyncio.Event().wait()

async def _connect(addr, **options):
    return await aiomas.rpc.open_connection(addr, **options)

async def _main(addr):
    if sys.argv[1] == 'serve':
        SERVE
    else:
        CALL

asyncio.run(_main(('localhost', int(sys.argv[2]))))
`
)

// Each pair of programs in docs/migration.md runs as it stands: the Go and the Python
// half serve and call each other, and themselves.
func TestMigrationPrograms(t *testing.T) {
	py := pyenv.RequireOne(t)
	sections := bySection(t, "migration.md")
	for _, p := range pairs {
		t.Run(p.section, func(t *testing.T) {
			t.Parallel()
			port := strconv.Itoa(testnet.FreePort(t))
			blocks := sections[p.section]
			code := strings.ReplaceAll(blocks["go"], "5555", port)
			dir := workspace(t)
			ca := testcert.NewCA(t)
			pair := ca.Issue(t, "localhost", "127.0.0.1")
			for name, file := range map[string]string{"ca.pem": ca.File, "cert.pem": pair.Cert, "key.pem": pair.Key} {
				write(t, filepath.Join(dir, name), read(t, file))
			}
			with := func(main, serve, call string) string {
				return strings.NewReplacer("SERVE", serve, "CALL", call).Replace(main)
			}
			goProgram := []string{build(t, dir, code+with(goMain, p.goServe, p.goCall))}
			script := filepath.Join(dir, "program.py")
			write(t, script, "import aiomas\n"+strings.ReplaceAll(blocks["python"], "5555", port)+with(pyMain, p.pyServe, p.pyCall))
			pyProgram := []string{py.Path, script}
			for _, server := range [][]string{goProgram, pyProgram} {
				stop := serving(t, dir, port, append(slices.Clone(server), "serve", port)...)
				for _, client := range [][]string{goProgram, pyProgram} {
					prints(t, dir, p.want, append(slices.Clone(client), "call", port)...)
				}
				stop()
			}
		})
	}
	t.Run("Server and Client", func(t *testing.T) {
		t.Parallel()
		port := strconv.Itoa(testnet.FreePort(t))
		var programs [2][2][]string // server and client, in Go and Python
		for i, section := range []string{"Server", "Client"} {
			dir := workspace(t)
			script := filepath.Join(dir, "program.py")
			write(t, script, strings.ReplaceAll(sections[section]["python"], "5555", port))
			programs[i] = [2][]string{{build(t, dir, strings.ReplaceAll(sections[section]["go"], "5555", port))}, {py.Path, script}}
		}
		for _, server := range programs[0] {
			stop := serving(t, t.TempDir(), port, server...)
			for _, client := range programs[1] {
				prints(t, t.TempDir(), []string{"3"}, client...)
			}
			stop()
		}
	})
}

// What README.md and docs/types.md show of Go is compiled and run.
func TestPagesOfGo(t *testing.T) {
	readme := goBlocks(t, "../README.md")
	types := goBlocks(t, "types.md")
	limits := goBlocks(t, "limits.md")
	port := strconv.Itoa(testnet.FreePort(t))
	for _, c := range []struct {
		name, code string
		want       []string
	}{
		{"README.md", strings.ReplaceAll("func serve(ctx context.Context) error {\n"+readme[1]+"return err\n}\nfunc call(ctx context.Context) error {\n"+readme[0]+`fmt.Println("sum", sum)
return err
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	served := make(chan error, 1)
	go func() { served <- serve(ctx) }()
	con, err := aiomas.Dial(ctx, "localhost:5555", aiomas.WithRetry(-1))
	if err == nil {
		err = errors.Join(con.Close(), call(ctx))
	}
	cancel()
	fmt.Println(errors.Join(err, <-served))
}
`, "5555", port), []string{"sum 3", "<nil>"}},
		{"types.md", types[0] + types[1] + types[2] + "func again(c codec.Codec, payload []byte) ([]byte, error) {\n" + types[3] + `return payload, err
}

func main() {
	for _, v := range []any{Reading{Speed: 1.5, Cache: map[string]int{"x": 1}}, Link{URL: "tcp://h:1/0", Note: "n"}} {
		b, err := codec.Marshal(json.Codec, v, nil)
		fmt.Println(string(b), err)
	}
	registry, err := codec.NewRegistry(codec.NewStructSerializer[Point](), complexes)
	b, err2 := codec.Marshal(json.Codec, []any{Point{1, 2}, 1i}, registry)
	fmt.Println(string(b), err, err2)
	b, err = again(json.Codec, []byte("[0, 1, {\"b\": 1, \"a\": {\"__type__\": [7, 2]}}]"))
	fmt.Println(string(b), err)
	_ = types
}
`, []string{
			`{"v": 1.5, "extra": {}} <nil>`, `["tcp://h:1/0", {}, "n"] <nil>`,
			`[{"__type__": [0, {"x": 1.0, "y": 2.0}]}, {"__type__": [1, [0.0, 1.0]]}] <nil> <nil>`, `[0, 1, {"b": 1, "a": {"__type__": [7, 2]}}] <nil>`,
		}},
		{"limits.md", "func main() {\nservice, timeout, margin := aiomas.NewRouter(), 2*time.Second, time.Second\n" + limits[0] + "fmt.Println(\"made\")\n}\n", []string{"made"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := workspace(t)
			prints(t, dir, c.want, build(t, dir, c.code))
		})
	}
}

var (
	heading = regexp.MustCompile(`(?m)^#{2,4} (.*)$`)
	fence   = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
)

// bySection has the first block of each language of each section of a page.
func bySection(t *testing.T, page string) map[string]map[string]string {
	t.Helper()
	text := read(t, filepath.Join("../../docs", page))
	all := map[string]map[string]string{}
	heads := heading.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		blocks := map[string]string{}
		for _, m := range fence.FindAllStringSubmatch(text[h[1]:end], -1) {
			if blocks[m[1]] == "" {
				blocks[m[1]] = m[2]
			}
		}
		all[text[h[2]:h[3]]] = blocks
	}
	return all
}

// goBlocks are the blocks of Go of a page.
func goBlocks(t *testing.T, page string) (list []string) {
	t.Helper()
	for _, m := range fence.FindAllStringSubmatch(read(t, filepath.Join("../../docs", page)), -1) {
		if m[1] == "go" {
			list = append(list, m[2])
		}
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// workspace is a folder with a module that sees the library as it is here.
func workspace(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module page\n\ngo 1.25.0\n")
	write(t, filepath.Join(dir, "go.work"), "go 1.25.0\n\nuse (\n\t.\n\t"+strconv.Quote(root)+"\n)\n")
	return dir
}

// packages are those that code on pages uses.
var packages = map[string]string{
	"aiomas": "github.com/aiomas-go/aiomas-go/aiomas", "codec": "github.com/aiomas-go/aiomas-go/codec", "json": "github.com/aiomas-go/aiomas-go/codec/json",
	"context": "context", "errors": "errors", "fmt": "fmt", "log": "log", "math": "math", "net": "net", "os": "os", "strings": "strings", "time": "time",
}

var selector = regexp.MustCompile(`\b([a-z]+)\.[A-Z]`)

// build makes a program of code without package and import lines.
func build(t *testing.T, dir, code string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", "package main\n"+code, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	local := map[string]bool{} // variables with the name of a package
	for _, o := range file.Scope.Objects {
		local[o.Name] = true
	}
	var imports []string
	for _, m := range selector.FindAllStringSubmatch(code, -1) {
		if path := packages[m[1]]; path != "" && !local[m[1]] && !strings.Contains(code, m[1]+" := ") && !slices.Contains(imports, strconv.Quote(path)) {
			imports = append(imports, strconv.Quote(path))
		}
	}
	write(t, filepath.Join(dir, "main.go"), "package main\n\nimport (\n"+strings.Join(imports, "\n")+"\n)\n\n"+code)
	program := filepath.Join(dir, "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "GOWORK="+filepath.Join(dir, "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serving starts a program, and returns when it listens; the function ends it.
func serving(t *testing.T, dir, port string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := aiomas.DialConn(t.Context(), "localhost:"+port, aiomas.WithRetry(-1))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// prints runs a program, which must print these texts.
func prints(t *testing.T, dir string, want []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			t.Errorf("%v prints no %s:\n%s", args, w, out)
		}
	}
}
