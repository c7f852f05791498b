package clock_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"pgregory.net/rapid"
)

// Each pair is from arrow: str(arrow.get(in)).
var dates = []struct{ in, out string }{
	{"2013-05-05T12:30:45.123456-07:00", ""},
	{"2016-01-01T00:00:00+00:00", ""},
	{"0001-01-01T00:00:00+00:00", ""},
	{"9999-12-31T23:59:59.999999+00:00", ""},
	{"2020-01-02T03:04:05.678900+01:30", ""},
	{"2013-05-05T12:30:45.123456789-07:00", "2013-05-05T12:30:45.123457-07:00"},
	{"2013-05-05 12:30:45Z", "2013-05-05T12:30:45+00:00"},
	{"20130505T123045Z", "2013-05-05T12:30:45+00:00"},
	{"2013-05-05T12", "2013-05-05T12:00:00+00:00"},
	{"2013-05", "2013-05-01T00:00:00+00:00"},
	{"2013", "2013-01-01T00:00:00+00:00"},
	{"2013-W06-6", "2013-02-09T00:00:00+00:00"},
	{"2013-036", "2013-02-05T00:00:00+00:00"},
	{"2013036", "2013-02-05T00:00:00+00:00"},
	{"2013-05-05T12:30", "2013-05-05T12:30:00+00:00"},
	{"2013-05-05T24:00", "2013-05-06T00:00:00+00:00"},
	{"2013-05-05T24:00:00.000", "2013-05-06T00:00:00+00:00"},
	{"2013-05-05T12:30:45,5+01", "2013-05-05T12:30:45.500000+01:00"},
	{"2013-05-05T12:30:45+0100", "2013-05-05T12:30:45+01:00"},
	{"2013-05-05T12:30:45.9999999Z", "2013-05-05T12:30:46+00:00"},
	{"2013-05-05T12:30:45.9999995Z", "2013-05-05T12:30:46+00:00"},
	{"2013/05/05", "2013-05-05T00:00:00+00:00"},
	{"2013.05.05", "2013-05-05T00:00:00+00:00"},
	{"2013-5-5", "2013-05-05T00:00:00+00:00"},
	{"2013-05-05T1230", "2013-05-05T12:30:00+00:00"},
	{"2013-05-05T12Z", "2013-05-05T12:00:00+00:00"},
	{"2013-05-05T12:30:45-00:00", "2013-05-05T12:30:45+00:00"},
	{"20130505", "2013-05-05T00:00:00+00:00"},
	{"2016-02-29", "2016-02-29T00:00:00+00:00"},
	{"2020-W53-7", "2021-01-03T00:00:00+00:00"},
	{"2015W53", "2015-12-28T00:00:00+00:00"},
	{"2016-W52-7", "2017-01-01T00:00:00+00:00"},
}

func TestParseDate(t *testing.T) {
	for _, d := range dates {
		got, err := clock.ParseDate(d.in)
		if err != nil {
			t.Errorf("%s: %v", d.in, err)
			continue
		}
		want := d.out
		if want == "" {
			want = d.in
		}
		if s := clock.FormatDate(got); s != want {
			t.Errorf("%s: got %s, want %s", d.in, s, want)
		}
	}
}

func TestParseDateRefuses(t *testing.T) {
	for _, s := range []string{
		"", "x", "201305", "1565358758", "0000-01-01", "2013-13-01", "2013-02-29", "2013-366", "2015-W54-1", "2013-05-05T",
		" 2013-05-05", "2013-05-05 ", "2013-05-05t12:30", "2013-05-05T25:00", "2013-05-05T24:00:01", "2013-05-05T12:60",
		"2013-05-05T12:30:60", "2013-05-05T12:30:45.", "2013-05-05T12:30:45UTC", "2013-05-05T12:30:45 +01:00",
		"2013-05-05T12:30:45+24:00", "2013-05-05T12:30:45.1+01:0", "2013-05-05T12:30:45−07:00", "9999-12-31T24:00", "2013-W00-1", "2013-W06-8",
		"2021-W53", "2016-W53-1", "2016W531", "9999-W53", "2016-2", "2016/2T12:30",
	} {
		if got, err := clock.ParseDate(s); !errors.Is(err, aiomas.ValueError) {
			t.Errorf("%q: got %v, %v; want a ValueError", s, got, err)
		}
	}
}

// Python writes zones with seconds, which only local mean times have, but
// cannot read them.
func TestZonesWithSeconds(t *testing.T) {
	got, err := clock.ParseDate("1880-01-01T00:00:00+00:53:28")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(1879, 12, 31, 23, 6, 32, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got.UTC(), want)
	}
	if s := clock.FormatDate(got); s != "1879-12-31T23:59:32+00:53" {
		t.Errorf("written as %s", s)
	}
	got, err = clock.ParseDate("1880-01-01T00:00:00-00:00:01.500000")
	if want := time.Date(1880, 1, 1, 0, 0, 1, 5e8, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("got %v, want %v: %v", got.UTC(), want, err)
	}
}

func TestCheckDate(t *testing.T) {
	for year, ok := range map[int]bool{-1: false, 0: false, 1: true, 9999: true, 10000: false} {
		if err := clock.CheckDate(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)); (err == nil) != ok {
			t.Errorf("year %d: %v", year, err)
		}
	}
}

// The instant in microseconds and the zone in minutes are preserved.
func TestDateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(-86399, 86399).Draw(t, "offset")
		seconds := rapid.Int64Range(-62135500000, 253402200000).Draw(t, "seconds")
		nanos := rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")
		in := time.Unix(seconds, nanos).In(time.FixedZone("", offset))
		out, err := clock.ParseDate(clock.FormatDate(in))
		if err != nil {
			t.Fatal(err)
		}
		if !out.Equal(in.Truncate(time.Microsecond)) {
			t.Fatalf("%v became %v", in, out)
		}
		if _, o := out.Zone(); o != offset-offset%60 {
			t.Fatalf("offset %d became %d", offset, o)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, d := range dates {
		f.Add(d.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := clock.ParseDate(s)
		if err != nil {
			return
		}
		if clock.CheckDate(d) != nil { // the zone moved it out of the years that Python supports
			return
		}
		again, err := clock.ParseDate(clock.FormatDate(d))
		if err != nil || !again.Equal(d) {
			t.Errorf("%q is %v, written as %q it is %v, %v", s, d, clock.FormatDate(d), again, err)
		}
	})
}
