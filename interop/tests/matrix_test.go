package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// The matrix: every Python, aiomas as it is, with aiomas_compat, and with
// aiomas_fast too, every codec, every transport, both directions, every row of the
// conformance service.
var (
	matrixKinds      = []string{"plain", "compat", "fast"}
	matrixCodecs     = []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}
	matrixTransports = []string{"tcp", "unix", "tls"}
	directions       = []string{"Go calls", "Python calls"}
)

const leastPythons = 4 // that CI must have

// rowsOfClient are those of the Python client without the golden values, which go
// through once a codec; random ones do instead. leastOfClient is how many checks that is.
const (
	rowsOfClient = "add,echo,refused,typename,sleep,fail,unserializable,private,sub,get_sub," +
		"call_back,call_back_fail,payload,peers,wrong_calls,flight,random_identity"
	leastOfClient = 230
)

// whole says that each Python gets every column, in a container of its own: make compatibility.
var whole = pyenv.Full()

// setup is one column of the matrix.
type setup struct {
	kind      string
	codec     codec.Codec
	transport string
}

func (s setup) String() string { return s.kind + "-" + s.codec.Name() + "-" + s.transport }

func setups() (all []setup) {
	for _, kind := range matrixKinds {
		for _, c := range matrixCodecs {
			for _, transport := range matrixTransports {
				all = append(all, setup{kind, c, transport})
			}
		}
	}
	return all
}

// latin are the columns of the short form: each kind has each codec and each
// transport once, and the kinds together have each pair of these.
func latin() (some []setup) {
	n := len(matrixTransports)
	for k, kind := range matrixKinds {
		for i, c := range matrixCodecs {
			some = append(some, setup{kind, c, matrixTransports[(i+k)%n]})
		}
	}
	return some
}

// place is where the Python ends of one Python version run: in one container, or
// on this machine.
type place interface {
	// python returns the address at which the Python peer of the set-up is
	// reached from here.
	python(tb testing.TB, s setup) string
	// listen returns what a Go peer is told to listen on, and connect the
	// address at which a Python client then reaches it.
	listen(tb testing.TB, s setup) string
	connect(tb testing.TB, s setup, ready string) string
	// client runs the Python client.
	client(tb testing.TB, s setup, args ...string) []pyenv.Check
	// tls are the TLS arguments for peers of this machine and for Python's, whose
	// secrets come to the file keys.
	tls() (here, there []string)
	keys() string
}

// TestMatrix runs each cell of the oldest and the newest Python in containers, one
// for each, and fewer cells with the other Pythons of this machine; with AIOMAS_FULL
// each cell in containers. Where there is no container engine it has the Pythons of
// this machine only. It ends with the table.
func TestMatrix(t *testing.T) {
	versions := matrixPythons(t)
	table := newTable(versions)
	t.Cleanup(func() { table.report(t) })
	reason := ""
	if err := engine.Answers(); err != nil {
		if underCI() {
			t.Fatalf("CI wants the containers: %v", err)
		}
		reason = "on this machine, not in containers: " + err.Error()
		table.note(reason)
	}
	for i, py := range versions {
		short := !whole && i > 0 && i < len(versions)-1
		t.Run(py.String(), func(t *testing.T) {
			t.Parallel()
			var at place
			if reason == "" && !short {
				at = newContainerPlace(t, py)
			} else {
				at = newHostPlace(t, py)
			}
			columns := setups()
			if short {
				columns = latin()
			}
			for _, s := range columns {
				for _, direction := range directions {
					t.Run(s.String()+"/"+strings.ReplaceAll(direction, " ", ""), func(t *testing.T) {
						defer table.record(t, py, s, direction)
						if direction == "Go calls" {
							matrixGoCalls(t, at, s)
						} else {
							matrixPythonCalls(t, at, s)
						}
					})
				}
			}
		})
	}
	if !whole && len(versions) > 2 {
		t.Run("rest", func(t *testing.T) {
			t.Skip("of the Pythons between the oldest and the newest one cell in three was run, on this machine; the whole: make compatibility")
		})
	}
}

func matrixPythons(t *testing.T) []pyenv.Python {
	t.Helper()
	versions := pyenv.Require(t)
	if underCI() && len(versions) < leastPythons {
		t.Fatalf("CI wants %d Pythons, there are %d", leastPythons, len(versions))
	}
	return versions
}

func underCI() bool { return os.Getenv("CI") == "true" }

