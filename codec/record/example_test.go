package record_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/record"
)

// A recording, as "aiomas record" writes it, read and shown.
func ExampleReader() {
	recording := `{"aiomas": "recording", "version": 1}
{"time": "2026-01-02T03:04:05Z", "conn": 1, "kind": "opened", "addrs": ["10.0.0.1:40000", "10.0.0.2:5555"]}
{"time": "2026-01-02T03:04:05Z", "conn": 1, "kind": "frame", "from": "client", "data": "WzAsIDEsIFsiYWRkIiwgWzEsIDJdLCB7fV1d"}
{"time": "2026-01-02T03:04:06Z", "conn": 1, "kind": "frame", "from": "server", "data": "WzEsIDEsIDNd"}
`
	r := record.NewReader(strings.NewReader(recording))
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Kind != record.Frame {
			fmt.Println("connection", e.Conn, e.Kind, e.Addrs)
			continue
		}
		c := record.Detect(e.Data) // the codec that it is in
		m, err := c.ParseMessage(e.Data, codec.Limits{})
		var content any
		if err == nil {
			err = m.Decode(c, &content, nil)
		}
		fmt.Println(e.From, m.Type, m.ID, content, err)
	}
	// Output:
	// connection 1 opened [10.0.0.1:40000 10.0.0.2:5555]
	// client REQUEST 1 [add [1 2] map[]] <nil>
	// server RESULT 1 3 <nil>
}
