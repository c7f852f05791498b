package check_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
	"github.com/aiomas-go/aiomas-go/mosaik/check"
)

func records(n int, sims ...string) []mosaik.Record {
	start := time.Unix(1e9, 0)
	var list []mosaik.Record
	for i := range n {
		for k, sim := range sims {
			t, next := int64(i), int64(i+1)
			r := mosaik.Record{Sim: sim, Call: "step", Start: start.Add(time.Duration(i*len(sims)+k) * time.Millisecond), Duration: time.Millisecond,
				Request: 100, Reply: 10, Time: &t, Next: &next, From: map[string]int{sims[(k+1)%len(sims)]: 2, "not traced": 1}}
			if i == 3 && k == 0 {
				r.Error, r.Next = "ValueError: <oops>", nil
			}
			list = append(list, r, mosaik.Record{Sim: sim, Call: "get_progress", ToMosaik: true, Start: r.Start, Duration: 1},
				mosaik.Record{Sim: sim, Call: "get_data", Start: r.Start.Add(r.Duration), Duration: 100})
		}
	}
	return list
}

// wellFormed reads all of an XML document and returns its text.
func wellFormed(t *testing.T, b []byte) string {
	t.Helper()
	var text strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("%v\n%.3000s", err, b)
		}
		if c, ok := tok.(xml.CharData); ok {
			text.Write(append(c, '\n'))
		}
	}
}

func TestPlotSVG(t *testing.T) {
	var b bytes.Buffer
	if err := check.PlotSVG(&b, records(10, "A-0", "<b>&", "a name that is longer than its place")); err != nil {
		t.Fatal(err)
	}
	text := wellFormed(t, b.Bytes())
	for _, want := range []string{"\nA-0\n", "\n<b>&\n", "a name that is l…", "Simulated time", "Real time", "What flowed where", "not traced",
		"step at 3: 1 ms, ValueError: <oops>", "step at 4: 1 ms, next at 5", "A-0 to a name that is longer than its place: 20 values"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestPlot(t *testing.T) {
	var b bytes.Buffer
	if err := check.Plot(&b, records(10, "A-0", "B-0")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!DOCTYPE html>", "A run of 2 simulators", "<td>A-0<td>10<td>1 ms", `<td class="bad">1</tr>`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(b.String(), "<script") || strings.Contains(b.String(), "http://") && strings.Count(b.String(), "http") != 1 {
		t.Error("the page needs something else")
	}
}

// Many simulators are in the order of their numbers, those of a kind have a colour, and what
// flowed is a table.
func TestPlotOfManySimulators(t *testing.T) {
	var sims []string
	for i := range 11 {
		sims = append(sims, fmt.Sprintf("B-%d", i), fmt.Sprintf("A-%d", i))
	}
	var b bytes.Buffer
	if err := check.PlotSVG(&b, records(1000, sims...)); err != nil {
		t.Fatal(err)
	}
	text := wellFormed(t, b.Bytes())
	at := -1
	for _, sim := range []string{"A-0", "A-1", "A-2", "A-10", "B-0", "B-2", "B-10"} {
		next := strings.Index(text, "\n"+sim+"\n")
		if next <= at {
			t.Errorf("%s is at %d, after %d", sim, next, at)
		}
		at = next
	}
	if strings.Contains(b.String(), `class="c2"`) || !strings.Contains(b.String(), `class="c1"`) {
		t.Error("two kinds have not two colours")
	}
	for _, want := range []string{"from row to column", "\n2.0k\n", "\n1.0k\n", "A-0 to B-0: 2,000 values"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

// What is drawn does not grow with the number of steps, and reaches to the end.
func TestPlotOfManySteps(t *testing.T) {
	var few, many bytes.Buffer
	if err := errors.Join(check.PlotSVG(&few, records(2_000, "A", "B")), check.PlotSVG(&many, records(50_000, "A", "B"))); err != nil {
		t.Fatal(err)
	}
	if many.Len() > 2*few.Len() {
		t.Errorf("2,000 steps: %d bytes, 50,000 steps: %d bytes", few.Len(), many.Len())
	}
	if text := wellFormed(t, many.Bytes()); !regexp.MustCompile(`step at 49[89]\d\d`).MatchString(text) {
		t.Error("the last steps are not drawn")
	}
	if !strings.Contains(many.String(), "failed: step at 3: 1 ms, ValueError") {
		t.Error("a failure among many calls cannot be seen")
	}
}

func TestPlotOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := check.Plot(&b, nil); err != nil || !strings.Contains(b.String(), "The trace is empty.") {
		t.Errorf("%v: %s", err, b.String())
	}
	b.Reset()
	if err := check.PlotSVG(&b, []mosaik.Record{{Sim: "A", Call: "init"}}); err != nil {
		t.Error(err)
	}
	wellFormed(t, b.Bytes())
}

func TestReadTrace(t *testing.T) {
	list, err := check.ReadTrace(strings.NewReader(`{"sim": "A", "call": "step", "ns": 5, "time": 1}` + "\n" + `{"sim": "B", "call": "init"}` + "\n"))
	if err != nil || len(list) != 2 || list[0].Duration != 5 || *list[0].Time != 1 || list[1].Sim != "B" {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := check.ReadTrace(strings.NewReader(`{"sim": "A"} nonsense`)); err == nil || !strings.Contains(err.Error(), "record 2") {
		t.Error(err)
	}
}
