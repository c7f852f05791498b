package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"time"
)

// plot is how long each step took.
type plot struct {
	steps []time.Duration
	loads []int
	notes map[int]string
}

func (p *plot) step(d time.Duration, loads []int) {
	sum := 0
	for _, l := range loads {
		sum += l
	}
	p.steps, p.loads = append(p.steps, d), append(p.loads, sum)
}

func (p *plot) note(step int, text string) {
	if p.notes == nil {
		p.notes = map[int]string{}
	}
	p.notes[step] = text
}

func (p *plot) longest() time.Duration { return slices.Max(p.steps) }
func (p *plot) last() int              { return p.loads[len(p.loads)-1] }

// svg draws a bar for each step, by the logarithm of its time: one with a restart is
// hundreds of times as long as the others.
func (p *plot) svg() []byte {
	const width, height, left, bottom = 900, 320, 70, 40
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="18" font-size="15">Time of each step</text>`+"\n", left)
	low, high := 1e-4, 1.0
	for high < p.longest().Seconds() {
		high *= 10
	}
	y := func(s float64) float64 {
		v := math.Log10(max(s, low)/low) / math.Log10(high/low)
		return height - bottom - v*(height-bottom-30)
	}
	for s := low; s <= high*1.01; s *= 10 {
		d := time.Duration(s * float64(time.Second)).Round(time.Microsecond)
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%v</text>`+"\n", left, y(s), width-10, left-6, y(s)+4, d)
	}
	w := float64(width-left-10) / float64(len(p.steps))
	for i, d := range p.steps {
		x, top, colour := left+w*float64(i), y(d.Seconds()), "#2f6fde"
		if text, ok := p.notes[i]; ok {
			colour = "#b3261e"
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x, top-6, colour, html.EscapeString(text))
		}
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>step %d: %v</title></rect>`+"\n",
			x, top, w*0.8, height-bottom-top, colour, i, d.Round(time.Microsecond))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d">%d steps; the scale is logarithmic</text></svg>`+"\n", left, height-14, len(p.steps))
	return b.Bytes()
}
