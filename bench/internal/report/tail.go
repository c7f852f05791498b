package report

import (
	"fmt"
	"strings"

	"github.com/aiomas-go/aiomas-go/bench/internal/suite"
)

// tailTable lists the times of calls of a suite, a line for each contender.
func (d Data) tailTable(s string) string {
	rates := []string{"10%", "50%", "80%", "10k", "50k"}
	var b strings.Builder
	b.WriteString("| | peak | 10 % of it | 50 % | 80 % | 10,000/s | 50,000/s |\n|" + strings.Repeat(" --- |", len(rates)+2) + "\n")
	for _, name := range d.Results.TailNames(s, suite.Peak) {
		peak, _ := d.Results.Of(s, suite.At(name, suite.Peak), suite.Rate)
		fmt.Fprintf(&b, "| %s | %s |", name, engineering(peak.Median))
		for _, rate := range rates {
			fmt.Fprintf(&b, " %s |", d.times(s, suite.At(name, rate)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// times returns the percentiles of a contender at a rate.
func (d Data) times(s, name string) string {
	t, ok := d.Results.TimesOf(s, name)
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%s · %s · %s · %s", micros(t.P50), micros(t.P99), micros(t.P999), micros(t.Max))
}

// micros formats nanoseconds in µs.
func micros(nanos float64) string { return fmt.Sprintf("%.0f", nanos/1e3) }

// lateTable lists how late the load generator made its calls.
func (d Data) lateTable(s string) string {
	var b strings.Builder
	b.WriteString("| | 10,000/s | 50,000/s |\n| --- | --- | --- |\n")
	for _, name := range d.Results.TailNames(s, suite.Peak) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, rate := range suite.FixedRates {
			if t, ok := d.Results.TimesOf(s, suite.At(name, rate)); ok {
				fmt.Fprintf(&b, " %s |", micros(t.Late))
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// studyTable lists the times of calls of the variants. No contender reaches 50,000 states a second.
func (d Data) studyTable() string {
	columns := []struct{ work, rate, label string }{
		{"add", "10k", "add, 10,000/s"}, {"add", "50k", "add, 50,000/s"}, {"state", "10k", "10 KB state, 10,000/s"},
		{"mixed", "10k", "beside slow calls, 10,000/s"}, {"mixed", "50k", "50,000/s"},
	}
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range columns {
		b.WriteString(" " + c.label + " |")
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", 1+len(columns)) + "\n")
	for _, v := range suite.StudyVariants {
		fmt.Fprintf(&b, "| %s |", v.Label)
		for _, c := range columns {
			fmt.Fprintf(&b, " %s |", d.times(suite.StudyName, suite.At(suite.StudyContender(v.Name, c.work), c.rate)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// firstTable lists the first call after a pause beside the calls after it.
func (d Data) firstTable() string {
	var b strings.Builder
	b.WriteString("| | first call: median (min–max) | a call after it |\n| --- | --- | --- |\n")
	for _, name := range suite.FirstPeers {
		first, ok := d.Results.Of(suite.FirstName, name, suite.NanosPerCall)
		warm, _ := d.Results.Of(suite.FirstName, suite.Warm(name), suite.NanosPerCall)
		if ok {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, first.Format(duration), warm.Format(duration))
		}
	}
	return b.String()
}

// costs lists what the ratios of the page depend on.
func (d Data) costs() string {
	c := d.Machine.Costs
	if c.PageFault == 0 && c.SystemCall == 0 {
		return ""
	}
	return fmt.Sprintf("* Costs of this machine: %s ns for a page of memory taken from the system, %s ns for a system call, %s ns for a word from one core to another.\n",
		suite.Number(c.PageFault), suite.Number(c.SystemCall), suite.Number(c.Hop))
}
