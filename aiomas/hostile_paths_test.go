package aiomas_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/blosc"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// hostileCodecs are the codecs under attack.
var hostileCodecs = []codec.Codec{json.Codec, msgpack.Codec, blosc.Codec}

func eachHostileCodec(t *testing.T, test func(t *testing.T, c codec.Codec)) {
	for _, c := range hostileCodecs {
		t.Run(c.Name(), func(t *testing.T) { test(t, c) })
	}
}

// Paths that look for a way around the declared tree: hidden attributes, what
// lies above or beside it, another spelling. There is one canonical form.
var hostilePaths = []struct{ path, want string }{
	{"", `Name "" not found in ""`},
	{"/", `Name "" not found in ""`},
	{"//", `Name "" not found in ""`},
	{"/add", `Name "" not found in ""`},
	{"add/", `Name "" not found in "add"`},
	{"add//", `Name "" not found in "add"`},
	{"//add", `Name "" not found in ""`},
	{"calc/", `Name "" not found in "calc"`},
	{"calc//double", `Name "" not found in "calc"`},
	{"calc/./double", `Name "." not found in "calc"`},
	{"./add", `Name "." not found in ""`},
	{".", `Name "." not found in ""`},
	{"..", `Name ".." not found in ""`},
	{"calc/..", `Name ".." not found in "calc"`},
	{"calc/../add", `Name ".." not found in "calc"`},
	{"../../../../etc/passwd", `Name ".." not found in ""`},
	{"*", `Name "*" not found in ""`},
	{"calc/*", `Name "*" not found in "calc"`},

	{"add/__globals__", `Name "__globals__" not found in "add"`},
	{"add/__call__", `Name "__call__" not found in "add"`},
	{"add/__globals__/os/system", `Name "__globals__" not found in "add"`},
	{"__class__", `Name "__class__" not found in ""`},
	{"__dict__/add", `Name "__dict__" not found in ""`},
	{"__init__", `Name "__init__" not found in ""`},
	{"__getattribute__", `Name "__getattribute__" not found in ""`},
	{"calc/__class__/__init__/__globals__", `Name "__class__" not found in "calc"`},
	{"calc/__class__/mro/__subclasses__", `Name "__class__" not found in "calc"`},
	{"calc/double/__func__", `Name "__func__" not found in "calc/double"`},

	{"calc/router/resolve", `"aiomas_test.calculator.router" is not exposed`},
	{"calc/router/object", `"aiomas_test.calculator.router" is not exposed`},
	{"calc/parent/add", `Name "parent" not found in "calc"`},
	{"holder/child/double", `Name "child" not found in "holder"`},
	{"holder/Child/double", `Name "Child" not found in "holder"`},
	{"holder/Child/router/x", `Name "Child" not found in "holder"`},
	{"holder/friend/double", `Name "friend" not found in "holder"`},
	{"holder/Friend/add", `Name "Friend" not found in "holder"`},
	{"holder/Friend", `Name "Friend" not found in "holder"`},
	{"router", `Name "router" not found in ""`},
	{"resolve", `Name "resolve" not found in ""`},
	{"expose", `Name "expose" not found in ""`},
	{"object", `Name "object" not found in ""`},

	{"Add", `Name "Add" not found in ""`},
	{"ADD", `Name "ADD" not found in ""`},
	{"add ", `Name "add " not found in ""`},
	{" add", `Name " add" not found in ""`},
	{"add\t", "Name \"add\t\" not found in \"\""},
	{"add\x00", "Name \"add\x00\" not found in \"\""},
	{"add\x00/double", "Name \"add\x00\" not found in \"\""},
	{"add()", `Name "add()" not found in ""`},
	{"ａｄｄ", `Name "ａｄｄ" not found in ""`},                               // full width
	{"аdd", `Name "аdd" not found in ""`},                               // a Cyrillic а
	{"add\u200b", "Name \"add\u200b\" not found in \"\""},               // a space without width
	{"calc\u2215double", "Name \"calc\u2215double\" not found in \"\""}, // a division sign for a slash
	{"calc\\double", `Name "calc\double" not found in ""`},
	{"calc.double", `Name "calc.double" not found in ""`},
	{"calc:double", `Name "calc:double" not found in ""`},
	{"calc%2fdouble", `Name "calc%2fdouble" not found in ""`},
	{"calc;double", `Name "calc;double" not found in ""`},
	{"calc/Double", `Name "Double" not found in "calc"`}, // Go's spelling
	{"calc/Router", `Name "Router" not found in "calc"`},
	{"calc/GetSecret", `Name "GetSecret" not found in "calc"`},
	{"calc/get_secret", `"aiomas_test.calculator.get_secret" is not exposed`}, // Python's words
	{"calc/router", `"aiomas_test.calculator.router" is not exposed`},
	{"calc/get_secret/x", `"aiomas_test.calculator.get_secret" is not exposed`},
	{"calc", `TypeError: 'calculator' object is not callable`},
	{"add/add", `Name "add" not found in "add"`},
	{"calc/calc/double", `Name "calc" not found in "calc"`},
	{"double", `Name "double" not found in ""`},
	{"$(reboot)", `Name "$(reboot)" not found in ""`},
	{"'; DROP TABLE x", `Name "'; DROP TABLE x" not found in ""`},
	{"%s%n%v%!d(MISSING)", `Name "%s%n%v%!d(MISSING)" not found in ""`},
	{"😀/" + "😀", `Name "😀" not found in ""`},
	{strings.Repeat("x", 4096), `Name "` + strings.Repeat("x", 256) + `…" not found`}, // the limit
	{strings.Repeat("é", 2048), `Name "` + strings.Repeat("é", 128) + `…" not found`},
	{strings.Repeat("a/", 2048), `Name "a" not found in ""`},
	{strings.Repeat("/", 4096), `Name "" not found in ""`},
	{"calc/" + strings.Repeat("y", 4000), `Name "` + strings.Repeat("y", 256) + `…" not found in "calc"`},
	{strings.Repeat("x", 4097), "ValueError: path of 4097 bytes exceeds the limit of 4096"},
	{strings.Repeat("calc/", 1000), "ValueError: path of 5000 bytes exceeds the limit of 4096"},
	{strings.Repeat("x", 1<<20), "ValueError: path of 1048576 bytes exceeds the limit of 4096"},
	{strings.Repeat("/", 1<<20), "ValueError: path of 1048576 bytes exceeds the limit of 4096"},
	{strings.Repeat("../", 1<<19), "ValueError: path of 1572864 bytes exceeds the limit of 4096"},
}

func TestHostilePaths(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c)
		var rows []hostileRow
		for i, p := range hostilePaths {
			rows = append(rows, hostileRow{fmt.Sprintf("%d %.20q", i, p.path), h.request(t, rowID, p.path, 1), fails(p.want)})
		}
		h.run(t, rows)
	})
}

// With hidden names, what is there but not exposed looks like what is not there:
// the tree cannot be explored.
func TestHostilePathsHidden(t *testing.T) {
	eachHostileCodec(t, func(t *testing.T, c codec.Codec) {
		h := newHostileServer(t, c, aiomas.WithHiddenNames())
		for _, name := range []string{"get_secret", "router", "nothing_of_the_kind"} {
			want := fmt.Sprintf(`LookupError: Name "%s" not found in "calc"`, name)
			h.attack(t, h.request(t, rowID, "calc/"+name), fails(want))
		}
	})
}
