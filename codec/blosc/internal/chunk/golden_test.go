package chunk

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/invariant"
)

// golden is a chunk of real blosc, see interop/python/capture_blosc.py.
type golden struct {
	Data     recipe
	Typesize int
	CLevel   int
	Shuffle  string
	CName    string
	Settings json.RawMessage
	Chunk    []byte
	Len      int
	SHA256   string
}

func (g golden) name() string {
	return fmt.Sprintf("%v/%d/%s-%d-%s%s", g.Data, g.Typesize, g.CName, g.CLevel, g.Shuffle, g.Settings)
}

func goldens(tb testing.TB, file string) []golden {
	tb.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []golden
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // the versions
	for lines.Scan() {
		g := golden{CLevel: 9, Shuffle: "byte", CName: "blosclz"}
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			tb.Fatalf("%s: %v", lines.Bytes(), err)
		}
		all = append(all, g)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(all) < 1000 {
		tb.Fatalf("%s: %d chunks: some are missing", file, len(all))
	}
	return all
}

// Whatever Python can make, with any compressor, filter, size and setting.
func TestDecompressGoldens(t *testing.T) {
	seen := make(map[string]int)
	for _, g := range goldens(t, "chunks.jsonl") {
		if invariant.On && g.Data.n > 1<<20 && seen[feature(t, g.Chunk)] > 0 {
			continue // the run without the race detector has it
		}
		want := g.Data.data()
		if n, err := DecompressedSize(g.Chunk); n != len(want) || err != nil {
			t.Errorf("%s: DecompressedSize = %d, %v", g.name(), n, err)
		}
		for name, got := range map[string]func() ([]byte, error){
			"Open":       func() ([]byte, error) { return Open(g.Chunk, int64(len(want))) },
			"Decompress": func() ([]byte, error) { return Decompress(nil, g.Chunk, int64(len(want))) },
		} {
			if data, err := got(); err != nil || !bytes.Equal(data, want) {
				t.Errorf("%s: %s: %d bytes, want %d, %v", g.name(), name, len(data), len(want), err)
			}
		}
		if len(want) > 0 {
			if _, err := Decompress(nil, g.Chunk, int64(len(want))-1); err == nil {
				t.Errorf("%s: more than the limit", g.name())
			}
		}
		seen[feature(t, g.Chunk)]++
	}
	for _, cname := range []string{"blosclz", "lz4", "zlib", "zstd"} {
		for _, what := range []string{"none whole", "bytes whole", "bits whole", "bytes split", "bits split", "none split"} {
			if cname == "zstd" && what[len(what)-5:] == "split" {
				continue // blosc never does that
			}
			if seen[cname+" "+what] == 0 {
				t.Errorf("no %s chunk was %s", cname, what)
			}
		}
	}
	for _, what := range []string{"stored", "unordered", "partly"} {
		if seen[what] == 0 {
			t.Errorf("no chunk was %s", what)
		}
	}
}

// feature says what is special about a chunk.
func feature(t *testing.T, b []byte) string {
	t.Helper()
	h, err := parseHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	if h.stored() {
		return "stored"
	}
	l := layout{h, b}
	for i := 1; i < h.blocks; i++ {
		if l.start(i) < l.start(i-1) {
			return "unordered"
		}
	}
	stored := 0
	for i, at := 0, l.start(0); i < h.splits(0); i++ {
		var stream []byte
		stream, at = l.stream(at)
		if len(stream) == h.block(0)/h.splits(0) {
			stored++
		}
	}
	if stored > 0 && stored < h.splits(0) {
		return "partly"
	}
	filter := "none"
	if h.flags&flagBytes != 0 {
		filter = "bytes"
	} else if h.flags&flagBits != 0 {
		filter = "bits"
	}
	if h.splits(0) > 1 {
		return h.format().name + " " + filter + " split"
	}
	return h.format().name + " " + filter + " whole"
}

// What Python makes of a message, byte for byte.
func TestCompressGoldens(t *testing.T) {
	for _, g := range goldens(t, "encoded.jsonl") {
		if (invariant.On || testing.Short()) && g.Data.n > 1<<20 {
			continue // the run without the race detector has it
		}
		data := g.Data.data()
		got, err := Compress([]byte("before"), data, g.Typesize)
		if err != nil {
			t.Errorf("%s: %v", g.name(), err)
			continue
		}
		got = bytes.TrimPrefix(got, []byte("before"))
		if sum := sha256.Sum256(got); len(got) != g.Len || hex.EncodeToString(sum[:]) != g.SHA256 {
			t.Errorf("%s: a chunk of %d bytes, Python's has %d", g.name(), len(got), g.Len)
		}
		if back, err := Decompress(nil, got, MaxSize); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s: came back as %d bytes, %v", g.name(), len(back), err)
		}
	}
}
