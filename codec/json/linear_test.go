package json_test

import (
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/testcost"
)

// Searching for the end of a str again at each escape took 50 seconds for 10 MB
// of text: four times the text took sixteen times as long.
func TestLongStrWithEscapesTakesItsLength(t *testing.T) {
	for _, run := range []string{"xxxxxxxx", strings.Repeat("x", 40), strings.Repeat("é", 40), strings.Repeat("x", 3000)} {
		decode := func(size int) func() {
			text := strings.Repeat(run+"\n", size/len(run))
			data := []byte(`"` + strings.ReplaceAll(text, "\n", `\n`) + `"`)
			return func() {
				var got string
				if err := codec.Unmarshal(json.Codec, data, &got, nil); err != nil || got != text {
					t.Fatalf("%.10q…: %v", run, err)
				}
			}
		}
		if testcost.Exceeds(5, 16, decode(1<<18), decode(1<<22)) {
			t.Errorf("%.10q…: 16 times the text takes more than 5 times as long as 16 of them", run)
		}
	}
}
