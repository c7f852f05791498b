package mosaik

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/aiomas-go/aiomas-go/mosaik"
	"github.com/aiomas-go/aiomas-go/mosaik/check"
)

// runOf is a trace of n simulators with long names, each with two sources.
func runOf(n int) []mosaik.Record {
	var list []mosaik.Record
	name := func(i int) string { return fmt.Sprintf("A simulator of kind %d-%d", i%5, i/5) }
	now := time.Unix(1e9, 0)
	for t := range int64(20) {
		for i := range n {
			at, next := t*900, t*900+900
			r := mosaik.Record{Sim: name(i), Call: "step", Start: now, Duration: time.Duration(i+1) * 300 * time.Microsecond, Request: 900, Reply: 9, Time: &at, Next: &next,
				From: map[string]int{name((i + 1) % n): 3 + i, name((i + n/2) % n): 700, "Weather-0": 1}}
			if t == 10 && i == 1 {
				r.Next, r.Error = nil, "ValueError: too hot"
			}
			list = append(list, r)
			now = now.Add(r.Duration + 50*time.Microsecond)
		}
	}
	return list
}

// readPlot returns what a reader would stumble over.
const readPlot = `(() => {
	const problems = [], svg = document.querySelector('svg').getBoundingClientRect()
	// From the position of a slanted name it does not follow that it meets another.
	const texts = Array.from(document.querySelectorAll('svg text:not(.r)'), e => ({text: e.firstChild.textContent, r: e.getBoundingClientRect()}))
	for (const e of document.querySelectorAll('svg text')) {
		const r = e.getBoundingClientRect()
		if (r.left < svg.left || r.right > svg.right || r.top < svg.top || r.bottom > svg.bottom) problems.push(e.textContent + ' is outside')
	}
	texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
		const w = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), h = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top)
		if (w > 1 && h > 3) problems.push(a.text + ' and ' + b.text + ' overlap')
	}))
	const light = c => c.match(/\d+/g).slice(0, 3).reduce((sum, v) => sum + Number(v) / 765, 0)
	const background = light(getComputedStyle(document.querySelector('svg rect.b')).fill)
	for (const e of document.querySelectorAll('svg text:not(.w)'))
		if (Math.abs(light(getComputedStyle(e).fill) - background) < 0.4) problems.push(e.textContent + ' is pale')
	if (document.documentElement.scrollWidth > innerWidth) problems.push('the page is too wide')
	return {problems, background, texts: texts.length}
})()`

// The picture of a run can be read, in a browser with a light and with a dark page: no text
// covers another, is outside, or looks like the background.
func TestPlotsCanBeRead(t *testing.T) {
	ctx := openBrowser(t)
	for _, n := range []int{3, 7, 30} {
		for _, scheme := range []string{"light", "dark"} {
			var page bytes.Buffer
			if err := check.Plot(&page, runOf(n)); err != nil {
				t.Fatal(err)
			}
			look := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, look); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(ctx, chromedp.Navigate("data:text/html;base64,"+base64.StdEncoding.EncodeToString(page.Bytes()))); err != nil {
				t.Fatal(err)
			}
			got, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
				Problems   []string `json:"problems"`
				Background float64  `json:"background"`
				Texts      int      `json:"texts"`
			}](readPlot))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Problems) > 0 {
				t.Errorf("%d simulators, %s: %d problems, as %.10q", n, scheme, len(got.Problems), got.Problems)
			}
			if (got.Background < 0.5) != (scheme == "dark") || got.Texts < 2*n+10 {
				t.Errorf("%d simulators, %s: %d texts, background %v", n, scheme, got.Texts, got.Background)
			}
		}
	}
}
