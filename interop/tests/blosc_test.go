package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// Chunks that real blosc makes of random messages, in every way that it can,
// are read; and Go writes the same chunks as Python, byte for byte.
func TestRandomChunksFromPython(t *testing.T) {
	t.Parallel()
	cases := 150
	if whole {
		cases = 500
	}
	py := pyenv.RequireBlosc(t, pyenv.RequireOne(t))
	seed := strconv.FormatUint(rand.Uint64(), 10)
	cmd := py.Command(t, "random_blosc.py", "--seed", seed, "--cases", strconv.Itoa(cases))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for r := bufio.NewReaderSize(stdout, 1<<20); ; seen++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		var head struct{ Data, Chunk, Plain int }
		if err != nil || json.Unmarshal(line, &head) != nil {
			t.Fatalf("%q: %v", line, err)
		}
		parts := make([]byte, head.Data+head.Chunk+head.Plain)
		if _, err := io.ReadFull(r, parts); err != nil {
			t.Fatal(err)
		}
		data, rest := parts[:head.Data], parts[head.Data:]
		checkRandomChunk(t, "seed "+seed+", "+string(line), data, rest[:head.Chunk], rest[head.Chunk:])
	}
	if err := cmd.Wait(); err != nil || seen != cases {
		t.Errorf("%d cases, want %d, %v", seen, cases, err)
	}
}

// checkRandomChunk reads data from a chunk, and writes the plain one.
func checkRandomChunk(t *testing.T, name string, data, chunk, plain []byte) {
	t.Helper()
	got, err := blosc.Codec.ParseValue(chunk, codec.Limits{})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s: %d bytes, %v", name, len(got), err)
		return
	}
	var value codec.Value
	if err := codec.Unmarshal(blosc.Codec, plain, &value, nil); err != nil {
		t.Errorf("%s: as aiomas writes it: %v", name, err)
		return
	}
	again, err := codec.Marshal(blosc.Codec, value, nil)
	if err != nil || !bytes.Equal(again, plain) {
		t.Errorf("%s: Go writes %d bytes, Python %d, %v", name, len(again), len(plain), err)
	}
}
