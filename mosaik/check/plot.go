package check

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Plot writes a page that shows a run: which simulator stepped when, in simulated
// and in real time, how long it took, and what flowed where. It needs nothing
// else: no script, no other file.
func Plot(w io.Writer, records []mosaik.Record) error {
	r := newRun(records)
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>mosaik run</title>\n<style>%s%s</style>\n<main>\n<h1>A run of %s</h1>\n",
		pageStyle, plotStyle, plural(len(r.lanes), "simulator"))
	if len(r.lanes) == 0 {
		b.WriteString("<p>The trace is empty.</p>\n")
	} else {
		fmt.Fprintf(&b, "<p>%s, %s of simulated time, %s.</p>\n", duration(r.end.Sub(r.begin)), plural(int(r.until), "step"), plural(r.calls(), "call"))
		drawing(&b, r)
		r.table(&b)
	}
	b.WriteString("</main>\n</html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// PlotSVG writes the drawing of [Plot] as an SVG of its own.
func PlotSVG(w io.Writer, records []mosaik.Record) error {
	var b bytes.Buffer
	drawing(&b, newRun(records))
	_, err := w.Write(b.Bytes())
	return err
}

const (
	width   = 1100
	left    = 150 // for names
	right   = 20
	laneH   = 34
	barH    = 20
	titleH  = 40
	axisH   = 30
	mostBar = 1500 // in a lane; more are drawn as one where they touch
)

const pageStyle = `
body{margin:0;background:#f6f7f9;color:#1d2430;font:15px/1.5 system-ui,sans-serif}
main{max-width:1140px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:22px;margin:0 0 4px} p{margin:0 0 16px;color:#5a6474}
svg,table{background:#fff;border-radius:10px;box-shadow:0 1px 3px #0002}
table{border-collapse:collapse;margin-top:20px;width:100%}
th,td{padding:8px 14px;text-align:right;border-bottom:1px solid #eceff3} th:first-child,td:first-child{text-align:left}
th{font-weight:600;color:#5a6474} tr:last-child td{border:0} .bad{color:#b3261e}
@media(prefers-color-scheme:dark){body{background:#14171c;color:#e6e9ee} svg,table{background:#fff;color:#1d2430} p{color:#9aa4b2}}
`

const plotStyle = `
text{font:13px system-ui,"DejaVu Sans",sans-serif;fill:#1d2430} .h{font-size:15px;font-weight:600} .s{font-size:11px;fill:#6b7585}
.g{stroke:#e7eaef} .l{fill:#f6f7f9} .e{stroke:#b3261e;stroke-width:2} .o{fill:#fff;stroke-dasharray:4 3}
`

// colours tell simulators apart, also for those who see few of them.
var colours = []string{"#2f6fde", "#e07b00", "#1a9a6c", "#b0489c", "#7a5cd1", "#0f93b5", "#c2452d", "#7c8b12"}

func drawing(b *bytes.Buffer, r run) {
	n := len(r.lanes)
	panel := titleH + n*laneH + axisH
	flowH := 0
	if len(r.flows) > 0 {
		flowH = titleH + 320
	}
	height := 2*panel + flowH + 10
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="100%%" role="img" aria-label="the run of %d simulators"><style>%s</style>`+"\n", width, height, n, plotStyle)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff" rx="10"/>` + "\n")
	r.simulated(b, 0)
	r.real(b, panel)
	if flowH > 0 {
		r.flowing(b, 2*panel)
	}
	b.WriteString("</svg>\n")
}

// scale places a value of 0…most between the margins.
func scale(v, most float64) float64 {
	if most <= 0 {
		return left
	}
	return left + v/most*(width-left-right)
}

