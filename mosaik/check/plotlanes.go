package check

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"time"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// laneHeights returns the heights of a lane and of a bar in it, which are smaller if there
// are many lanes.
func (r run) laneHeights() (lane, bar int) {
	if len(r.lanes) > 12 {
		return 22, 14
	}
	return 34, 20
}

func (r run) panelHeight() int {
	lane, _ := r.laneHeights()
	return titleH + len(r.lanes)*lane + axisH
}

// scale converts a value from 0 to most into a position between the margins.
func scale(v, most float64) float64 {
	if most <= 0 {
		return left
	}
	return left + v/most*(width-left-right)
}

// frame draws the lanes and the axis of a panel.
func (r run) frame(b *bytes.Buffer, top int, most float64, label func(float64) string) {
	laneH, _ := r.laneHeights()
	bottom := top + titleH + len(r.lanes)*laneH
	for i, l := range r.lanes {
		y := top + titleH + i*laneH
		if i%2 == 0 {
			fmt.Fprintf(b, `<rect class="l" x="0" y="%d" width="%d" height="%d"/>`+"\n", y, width, laneH)
		}
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s<title>%s</title></text>`+"\n", left-12, y+laneH/2+5, short(l.sim), html.EscapeString(l.sim))
	}
	step := nice(most / 8)
	for v := 0.0; v <= most*1.0001; v += step {
		x := scale(v, most)
		fmt.Fprintf(b, `<path class="g" d="M%.1f %dV%d"/><text class="s" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, top+titleH, bottom, x, bottom+16, label(v))
		if step <= 0 {
			break
		}
	}
}

// simulated draws each step from its time to the next step.
func (r run) simulated(b *bytes.Buffer, top int) {
	heading(b, top, "Simulated time", [2]string{`class="c0"`, "step, until the next one"}, [2]string{`class="c0 e"`, "failed"})
	most := float64(r.until)
	r.frame(b, top, most, func(v float64) string { return count(int64(math.Round(v))) })
	for i, l := range r.lanes {
		bars := r.bars(b, top, i)
		bars.gap = 1
		steps := l.stepsOnly()
		for k, s := range steps {
			from, to := float64(*s.Time), float64(*s.Time)
			if s.Next != nil {
				to = min(float64(*s.Next), most)
			}
			if k+1 < len(steps) && *steps[k+1].Time > *s.Time {
				to = min(to, float64(*steps[k+1].Time))
			}
			bars.add(scale(from, most), scale(to, most), 0.9, s)
		}
		bars.flush()
	}
}

// real draws each call at its time and with its duration.
func (r run) real(b *bytes.Buffer, top int) {
	heading(b, top, "Real time", [2]string{`class="c0"`, "step"}, [2]string{`class="c0" fill-opacity=".4"`, "another call"}, [2]string{`class="c0 e"`, "failed"})
	most := r.end.Sub(r.begin).Seconds()
	r.frame(b, top, most, func(v float64) string { return duration(time.Duration(math.Round(v * 1e9))) })
	for i, l := range r.lanes {
		bars := r.bars(b, top, i)
		for _, c := range l.calls {
			if c.ToMosaik {
				continue
			}
			from := c.Start.Sub(r.begin).Seconds()
			opacity := 0.4
			if c.Call == "step" {
				opacity = 1
			}
			bars.add(scale(from, most), scale(from+c.Duration.Seconds(), most), opacity, c)
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

// bars draws the rectangles of a lane. It draws rectangles that would be too narrow to
// distinguish as one, so that the size of the drawing does not grow with the run.
type bars struct {
	b             *bytes.Buffer
	y, height     int
	colour        int
	gap           float64 // between adjacent bars
	x0, x1        float64
	opacity       float64
	first         mosaik.Record
	count, failed int
	failure       string
}

func (r run) bars(b *bytes.Buffer, top, lane int) bars {
	laneH, barH := r.laneHeights()
	return bars{b: b, y: top + titleH + lane*laneH + (laneH-barH)/2, height: barH, colour: r.lanes[lane].colour}
}

func (s *bars) add(x0, x1, opacity float64, c mosaik.Record) {
	x1 = max(x1-s.gap, x0+1.2)
	if s.count > 0 && x1-s.x0 >= 2.5 {
		s.flush()
	}
	if s.count == 0 {
		s.x0, s.x1, s.opacity, s.first = x0, x1, opacity, c
	}
	s.x1, s.opacity, s.count = max(s.x1, x1), max(s.opacity, opacity), s.count+1
	if c.Error != "" {
		s.failed++
		if s.failed == 1 {
			s.failure = callText(c)
		}
	}
}

func (s *bars) flush() {
	if s.count == 0 {
		return
	}
	class, text := "", callText(s.first)
	if s.count > 1 {
		text = fmt.Sprintf("%d calls, the first: %s", s.count, text)
	}
	if s.failed > 0 {
		class = " e"
		if s.count > 1 {
			text += "; failed: " + s.failure
		}
	}
	fmt.Fprintf(s.b, `<rect class="c%d%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="2" fill-opacity="%.2g"><title>%s</title></rect>`+"\n",
		s.colour, class, s.x0, s.y, s.x1-s.x0, s.height, s.opacity, html.EscapeString(text))
	s.count, s.failed = 0, 0
}

func callText(c mosaik.Record) string {
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
