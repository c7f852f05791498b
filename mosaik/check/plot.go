package check

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Plot writes an HTML page that shows a run: when each simulator stepped, in simulated and
// in real time, how long its calls took, and how many values were passed between
// simulators. The page needs no script and no other file, and follows the light or dark
// theme of the reader's system.
func Plot(w io.Writer, records []mosaik.Record) error {
	r := newRun(records)
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>mosaik run</title>\n"+
		"<style>%s</style>\n<main>\n<h1>A run of %s</h1>\n", pageStyle, plural(len(r.lanes), "simulator"))
	if len(r.lanes) == 0 {
		b.WriteString("<p>The trace is empty.</p>\n")
	} else {
		fmt.Fprintf(&b, "<p>Simulated time 0 to %s in %s; %s%s.</p>\n<div>", count(r.until), duration(r.end.Sub(r.begin)), plural(r.calls(), "call"), r.failures())
		drawing(&b, r)
		b.WriteString("</div>\n")
		r.table(&b)
	}
	b.WriteString("</main>\n</html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// PlotSVG writes the drawing of [Plot] as an SVG file.
func PlotSVG(w io.Writer, records []mosaik.Record) error {
	var b bytes.Buffer
	drawing(&b, newRun(records))
	_, err := w.Write(b.Bytes())
	return err
}

const (
	width  = 1100
	left   = 150 // for names
	right  = 20
	titleH = 40
	axisH  = 30
)

const pageStyle = `
:root{color-scheme:light dark}
body{margin:0;background:#f6f7f9;color:#1d2430;font:15px/1.5 system-ui,sans-serif}
main{max-width:1140px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:22px;margin:0 0 4px} p{margin:0 0 16px;color:#5a6474} b,.bad{color:#b3261e;font-weight:600}
div{overflow-x:auto;margin-top:20px;border-radius:10px;box-shadow:0 1px 3px #0002} div svg{display:block;min-width:900px}
table{background:#fff;border-radius:10px;border-collapse:collapse;width:100%}
th,td{padding:6px 14px;text-align:right;border-bottom:1px solid #eceff3} th:first-child,td:first-child{text-align:left}
th{font-weight:600;color:#5a6474} tr:last-child td{border:0} td{font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){body{background:#101318;color:#e6e9ee} p,th{color:#9aa4b2} b,.bad{color:#ff8a80}
table{background:#1a1f27} th,td{border-color:#2a313c}}
`

// The classes: h heading, s small, w white, g line, l lane, e failed, b background, o not traced,
// f flow, a its arrow's head, m cell, c0… simulators.
const plotStyle = `
text{font:13px system-ui,"DejaVu Sans",sans-serif;fill:#1d2430} .h{font-size:15px;font-weight:600} .s{font-size:11px;fill:#5a6474}
.w{fill:#fff} .g{stroke:#e3e7ec} .l{fill:#f6f7f9} .e{stroke:#d0342c;stroke-width:2} .b,.n{fill:#fff} .n{stroke-width:2}
.o{stroke:#9aa4b2;stroke-dasharray:4 3} .f{fill:none;stroke:#8591a1} .a{fill:#8591a1} .m{fill:#2f6fde}
.k{stroke:#fff;stroke-width:4px;paint-order:stroke}
`

const plotDark = `
text{fill:#e6e9ee} .s{fill:#9aa4b2} .g{stroke:#2a313c} .l{fill:#202630} .e{stroke:#ff6b61} .b,.n{fill:#1a1f27}
.o{stroke:#6b7585} .f{stroke:#7d8998} .a{fill:#7d8998} .k{stroke:#1a1f27}
`

// colours distinguish kinds of simulators, also for readers with colour blindness; for a
// light and a dark background.
var colours = [][2]string{
	{"#2f6fde", "#6f9df5"}, {"#e07b00", "#f5a340"}, {"#1a9a6c", "#3fc795"}, {"#b0489c", "#dc7fca"},
	{"#7a5cd1", "#a58cf0"}, {"#0f93b5", "#41bfe0"}, {"#c2452d", "#f0806a"}, {"#7c8b12", "#b5c53c"},
}

func style() string {
	var light, dark strings.Builder
	light.WriteString(plotStyle)
	dark.WriteString(plotDark)
	for i, c := range colours {
		fmt.Fprintf(&light, ".c%d{fill:%s} .n.c%d{fill:#fff;stroke:%s}\n", i, c[0], i, c[0])
		fmt.Fprintf(&dark, ".c%d{fill:%s} .n.c%d{fill:#1a1f27;stroke:%s}\n", i, c[1], i, c[1])
	}
	return light.String() + "@media(prefers-color-scheme:dark){" + dark.String() + "}"
}

func drawing(b *bytes.Buffer, r run) {
	panel := r.panelHeight()
	flows := r.flowsHeight()
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="100%%" role="img" aria-label="the run of %s"><style>%s</style>`+"\n",
		width, 2*panel+flows+10, plural(len(r.lanes), "simulator"), style())
	b.WriteString(`<rect class="b" width="100%" height="100%" rx="10"/>` + "\n")
	r.simulated(b, 0)
	r.real(b, panel)
	if flows > 0 {
		r.flowing(b, 2*panel)
	}
	b.WriteString("</svg>\n")
}

// heading draws the title of a panel, and on the right its legend: for each mark the class
// of a swatch, which may be empty, and a text.
func heading(b *bytes.Buffer, top int, title string, marks ...[2]string) {
	fmt.Fprintf(b, `<text class="h" x="16" y="%d">%s</text>`+"\n", top+27, title)
	x := width - right
	for _, mark := range slices.Backward(marks) {
		x -= 10 + 6*len(mark[1]) // slightly more than the width of the text
		fmt.Fprintf(b, `<text class="s" x="%d" y="%d">%s</text>`+"\n", x, top+26, mark[1])
		if mark[0] != "" {
			x -= 18
			fmt.Fprintf(b, `<rect %s x="%d" y="%d" width="12" height="12" rx="2"/>`+"\n", mark[0], x, top+16)
		}
	}
}

func (r run) table(b *bytes.Buffer) {
	b.WriteString("<div><table><tr><th>simulator<th>steps<th>mean step<th>longest<th>in its calls<th>of the run<th>values in<th>bytes<th>failures</tr>\n")
	all := max(r.end.Sub(r.begin), 1)
	for _, l := range r.lanes {
		mean, longest, class := "–", "–", ""
		if l.steps > 0 {
			mean, longest = duration(l.stepping/time.Duration(l.steps)), duration(l.longest)
		}
		if l.failed > 0 {
			class = ` class="bad"`
		}
		fmt.Fprintf(b, "<tr><td>%s<td>%s<td>%s<td>%s<td>%s<td>%.1f %%<td>%s<td>%s<td%s>%d</tr>\n", html.EscapeString(l.sim), count(int64(l.steps)), mean, longest,
			duration(l.busy), 100*float64(l.busy)/float64(all), count(l.values), size(l.bytes), class, l.failed)
	}
	b.WriteString("</table></div>\n")
}

func (r run) calls() int {
	n := 0
	for _, l := range r.lanes {
		n += len(l.calls)
	}
	return n
}

func (r run) failures() string {
	n := 0
	for _, l := range r.lanes {
		n += l.failed
	}
	if n == 0 {
		return ""
	}
	return ", <b>" + plural(n, "failure") + "</b>"
}

// short returns name, shortened and escaped.
func short(name string) string {
	if r := []rune(name); len(r) > 17 {
		name = string(r[:16]) + "…"
	}
	return html.EscapeString(name)
}

// nice rounds up to 1, 2 or 5 of a power of ten.
func nice(v float64) float64 {
	if v <= 0 {
		return 0
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5, 10} {
		if v <= f*p*1.0001 {
			return f * p
		}
	}
	return 10 * p
}

func duration(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strconv.FormatFloat(d.Seconds(), 'g', 4, 64) + " s"
	case d >= time.Millisecond:
		return strconv.FormatFloat(d.Seconds()*1e3, 'g', 3, 64) + " ms"
	case d == 0:
		return "0"
	}
	return strconv.FormatFloat(d.Seconds()*1e6, 'g', 3, 64) + " µs"
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return strconv.FormatInt(n, 10)
}

// count formats 172800 as 172,800.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// compact formats 1840 as 1.8k.
func compact(n int64) string {
	f, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G"} {
		if f >= 999.5 {
			f, unit = f/1000, u
		}
	}
	if unit == "" || f >= 9.95 {
		return strconv.FormatFloat(f, 'f', 0, 64) + unit
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + unit
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(int64(n)) + " " + what + "s"
}