// frame draws title, lanes and axis of a panel.
func (r run) frame(b *bytes.Buffer, top int, title string, most float64, label func(float64) string) {
	fmt.Fprintf(b, `<text class="h" x="16" y="%d">%s</text>`+"\n", top+27, title)
	bottom := top + titleH + len(r.lanes)*laneH
	step := nice(most / 8)
	for v := 0.0; v <= most*1.0001; v += step {
		x := scale(v, most)
		fmt.Fprintf(b, `<path class="g" d="M%.1f %dV%d"/><text class="s" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, top+titleH, bottom, x, bottom+16, label(v))
		if step <= 0 {
			break
		}
	}
	for i, l := range r.lanes {
		y := top + titleH + i*laneH
		if i%2 == 0 {
			fmt.Fprintf(b, `<rect class="l" x="0" y="%d" width="%d" height="%d" style="mix-blend-mode:multiply"/>`+"\n", y, width, laneH)
		}
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-12, y+22, short(l.sim))
	}
}

// simulated shows each step from its time to the next one.
func (r run) simulated(b *bytes.Buffer, top int) {
	most := float64(r.until)
	r.frame(b, top, "Simulated time", most, func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) })
	for i, l := range r.lanes {
		y := top + titleH + i*laneH + (laneH-barH)/2
		bars := bars{b: b, y: y, fill: colours[i%len(colours)], gap: 1}
		steps := l.stepsOnly()
		for k, s := range steps {
			from, to := float64(*s.Time), float64(*s.Time)
			if s.Next != nil {
				to = min(float64(*s.Next), most)
			}
			if k+1 < len(steps) && *steps[k+1].Time > *s.Time {
				to = min(to, float64(*steps[k+1].Time))
			}
			bars.add(scale(from, most), scale(to, most), 0.85, s.Error != "", func() string { return stepText(s) })
		}
		bars.flush()
	}
}

// real shows each call when it was and for how long.
func (r run) real(b *bytes.Buffer, top int) {
	most := r.end.Sub(r.begin).Seconds()
	r.frame(b, top, "Real time", most, func(v float64) string { return duration(time.Duration(v * 1e9)) })
	for i, l := range r.lanes {
		y := top + titleH + i*laneH + (laneH-barH)/2
		bars := bars{b: b, y: y, fill: colours[i%len(colours)]}
		for _, c := range l.calls {
			if c.ToMosaik {
				continue
			}
			from := c.Start.Sub(r.begin).Seconds()
			opacity := 0.35
			if c.Call == "step" {
				opacity = 0.95
			}
			bars.add(scale(from, most), scale(from+c.Duration.Seconds(), most), opacity, c.Error != "", func() string { return stepText(c) })
		}
		bars.flush()
	}
}

func (l *lane) stepsOnly() []mosaik.Record {
	var out []mosaik.Record
	for _, c := range l.calls {
		if c.Call == "step" && c.Time != nil && !c.ToMosaik {
			out = append(out, c)
		}
	}
	return out
}

func (r run) calls() int {
	n := 0
	for _, l := range r.lanes {
		n += len(l.calls)
	}
	return n
}

// bars draws rectangles of a lane, and those that touch as one.
type bars struct {
	b       *bytes.Buffer
	y       int
	fill    string
	gap     float64 // between those that meet
	x0, x1  float64
	opacity float64
	bad     bool
	text    string
	count   int
	begun   bool
	drawn   int
}

func (s *bars) add(x0, x1, opacity float64, bad bool, text func() string) {
	x1 = max(x1-s.gap, x0+1.2)
	if s.begun && s.opacity == opacity && s.bad == bad && x1-s.x0 < 2.5 {
		s.x1, s.count = max(s.x1, x1), s.count+1
		return
	}
	s.flush()
	s.x0, s.x1, s.opacity, s.bad, s.text, s.count, s.begun = x0, x1, opacity, bad, text(), 1, true
}

func (s *bars) flush() {
	if !s.begun || s.drawn > mostBar {
		return
	}
	s.drawn++
	class := ""
	if s.bad {
		class = ` class="e"`
	}
	text := s.text
	if s.count > 1 {
		text = fmt.Sprintf("%d calls, the first: %s", s.count, text)
	}
	fmt.Fprintf(s.b, `<rect%s x="%.1f" y="%d" width="%.1f" height="%d" rx="2" fill="%s" fill-opacity="%.2f"><title>%s</title></rect>`+"\n",
		class, s.x0, s.y, s.x1-s.x0, barH, s.fill, s.opacity, html.EscapeString(text))
	s.begun = false
}

// flowing draws the simulators in a circle, and arrows for what went where.
func (r run) flowing(b *bytes.Buffer, top int) {
	fmt.Fprintf(b, `<text class="h" x="16" y="%d">What flowed where</text><text class="s" x="160" y="%d">numbers of values; dashed: not traced</text>`+"\n", top+27, top+27)
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b7585"/></marker></defs>` + "\n")
	type node struct{ x, y float64 }
	at := map[string]node{}
	names := append([]string{}, r.others...)
	for _, l := range r.lanes {
		names = append(names, l.sim)
	}
	for i, name := range names {
		a := 2*math.Pi*float64(i)/float64(len(names)) - math.Pi
		at[name] = node{width/2 + 330*math.Cos(a), float64(top+titleH+155) + 110*math.Sin(a)}
	}
	for _, f := range r.flows {
		p, q := at[f.from], at[f.to]
		dx, dy := q.x-p.x, q.y-p.y
		d := max(math.Hypot(dx, dy), 1)
		cut := min(70/max(math.Abs(dx), 1e-9), 22/max(math.Abs(dy), 1e-9), 0.45) // to the border of a box
		x0, y0, x1, y1 := p.x+dx*cut, p.y+dy*cut, q.x-dx*cut, q.y-dy*cut
		bend := 22.0
		mx, my := (x0+x1)/2-dy/d*bend, (y0+y1)/2+dx/d*bend
		if f.from == f.to {
			continue
		}
		fmt.Fprintf(b, `<path d="M%.1f %.1fQ%.1f %.1f %.1f %.1f" fill="none" stroke="#6b7585" stroke-width="%.1f" marker-end="url(#a)"><title>%s to %s: %s</title></path>`+"\n",
			x0, y0, mx, my, x1, y1, 1+math.Log10(float64(f.values)+1)/1.5, short(f.from), short(f.to), plural(int(f.values), "value"))
		fmt.Fprintf(b, `<text class="s" x="%.1f" y="%.1f" text-anchor="middle" style="paint-order:stroke" stroke="#fff" stroke-width="4">%d</text>`+"\n", (x0+x1)/2-dy/d*bend*0.7, (y0+y1)/2+dx/d*bend*0.7+4, f.values)
	}
	for i, name := range names {
		n, class, stroke := at[name], "", "#9aa4b2"
		if i < len(r.others) {
			class = ` class="o"`
		} else {
			stroke = colours[(i-len(r.others))%len(colours)]
		}
		fmt.Fprintf(b, `<rect%s x="%.1f" y="%.1f" width="130" height="36" rx="8" fill="#fff" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			class, n.x-65, n.y-18, stroke, n.x, n.y+5, short(name))
	}
}

func (r run) table(b *bytes.Buffer) {
	b.WriteString("<table><tr><th>simulator<th>steps<th>mean step<th>in its calls<th>of the run<th>values in<th>bytes<th>failures</tr>\n")
	all := max(r.end.Sub(r.begin), 1)
	for _, l := range r.lanes {
		mean, class := "–", ""
		if l.steps > 0 {
			mean = duration(l.stepping / time.Duration(l.steps))
		}
		if l.failed > 0 {
			class = ` class="bad"`
		}
		fmt.Fprintf(b, "<tr><td>%s<td>%d<td>%s<td>%s<td>%.1f %%<td>%d<td>%s<td%s>%d</tr>\n", short(l.sim), l.steps, mean, duration(l.busy),
			100*float64(l.busy)/float64(all), l.values, size(l.bytes), class, l.failed)
	}
	b.WriteString("</table>\n")
}

func stepText(c mosaik.Record) string {
	s := c.Call
	if c.Time != nil {
		s += fmt.Sprintf(" at %d", *c.Time)
	}
	s += ": " + duration(c.Duration)
	if c.Next != nil {
		s += fmt.Sprintf(", next at %d", *c.Next)
	}
	if c.Error != "" {
		s += ", " + c.Error
	}
	return s
}

// short is a name as it fits and is harmless.
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

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
