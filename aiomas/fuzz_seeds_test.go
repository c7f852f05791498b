package aiomas_test

import (
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

// addSessions seeds the sessions with what real Pythons sent to each other, with
// the hostile tables, and with honest conversations.
func addSessions(f *testing.F) {
	f.Helper()
	const most = 1000 // bytes: longer ones are for the tests of the tables
	tables := [][]hostileRow{hostileJSON, hostileMsgPack, hostileBlosc}
	for mode := range uint8(sessionModes) {
		c := hostileCodecs[mode%3]
		frame := func(typ codec.MessageType, id int64, content any) []byte {
			b, err := c.AppendMessage(nil, typ, id, content, nil)
			if err != nil {
				f.Fatal(err)
			}
			return b
		}
		call := func(id int64, path string, args ...any) []byte {
			return frame(codec.Request, id, &codec.Call{Path: path, Args: args})
		}
		honest := call(3, "same", map[string]any{"a": []any{1, 2.5, nil, true, "é"}})
		for i, row := range tables[mode%3] {
			if len(row.send) < most && i%2 == int(mode/3) {
				f.Add([]byte(row.send), honest, []byte(nil), mode, uint8(0))
			}
		}
		for i, row := range hostileFrames {
			if len(row.send) < most {
				f.Add(honest, []byte(nil), []byte(row.send), mode, uint8(i))
			}
		}
		for i, m := range goldenMessages(f, c, most) {
			if i%6 == int(mode) {
				f.Add(m, honest, []byte(nil), mode, uint8(0))
			}
		}
		framed := func(payloads ...[]byte) (stream []byte) {
			for _, p := range payloads {
				stream = append(stream, sessionStream(p, nil, nil)...)
			}
			return stream
		}
		for i, request := range [][]byte{
			call(0, "nothing"), call(0, "add", 1, 2), call(0, "sum", 1.5, 2), call(0, "all", 1, "x", "y"), call(0, "later", "x"),
			call(0, "pair"), call(0, "fail"), call(0, "panics"), call(0, "exits"), call(0, "chan"), call(0, "calc/double", 21),
			call(0, "give"), call(0, "hold"), call(0, "ask", 1), call(0, "small", 300), call(0, "calc/get_secret"),
			frame(codec.Request, 0, &codec.Call{Path: "opts", Args: []any{1}, Kwargs: map[string]any{"name": "n"}}),
			frame(codec.Request, 0, &codec.Call{Path: "kw", Args: []any{1}, Kwargs: map[string]any{"x": nil}}),
		} {
			answer := frame(codec.Result, int64(i%5), []any{1.5, 2.5})
			f.Add(request, answer, framed(honest), mode, uint8(i%5))
		}
		hold := call(0, "hold")
		f.Add(hold, call(1, "same", "a text"), framed(call(2, "same", "another")), mode, uint8(1))
		f.Add(hold, hold, framed(call(1, "ask", nil), hold, honest, call(7, "same", 7), hold), mode, uint8(0))
		for id, result := range []any{"text", []float64{1, 2.5}, map[string]any{"a": nil}, nil} {
			f.Add(frame(codec.Result, int64(id), result), frame(codec.Exception, int64(id), "Traceback (most recent call last):\nValueError: x\n"), []byte(nil), mode, uint8(id))
			f.Add(frame(codec.Exception, int64(id), result), call(9, "ask", result), []byte{0, 0}, mode, uint8(0))
			f.Add(frame(codec.Exception, int64(id), result), call(9, "ask", result), []byte(nil), mode+sessionModes, uint8(0))
		}
	}
}

// goldenMessages are payloads of frames between real peers.
func goldenMessages(f *testing.F, c codec.Codec, most int) (list [][]byte) {
	f.Helper()
	for _, m := range golden.Of(f, c.Name(), golden.Message, "") {
		if m.Payload != nil && len(m.Payload) < most {
			list = append(list, m.Payload)
		}
	}
	return list
}
