package check

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// mostInCircle is the most simulators that are drawn in a circle with arrows; more are
// drawn as a table of sources and destinations.
const mostInCircle = 8

const (
	circleH = 320
	namesH  = 120 // height of the slanted names above the table
)

// node is a simulator in the drawing of flows.
type node struct {
	name   string
	colour int // −1 if not traced
	x, y   float64
}

func (r run) nodes() []node {
	var list []node
	for _, name := range r.others {
		list = append(list, node{name: name, colour: -1})
	}
	for _, l := range r.lanes {
		list = append(list, node{name: l.sim, colour: l.colour})
	}
	return list
}

func (r run) flowsHeight() int {
	n := len(r.others) + len(r.lanes)
	switch {
	case len(r.flows) == 0:
		return 0
	case n <= mostInCircle:
		return titleH + circleH
	}
	return titleH + namesH + int(float64(n)*cellSize(n)) + 20
}

// flowing draws the flows to simulators that were traced.
func (r run) flowing(b *bytes.Buffer, top int) {
	nodes := r.nodes()
	if len(nodes) <= mostInCircle {
		heading(b, top, "What flowed where", [2]string{"", "numbers of values"}, [2]string{`class="n o"`, "not traced: what it received is unknown"})
		r.circle(b, top, nodes)
		return
	}
	heading(b, top, "What flowed where", [2]string{"", "numbers of values, from row to column; in italics: not traced"})
	r.matrix(b, top, nodes)
}

// box is a rectangle, given by its centre.
type box struct{ x, y, w, h float64 }

func (a box) meets(b box) bool {
	return 2*math.Abs(a.x-b.x) < a.w+b.w && 2*math.Abs(a.y-b.y) < a.h+b.h
}

// circle draws the simulators in a circle, and their flows as arrows.
func (r run) circle(b *bytes.Buffer, top int, nodes []node) {
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="a" d="M0 0L8 4L0 8z"/></marker></defs>` + "\n")
	at := map[string]node{}
	var taken []box
	for i := range nodes {
		n := &nodes[i]
		a := 2*math.Pi*float64(i)/float64(len(nodes)) - math.Pi
		n.x, n.y = width/2+330*math.Cos(a), float64(top+titleH+155)+115*math.Sin(a)
		at[n.name] = *n
		taken = append(taken, box{n.x, n.y, 134, 40})
	}
	var numbers bytes.Buffer // drawn above all arrows
	for _, f := range r.flows {
		if f.from == f.to {
			continue
		}
		c := newCurve(at[f.from], at[f.to])
		fmt.Fprintf(b, `<path class="f" d="M%.1f %.1fQ%.1f %.1f %.1f %.1f" stroke-width="%.1f" marker-end="url(#a)"><title>%s to %s: %s</title></path>`+"\n",
			c.x0, c.y0, c.mx, c.my, c.x1, c.y1, 1+math.Log10(float64(f.values)+1)/2, html.EscapeString(f.from), html.EscapeString(f.to), plural(int(f.values), "value"))
		text := count(f.values)
		place, ok := c.free(box{w: float64(len(text))*7 + 4, h: 15}, taken)
		if !ok {
			continue // the number is in the arrow's title
		}
		taken = append(taken, place)
		fmt.Fprintf(&numbers, `<text class="s k" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", place.x, place.y+4, text)
	}
	b.Write(numbers.Bytes())
	for _, n := range nodes {
		class := "o"
		if n.colour >= 0 {
			class = fmt.Sprintf("c%d", n.colour)
		}
		fmt.Fprintf(b, `<rect class="n %s" x="%.1f" y="%.1f" width="130" height="36" rx="8"/><text x="%.1f" y="%.1f" text-anchor="middle">%s<title>%s</title></text>`+"\n",
			class, n.x-65, n.y-18, n.x, n.y+5, short(n.name), html.EscapeString(n.name))
	}
}