// matrixGoCalls calls every row of a Python peer.
func matrixGoCalls(t *testing.T, at place, s setup) {
	t.Helper()
	here, _ := at.tls()
	me := callbacks()
	opts := []aiomas.DialOption{aiomas.WithCodec(s.codec), aiomas.WithService(me)}
	if s.transport == "tls" {
		opts = append(opts, aiomas.WithTLSFiles(here[1], here[3], here[5]))
	}
	addr := recorder.Start(t, s.codec, at.python(t, s), recorder.Dialler, recording(at, s)...)
	conn, err := aiomas.Dial(t.Context(), addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, r := range rows {
		if r.only == "" || strings.HasPrefix(s.codec.Name(), r.only) {
			checkRow(t, "python", conn, r)
		}
	}
	checkServices(t, "python", conn, me)
}

// recording are the recorder's options for the set-up.
func recording(at place, s setup) []recorder.Option {
	if s.transport != "tls" {
		return nil
	}
	return []recorder.Option{recorder.TLS(at.keys())}
}

// matrixPythonCalls lets Python call every row of a Go peer.
func matrixPythonCalls(t *testing.T, at place, s setup) {
	t.Helper()
	here, there := at.tls()
	args := cell{codec: s.codec, transport: s.transport}.args(t)
	if s.transport == "tls" {
		args = append(args, here...)
	}
	ready := pyenv.Start(t, suite.GoPeer(t, args...)).Addr
	ready = recordAt(t, at.listen(t, s), s.codec, ready, recording(at, s)...)
	args = []string{"--connect", at.connect(t, s, ready), "--codec", s.codec.Name()}
	if s.transport == "tls" {
		args = append(args, there...)
	}
	least := 500
	if s.transport != "tcp" {
		args = append(args, "--rows", rowsOfClient)
		least = leastOfClient
	}
	if checks := at.client(t, s, args...); len(checks) < least {
		t.Errorf("only %d checks were made", len(checks))
	}
}

// recordAt listens on addr with a recorder before a Go peer.
func recordAt(t testing.TB, addr string, c codec.Codec, peer string, opts ...recorder.Option) string {
	t.Helper()
	ln, err := aiomas.Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	recorder.On(t, ln, c, peer, recorder.Listener, opts...)
	return aiomas.FormatAddress(ln.Addr())
}

// tlsFiles makes certificates in dir for peers at localhost and at host, and
// returns the arguments for programs here and for those that see dir elsewhere.
func tlsFiles(t *testing.T, dir, elsewhere string, hosts ...string) (here, there []string) {
	t.Helper()
	ca := testcert.NewCA(t)
	pair := ca.Issue(t, append([]string{"localhost", "127.0.0.1"}, hosts...)...)
	for _, f := range []struct{ option, from, to string }{
		{"--tls-ca", ca.File, "ca.pem"}, {"--tls-cert", pair.Cert, "cert.pem"}, {"--tls-key", pair.Key, "key.pem"},
	} {
		data, err := os.ReadFile(f.from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.to), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		here = append(here, f.option, filepath.Join(dir, f.to))
		there = append(there, f.option, elsewhere+"/"+f.to)
	}
	return here, there
}

// table collects the outcome of each cell.
type table struct {
	mu       sync.Mutex
	versions []pyenv.Python
	cells    map[string]string // "3.8 plain-json-tcp Go calls" → "passed" …
	notes    []string
}

func newTable(versions []pyenv.Python) *table {
	return &table{versions: versions, cells: map[string]string{}}
}

func (tb *table) note(s string) { tb.notes = append(tb.notes, s) }

func (tb *table) record(t *testing.T, py pyenv.Python, s setup, direction string) {
	t.Helper()
	outcome := "passed"
	switch {
	case t.Failed():
		outcome = "failed"
	case t.Skipped():
		outcome = "skipped"
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.cells[strings.Join([]string{py.Version, s.String(), direction}, " ")] = outcome
}

// report logs the table, and writes it to the file that COMPATIBILITY names.
func (tb *table) report(t *testing.T) {
	t.Helper()
	text := tb.markdown()
	t.Log("\n" + text)
	if file := os.Getenv("COMPATIBILITY"); file != "" {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
}

var marks = map[string]string{"passed": "✓", "failed": "✗", "skipped": "–", "": "·"}

func (tb *table) markdown() string {
	var b strings.Builder
	counts := map[string]int{}
	fmt.Fprintf(&b, "| Python | aiomas |")
	for _, c := range matrixCodecs {
		for _, transport := range matrixTransports {
			fmt.Fprintf(&b, " %s %s |", c.Name(), transport)
		}
	}
	fmt.Fprintf(&b, "\n| --- | --- |%s\n", strings.Repeat(" --- |", len(matrixCodecs)*len(matrixTransports)))
	for _, py := range tb.versions {
		for _, kind := range matrixKinds {
			fmt.Fprintf(&b, "| %s | %s |", py.Version, kind)
			for _, s := range setups() {
				if s.kind != kind {
					continue
				}
				for _, direction := range directions {
					outcome := tb.cells[strings.Join([]string{py.Version, s.String(), direction}, " ")]
					if outcome == "" {
						outcome = "not run"
					}
					counts[outcome]++
					fmt.Fprintf(&b, " %s", marks[strings.TrimSuffix(outcome, "not run")])
				}
				b.WriteString(" |")
			}
			b.WriteString("\n")
		}
	}
	var sum []string
	for _, outcome := range []string{"passed", "failed", "skipped", "not run"} {
		if n := counts[outcome]; n > 0 {
			sum = append(sum, fmt.Sprintf("%d cells %s", n, outcome))
		}
	}
	fmt.Fprintf(&b, "\n%s.\n", strings.Join(sum, ", "))
	for _, n := range slices.Compact(tb.notes) {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return b.String()
}
