package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

const (
	ours   = "#1f77b4"
	theirs = "#b0b7bf"
	limit  = "#e0b050"
	ink    = "#24292f"
	faint  = "#d8dee4"
	font   = `font-family="Helvetica, Arial, sans-serif" font-size="13"`
)

// Bar is one line of a bar chart.
type Bar struct {
	Name   string
	Value  suite.Summary
	Colour string
}

// bars draws medians as bars and extremes as whiskers. Values that are far larger than all
// others are cut off.
func bars(title, better, unit string, list []Bar) []byte {
	const left, right, top, step, width = 200, 130, 44, 26, 790
	var b bytes.Buffer
	height := top + step*len(list) + 14
	start(&b, width, height, title, better)
	scale := 0.0
	for _, x := range list {
		if x.Colour != limit {
			scale = max(scale, x.Value.Median)
		}
	}
	for _, x := range list {
		if x.Value.Median <= 1.5*scale || scale == 0 {
			scale = max(scale, x.Value.Median) // not cut off
		}
	}
	const room = float64(width - left - right)
	at := func(v float64) float64 { return left + min(v/scale, 1.08)*room }
	for i, x := range list {
		y := top + step*i
		end := at(x.Value.Median)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="%s">%s</text>`+"\n", left-8, y+14, ink, html.EscapeString(x.Name))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="18" fill="%s"/>`+"\n", left, y, end-left, x.Colour)
		text := engineering(x.Value.Median) + unit
		if x.Value.Median > scale {
			fmt.Fprintf(&b, `<path d="M%.1f %d l6 6 l-6 6 l6 6" stroke="white" stroke-width="3" fill="none"/>`+"\n", end-14, y)
		} else {
			low, high := at(x.Value.Min), at(x.Value.Max)
			fmt.Fprintf(&b, `<path d="M%.1f %d H%.1f" stroke="%s"/>`+"\n", low, y+9, high, ink)
			end = max(end, high)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="%s">%s</text>`+"\n", end+6, y+14, ink, text)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// Line is one line of a growth plot.
type Line struct {
	Name   string
	Colour string
	X      []float64
	Y      []suite.Summary
}

// lines draws lines over two logarithmic axes, with points at the medians and whiskers from
// minimum to maximum.
func lines(title, better, xName string, list []Line) []byte {
	const left, right, top, width, height = 70, 90, 44, 760, 320
	const bottom = height - 46
	var b bytes.Buffer
	start(&b, width, height, title, better)
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, l := range list {
		for i := range l.X {
			x0, x1 = min(x0, math.Log10(l.X[i])), max(x1, math.Log10(l.X[i]))
			y0, y1 = min(y0, math.Log10(l.Y[i].Median)), max(y1, math.Log10(l.Y[i].Median))
		}
	}
	y0, y1 = math.Floor(y0), math.Ceil(y1+0.01)
	if x1 == x0 {
		x1++
	}
	px := func(v float64) float64 { return left + (math.Log10(v)-x0)/(x1-x0)*(width-left-right) }
	py := func(v float64) float64 {
		return bottom - min(max((math.Log10(v)-y0)/(y1-y0), 0), 1)*(bottom-top)
	}
	for e := y0; e <= y1; e++ {
		y := py(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%d %.1f H%d" stroke="%s"/>`+"\n", left, y, width-right, faint)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end" fill="%s">%s</text>`+"\n", left-8, y+4, ink, axis(math.Pow(10, e)))
	}
	if len(list) > 0 {
		for _, x := range list[0].X {
			fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="%s">%s</text>`+"\n", px(x), bottom+18, ink, count(x))
		}
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" fill="%s">%s</text>`+"\n", (left+width-right)/2, height-8, ink, html.EscapeString(xName))
	for n, l := range list {
		var path strings.Builder
		for i, x := range l.X {
			fmt.Fprintf(&path, "%s%.1f %.1f ", map[bool]string{true: "M", false: "L"}[i == 0], px(x), py(l.Y[i].Median))
			fmt.Fprintf(&b, `<path d="M%.1f %.1f V%.1f" stroke="%s"/>`+"\n", px(x), py(l.Y[i].Min), py(l.Y[i].Max), l.Colour)
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", px(x), py(l.Y[i].Median), l.Colour)
		}
		fmt.Fprintf(&b, `<path d="%s" stroke="%s" stroke-width="2" fill="none"/>`+"\n", path.String(), l.Colour)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="12" fill="%s"/><text x="%d" y="%d" fill="%s">%s</text>`+"\n",
			width-right+12, top+20*n, l.Colour, width-right+28, top+11+20*n, ink, html.EscapeString(l.Name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func start(b *bytes.Buffer, width, height int, title, better string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" %s>`+"\n", width, height, width, font)
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	fmt.Fprintf(b, `<text x="12" y="24" font-size="15" font-weight="bold" fill="%s">%s</text>`+"\n", ink, html.EscapeString(title))
	fmt.Fprintf(b, `<text x="%d" y="24" text-anchor="end" fill="%s">%s</text>`+"\n", width-12, ink, better)
}

// axis formats a power of ten.
func axis(x float64) string {
	size, unit := thousands(x)
	return fmt.Sprintf("%.0f%s", x/size, unit)
}

// engineering formats x with about three digits, and with k, M or G.
func engineering(x float64) string {
	size, unit := thousands(x)
	return suite.Number(x/size) + unit
}

// thousands returns the unit prefix for x.
func thousands(x float64) (size float64, unit string) {
	switch {
	case x >= 999.5e6:
		return 1e9, "G"
	case x >= 999.5e3:
		return 1e6, "M"
	case x >= 999.5:
		return 1e3, "k"
	}
	return 1, ""
}

// duration formats nanoseconds with about three digits.
func duration(nanos float64) string {
	switch {
	case nanos >= 999.5e3:
		return suite.Number(nanos/1e6) + " ms"
	case nanos >= 999.5:
		return suite.Number(nanos/1e3) + " µs"
	}
	return suite.Number(nanos) + " ns"
}

// count formats a power of two in binary units, and other numbers unchanged.
func count(x float64) string {
	n := int64(x)
	if n >= 1<<10 && n&(n-1) == 0 {
		if n >= 1<<20 {
			return fmt.Sprintf("%d MiB", n>>20)
		}
		return fmt.Sprintf("%d KiB", n>>10)
	}
	if n >= 10_000 {
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