// curve is an arrow from box to box that bends to its right, so that two opposite arrows
// are apart.
type curve struct{ x0, y0, mx, my, x1, y1 float64 }

func newCurve(p, q node) curve {
	dx, dy := q.x-p.x, q.y-p.y
	d := max(math.Hypot(dx, dy), 1)
	cut := min(70/max(math.Abs(dx), 1e-9), 22/max(math.Abs(dy), 1e-9), 0.45) // up to the border of a box
	c := curve{x0: p.x + dx*cut, y0: p.y + dy*cut, x1: q.x - dx*cut, y1: q.y - dy*cut}
	const bend = 26
	c.mx, c.my = (c.x0+c.x1)/2-dy/d*bend, (c.y0+c.y1)/2+dx/d*bend
	return c
}

// at returns the point at t, from 0 to 1.
func (c curve) at(t float64) (x, y float64) {
	u := 1 - t
	return u*u*c.x0 + 2*u*t*c.mx + t*t*c.x1, u*u*c.y0 + 2*u*t*c.my + t*t*c.y1
}

// free places a box on the curve, without overlap and as near to the middle as possible.
func (c curve) free(b box, taken []box) (box, bool) {
	for k := range 40 {
		t := 0.5 + float64((k+1)/2)*0.02*float64(1-k%2*2)
		b.x, b.y = c.at(t)
		free := true
		for _, other := range taken {
			free = free && !b.meets(other)
		}
		if free {
			return b, true
		}
	}
	return b, false
}

func cellSize(n int) float64 { return min(28, float64(width-left-90)/float64(n)) }

// matrix draws a table with a row for each source and a column for each destination. More
// values make a cell darker.
func (r run) matrix(b *bytes.Buffer, top int, nodes []node) {
	cell := cellSize(len(nodes))
	font := max(5, min(12, cell-3))
	x0, y0 := float64(left), float64(top+titleH+namesH)
	end := cell * float64(len(nodes))
	at := map[string]int{}
	for i, n := range nodes {
		at[n.name] = i
		mid := (float64(i)+0.5)*cell + font/3
		italic := ""
		if n.colour < 0 {
			italic = ";font-style:italic"
		}
		title := "<title>" + html.EscapeString(n.name) + "</title>"
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end" style="font-size:%.1fpx%s">%s%s</text>`+"\n", x0-8, y0+mid, font, italic, short(n.name), title)
		fmt.Fprintf(b, `<text class="r" transform="translate(%.1f %.1f)rotate(-55)" style="font-size:%.1fpx%s">%s%s</text>`+"\n", x0+mid, y0-6, font, italic, short(n.name), title)
	}
	for i := range len(nodes) + 1 {
		p := float64(i) * cell
		fmt.Fprintf(b, `<path class="g" d="M%.1f %.1fh%.1fM%.1f %.1fv%.1f"/>`+"\n", x0, y0+p, end, x0+p, y0, end)
	}
	var most int64 = 1
	for _, f := range r.flows {
		most = max(most, f.values)
	}
	for _, f := range r.flows {
		x, y := x0+float64(at[f.to])*cell, y0+float64(at[f.from])*cell
		shade := 0.15 + 0.85*math.Sqrt(float64(f.values)/float64(most))
		fmt.Fprintf(b, `<rect class="m" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill-opacity="%.2f"><title>%s to %s: %s</title></rect>`+"\n",
			x+0.5, y+0.5, cell-1, cell-1, shade, html.EscapeString(f.from), html.EscapeString(f.to), plural(int(f.values), "value"))
		if cell >= 22 {
			class := ""
			if shade > 0.5 {
				class = ` class="w"`
			}
			fmt.Fprintf(b, `<text%s x="%.1f" y="%.1f" text-anchor="middle" style="font-size:9px" pointer-events="none">%s</text>`+"\n", class, x+cell/2, y+cell/2+3, compact(f.values))
		}
	}
}
