package aiomas

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

// calling begins the names of the functions that call handlers.
const calling = "github.com/aiomas-go/aiomas-go/internal/function."

// goFrames converts the text of debug.Stack, taken in a deferred function during a panic,
// to the frames of a Python traceback: oldest call first, from the handler to the panic.
// Directories are removed from file names: they describe this machine, not the error.
func goFrames(stack []byte) []traceback.Frame {
	lines := strings.Split(string(bytes.TrimSpace(stack)), "\n")
	var frames []traceback.Frame
	for i := 1; i+1 < len(lines); i += 2 {
		fn, place := lines[i], strings.TrimSpace(lines[i+1])
		if strings.HasPrefix(fn, "panic(") {
			frames = frames[:0] // the frames before belong to the recovery
			continue
		}
		if strings.HasPrefix(fn, calling) || strings.HasPrefix(fn, "reflect.Value.") || strings.HasPrefix(fn, "created by ") {
			break // the remaining frames are of this library
		}
		if at := strings.LastIndexByte(fn, '('); at > 0 {
			fn = fn[:at]
		}
		place, _, _ = strings.Cut(place, " +0x")
		file, line := place, 0
		if at := strings.LastIndexByte(place, ':'); at > 0 {
			file = place[:at]
			line, _ = strconv.Atoi(place[at+1:])
		}
		frames = append(frames, traceback.Frame{File: path.Base(strings.ReplaceAll(file, `\`, "/")), Line: line, Func: fn})
	}
	slices.Reverse(frames)
	return frames
}
