package clock

import (
	"fmt"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// FormatDate writes t as Python's arrow does, the ISO 8601 of
// datetime.isoformat: "2016-01-01T12:00:00.250000+01:00", without a fraction
// when there are no microseconds. Nanoseconds are cut off. A zone offset that is
// not in whole minutes, which arrow cannot read, is truncated to minutes; the
// instant stays the same. Years outside 1…9999, which Python does not support,
// are written as they are; see [CheckDate].
func FormatDate(t time.Time) string {
	t = isoZone(t)
	if t.Nanosecond() < int(time.Microsecond) {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

func isoZone(t time.Time) time.Time {
	_, offset := t.Zone()
	if offset%60 == 0 && -24*3600 < offset && offset < 24*3600 {
		return t
	}
	if offset -= offset % 60; -24*3600 < offset && offset < 24*3600 {
		return t.In(time.FixedZone("", offset))
	}
	return t.UTC()
}

// CheckDate returns an error of type [aiomas.ValueError] if FormatDate cannot write
// t so that Python can read it.
func CheckDate(t time.Time) error {
	if y := isoZone(t).Year(); y < 1 || y > 9999 {
		return aiomas.ValueError.Errorf("year %d is out of range", y)
	}
	return nil
}

// ParseDate reads a date in ISO 8601 as Python's arrow.get does: all forms that
// arrow writes, and
//
//	2016-02-29  2016/2/29  2016.02.29  20160229  2016-02  2016  2016-060  2016060  2016-W09-1  2016W091
//
// each alone or followed by T or a space and a time with a zone or without
//
//	12:30:45.123456  12:30:45,5  12:30  12  123045  1230   Z  +01:00  +0100  +01  -00:53:28
//
// A date without a zone is in UTC. A fraction of a second is rounded to six
// digits by the seventh, the resolution of Python's dates. The error is an
// exception of type [aiomas.ValueError].
func ParseDate(s string) (time.Time, error) {
	p := &dateParser{in: s}
	t := p.parse()
	if p.reason != "" {
		return time.Time{}, aiomas.ValueError.Errorf("cannot read the date %.64q: %s", s, p.reason)
	}
	return t, nil
}

// dateParser parses one date from left to right. After the first error, its methods have no
// effect.
type dateParser struct {
	in     string
	at     int
	reason string
}

func (p *dateParser) parse() time.Time {
	year, month, day := p.date()
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if p.reason != "" || p.at == len(p.in) {
		return t
	}
	if !p.take('T') && !p.take(' ') {
		p.fail("nothing but a time may follow the date")
		return t
	}
	clock := p.time()
	zone, rest := p.zone()
	if p.reason == "" && p.at < len(p.in) {
		p.fail(fmt.Sprintf("unexpected %.16q at the end", p.in[p.at:]))
	}
	// A time of 24:00, and a fraction that was rounded up, carry over.
	t = time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone).Add(clock - rest)
	if t.Year() > 9999 {
		p.fail("year 10000 is out of range")
	}
	return t
}

func (p *dateParser) fail(reason string) {
	if p.reason == "" {
		p.reason = reason
	}
}

// digitsAhead returns the number of digits at the present position.
func (p *dateParser) digitsAhead() int {
	n := 0
	for p.at+n < len(p.in) && '0' <= p.in[p.at+n] && p.in[p.at+n] <= '9' {
		n++
	}
	return n
}

func (p *dateParser) take(c byte) bool {
	if p.reason != "" || p.at == len(p.in) || p.in[p.at] != c {
		return false
	}
	p.at++
	return true
}

// number parses exactly n digits, a number from least to most.
func (p *dateParser) number(what string, n, least, most int) int {
	if p.reason != "" {
		return least
	}
	if p.digitsAhead() < n {
		p.fail(fmt.Sprintf("%s must have %d digits", what, n))
		return least
	}
	v := 0
	for range n {
		v = 10*v + int(p.in[p.at]-'0')
		p.at++
	}
	if v < least || v > most {
		p.fail(fmt.Sprintf("%s %d is out of range", what, v))
		return least
	}
	return v
}

func (p *dateParser) date() (year, month, day int) {
	run := p.digitsAhead()
	year = p.number("year", 4, 1, 9999)
	switch {
	case run == 8:
		month = p.number("month", 2, 1, 12)
		return year, month, p.number("day", 2, 1, daysIn(year, month))
	case run == 7:
		return year, 1, p.number("day of the year", 3, 1, daysInYear(year))
	case run != 4:
		p.fail("a year has 4 digits, a date without separators 7 or 8")
	case p.take('W'):
		return p.week(year, false)
	}
	var sep byte
	for _, c := range []byte("-/.") {
		if p.take(c) {
			sep = c
		}
	}
	switch {
	case sep == 0:
		return year, 1, 1
	case sep == '-' && p.take('W'):
		return p.week(year, true)
	case sep == '-' && p.digitsAhead() == 3:
		return year, 1, p.number("day of the year", 3, 1, daysInYear(year))
	}
	digits := p.oneOrTwo()
	month = p.number("month", digits, 1, 12)
	if !p.take(sep) {
		if digits == 1 {
			p.fail("a month without a day has 2 digits")
		}
		return year, month, 1
	}
	return year, month, p.number("day", p.oneOrTwo(), 1, daysIn(year, month))
}

func (p *dateParser) oneOrTwo() int {
	if p.digitsAhead() == 1 {
		return 1
	}
	return 2
}

// week parses the rest of 2016-W09-1 or 2016W091; the day is optional.
func (p *dateParser) week(year int, dashed bool) (int, int, int) {
	week := p.number("week", 2, 1, weeksIn(year))
	day := 1
	if dashed && p.take('-') || !dashed && p.digitsAhead() > 0 {
		day = p.number("day of the week", 1, 1, 7)
	}
	t := firstMonday(year).AddDate(0, 0, 7*(week-1)+day-1)
	if t.Year() < 1 || t.Year() > 9999 {
		p.fail("week is out of range")
		return year, 1, 1
	}
	return t.Year(), int(t.Month()), t.Day()
}

// weeksIn returns the number of ISO weeks of a year, 52 or 53. Older Pythons read
// week 53 of any year.
func weeksIn(year int) int {
	return int(firstMonday(year+1).Sub(firstMonday(year)).Hours()) / (24 * 7)
}

// firstMonday returns the first day of week 1, which is the week of January 4th.
func firstMonday(year int) time.Time {
	t := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func daysInYear(year int) int {
	return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
}

func (p *dateParser) time() time.Duration {
	run := p.digitsAhead()
	hour := p.number("hour", 2, 0, 24)
	minute, second, micros := 0, 0, 0
	switch {
	case run == 2 && p.take(':'):
		minute = p.number("minute", 2, 0, 59)
		if p.take(':') {
			second = p.number("second", 2, 0, 59)
			micros = p.fraction()
		}
	case run == 4:
		minute = p.number("minute", 2, 0, 59)
	case run == 6:
		minute = p.number("minute", 2, 0, 59)
		second = p.number("second", 2, 0, 59)
		micros = p.fraction()
	case run != 2:
		p.fail("a time has 2, 4 or 6 digits before its fraction")
	}
	if hour == 24 && (minute != 0 || second != 0 || micros != 0) {
		p.fail("midnight at the end of a day must not have minutes or seconds")
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(micros)*time.Microsecond
}

func (p *dateParser) fraction() int {
	if !p.take('.') && !p.take(',') {
		return 0
	}
	n := p.digitsAhead()
	if n == 0 {
		p.fail("no digits in the fraction of a second")
		return 0
	}
	digits := p.in[p.at : p.at+n]
	p.at += n
	micros := 0
	for i := range 6 {
		micros *= 10
		if i < n {
			micros += int(digits[i] - '0')
		}
	}
	// Arrow rounds by the seventh digit alone, and a 5 to the even neighbour.
	if n > 6 && (digits[6] > '5' || digits[6] == '5' && micros%2 == 1) {
		micros++
	}
	return micros
}

// zone parses a time zone. Zone offsets can have fractions of a second in Python, but not
// in Go: rest is that fraction.
func (p *dateParser) zone() (zone *time.Location, rest time.Duration) {
	sign := 1
	switch {
	case p.reason != "", p.at == len(p.in), p.take('Z'):
		return time.UTC, 0
	case p.take('-'):
		sign = -1
	case !p.take('+'):
		p.fail(fmt.Sprintf("%.16q is not a time zone", p.in[p.at:]))
		return time.UTC, 0
	}
	run := p.digitsAhead()
	offset := 3600 * p.number("hour of the time zone", 2, 0, 23)
	micros := 0
	switch {
	case run == 4:
		offset += 60 * p.number("minute of the time zone", 2, 0, 59)
	case run == 2 && p.take(':'):
		offset += 60 * p.number("minute of the time zone", 2, 0, 59)
		if p.take(':') {
			offset += p.number("second of the time zone", 2, 0, 59)
			micros = p.fraction()
		}
	case run != 2:
		p.fail("a time zone has 2 or 4 digits")
	}
	rest = time.Duration(sign*micros) * time.Microsecond
	if offset == 0 {
		return time.UTC, rest
	}
	return time.FixedZone("", sign*offset), rest
}
