package json_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
)

// Looking far ahead for the end of a str, at each of its escapes, cost a peer's
// 10 MB of text 50 seconds.
func TestLongStrWithEscapesTakesItsLength(t *testing.T) {
	for _, run := range []string{"xxxxxxxx", strings.Repeat("x", 40), strings.Repeat("é", 40), strings.Repeat("x", 3000)} {
		text := strings.Repeat(run+"\n", 12<<20/len(run))
		data := []byte(`"` + strings.ReplaceAll(text, "\n", `\n`) + `"`)
		start := time.Now()
		var got string
		if err := codec.Unmarshal(json.Codec, data, &got, nil); err != nil || got != text {
			t.Fatalf("%.10q…: %v", run, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d bytes of %.10q… took %v", len(data), run, took)
		}
	}
}
