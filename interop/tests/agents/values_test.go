package agents

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// Thousands of addresses, good ones and bad ones, are read as Python reads them,
// with its errors.
func TestAddressesAreReadAlike(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		d := c.startDriver(t, c.newContainer(t))
		parts := []string{
			"tcp", "ipc", "local", "http", "://", ":", "/", "//", "[", "]", "]/", "localhost", "127.0.0.1", "::1", "[::1]",
			"5555", "0", "42", "a b", "+7", "-1", "_", "1_0", " 5 ", "٣", "\x1c9", "é", "'", `"`, "\n", "\\", "\x7f", "\u200b", "",
		}
		rng := rand.New(rand.NewPCG(1, 2))
		urls := []string{"", "tcp://localhost:5555/0", "tcp://[::1]:5555/0", "ipc://[/tmp/x]/0", "local://q/0", "tcp://h:99999/0/1"}
		for range 2000 {
			url := []string{"tcp://", "ipc://[", "local://", ""}[rng.IntN(4)]
			for range rng.IntN(7) {
				url += parts[rng.IntN(len(parts))]
			}
			urls = append(urls, url)
		}
		var python []struct {
			Addr  codec.Value
			Aid   string
			Error []string
		}
		d.do(&python, "parse_urls", urls)
		good := 0
		for i, want := range python {
			got, err := agent.ParseAddr(urls[i])
			var ex *aiomas.Exception
			if errors.As(err, &ex) {
				text := ex.Message
				if strings.Contains(text, " not in {") && len(want.Error) == 2 { // a set, in any order
					text, _, _ = strings.Cut(text, "{")
					want.Error[1], _, _ = strings.Cut(want.Error[1], "{")
				}
				if diff := cmp.Diff(want.Error, []string{string(ex.Type), text}); diff != "" {
					t.Errorf("%q: Python -, Go +: %s", urls[i], diff)
				}
				continue
			}
			good++
			addr, err := want.Addr.Any()
			if err != nil || want.Error != nil {
				t.Errorf("%q: Go read %+v, Python said %q, %v", urls[i], got, want.Error, err)
				continue
			}
			mine := any(got.Path)
			if got.Network == "tcp" {
				mine = []any{got.Host, int64(got.Port)}
			}
			if !cmp.Equal(mine, addr) || got.ID != want.Aid {
				t.Errorf("%q: Python read %v %q, Go %+v", urls[i], addr, want.Aid, got)
			}
		}
		if good < 50 || good > len(urls)-50 {
			t.Errorf("%d of %d URLs were good", good, len(urls))
		}
	})
}

// Containers that listen on every interface name this machine alike, and can be
// reached by an agent's address if that name can be resolved.
func TestHostNamesAreAlike(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		python, err := agent.ParseAddr(pyenv.Start(t, c.command(t, "--listen", "tcp://0.0.0.0:0")).Addr)
		if err != nil {
			t.Fatal(err)
		}
		home := c.newContainerAt(t, "tcp://:0")
		callee := register(t, home, &Callee{}, agent.Expose("Spam"))
		if own, err := agent.ParseAddr(callee.Addr()); err != nil || own.Host != python.Host {
			t.Errorf("Python says %s, Go %s, %v", python.Host, own.Host, err)
		}
		if _, err := new(net.Resolver).LookupHost(t.Context(), python.Host); err != nil {
			t.Skip("NOT TESTED: agents of a machine whose name cannot be resolved:", err)
		}
		var got string
		d := driver{connect(t, home, python.String()), t, python.String()}
		if d.do(&got, "call", callee.Addr(), "spam", []any{2}); got != "spamspam" {
			t.Errorf("got %q", got)
		}
	})
}

// Dates are read as arrow reads them, whatever ISO form they have. A week 53 of a
// year that has 52 is not among them: arrow takes it for the next year's first week
// before Python 3.13, and refuses it from then on, as this library does.
func TestDatesAreReadAlike(t *testing.T) {
	c := cell{pythons(t)[0], json.Codec}
	d := c.startDriver(t, c.newContainer(t))
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var texts []string
	for range 3000 {
		texts = append(texts, pick("2016-02-29", "2015-02-29", "20160229", "2016-060", "2016366", "2016-W09-1", "2016W091", "2020-W53-7", "2015W53",
			"2016-2-9", "2016/02/29", "2016.2.29", "2016-02", "2016", "0001-01-01", "9999-12-31", "2016-13-01", "16-01-01")+
			pick("T", "T", "T", " ", "", "t", "  ")+
			pick("12:30:45", "12:30:45.5", "12:30:45.123456", "12:30:45.1234565", "12:30:45.1234575", "12:30:45,999999999", "123045.25", "123045",
				"12:30", "1230", "12", "24:00", "24:00:00", "24:01", "23:59:60", "25:00", "1:30", "")+
			pick("", "", "Z", "+01:00", "-0730", "+05", "-00:00", "+23:59", "+24:00", "+1", "z", " +01:00", "UTC"))
	}
	var python []*string
	d.do(&python, "parse_dates", texts)
	good := 0
	for i, want := range python {
		got, err := clock.ParseDate(texts[i])
		switch {
		case want == nil && err != nil:
		case want == nil || err != nil:
			t.Errorf("%q: Go read %v, %v; Python %v", texts[i], got, err, deref(want))
		case clock.FormatDate(got) != *want:
			t.Errorf("%q: Go read %s, Python %s", texts[i], clock.FormatDate(got), *want)
		default:
			good++
		}
	}
	if good < 500 {
		t.Errorf("only %d of %d dates were good", good, len(texts))
	}
}

func deref(s *string) string {
	if s == nil {
		return "nothing"
	}
	return *s
}

// dated answers with dates.
type dated struct{ agent.Agent }

// DateType says what arrived.
func (d *dated) DateType(date any) (string, string) {
	t, ok := date.(time.Time)
	if !ok {
		return "no date", ""
	}
	return "Arrow", clock.FormatDate(t)
}

// Dates travel in both directions, with microseconds and zone.
func TestDatesTravel(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		home := c.newContainer(t)
		d := c.startDriver(t, home)
		mine := &dated{}
		register(t, home, mine, agent.Expose("DateType"))
		berlin := time.FixedZone("Europe/Berlin", 7200)
		for _, date := range []time.Time{
			time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC),
			time.Date(2020, 6, 1, 12, 0, 0, 123456000, berlin),
			time.Date(2020, 6, 1, 12, 0, 0, 123456789, time.FixedZone("", -34200)),
			time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
			time.Date(1880, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 3208)),
		} {
			var typ, text string
			d.do(&codec.Tuple{&typ, &text}, "date_type", date)
			if want := clock.FormatDate(date); typ != "Arrow" || text != want {
				t.Errorf("Python got a %s %s, want %s", typ, text, want)
			}
			var back time.Time
			d.do(&back, "date", text)
			if !back.Equal(date.Truncate(time.Microsecond)) {
				t.Errorf("Go got %v back for %v", back, date)
			}
		}
		var date any
		d.do(&date, "date", "2020-06-01T12:00:00.5+00:00", "Europe/Berlin")
		if got, ok := date.(time.Time); !ok || clock.FormatDate(got) != "2020-06-01T14:00:00.500000+02:00" {
			t.Errorf("got %v (%T)", date, date)
		}
		// A local mean time, whose zone Python writes but cannot read.
		d.do(&date, "date", "1880-01-01T00:00:00+00:00", "Europe/Berlin")
		if got, ok := date.(time.Time); !ok || !got.Equal(time.Date(1880, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("got %v (%T)", date, date)
		}
		var typ, text string
		d.do(&codec.Tuple{&typ, &text}, "call", mine.Addr(), "date_type", []any{date})
		if typ != "Arrow" || text != "1880-01-01T00:53:00+00:53" {
			t.Errorf("sent back and forth it is a %s %s", typ, text)
		}
	})
}

// Point and Line are the twins of serializable classes.
type Point struct {
	X any `aiomas:"x"`
	Y any `aiomas:"y"`
}

// Line has others in it.
type Line struct {
	Name   string  `aiomas:"name"`
	Points []Point `aiomas:"points"`
}

// shapes is the twin of the agent with them.
type shapes struct{ agent.Agent }

// Mirror returns the line with its points mirrored, in reverse order.
func (s *shapes) Mirror(l Line) Line {
	out := Line{Name: l.Name + ", mirrored"}
	for _, p := range slices.Backward(l.Points) {
		out.Points = append(out.Points, Point{-p.X.(int64), -p.Y.(float64)})
	}
	return out
}

// Relay sends a line on.
func (s *shapes) Relay(ctx context.Context, url string, l Line) (Line, error) {
	p, err := s.Container().Connect(ctx, url)
	if err != nil {
		return Line{}, err
	}
	return aiomas.Call[Line](ctx, p.Sub("mirror"), l)
}

// Classes made with @serializable travel both ways, also nested.
func TestSerializableClasses(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		classes := agent.WithSerializers(codec.NewStructSerializer[Point](), codec.NewStructSerializer[Line]())
		home := c.newContainer(t, classes)
		d := c.startDriver(t, home, "--classes")
		python, pythonURL := d.spawn("agents_guide:Shapes")
		mine := &shapes{}
		register(t, home, mine, agent.Expose("Mirror", "Relay"))
		line := Line{"l", []Point{{int64(1), 2.0}, {int64(-3), 0.5}}}
		want := Line{"l, mirrored", []Point{{int64(3), -0.5}, {int64(-1), -2.0}}}

		got, err := aiomas.Call[Line](t.Context(), python.Sub("mirror"), line)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Python mirrors: %v %s", err, diff)
		}
		if text, err := aiomas.Call[string](t.Context(), python.Sub("describe"), line); text != "l: (1, 2.0) (-3, 0.5)" || err != nil {
			t.Errorf("Python describes %q, %v", text, err)
		}
		// Python sends a line to Go, which sends it to Python, and back.
		d.do(&got, "call", mine.Addr(), "relay", []any{pythonURL, line})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("relayed: %s", diff)
		}
		d.do(&got, "call", mine.Addr(), "mirror", []any{line})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Go mirrors: %s", diff)
		}
		// What does not fit the class fails the call, and nothing else.
		if err := python.Sub("mirror").Call(t.Context(), &codec.Tuple{}, line); err == nil {
			t.Error("a line fits a tuple")
		}
		d.do(&got, "call", mine.Addr(), "mirror", []any{line})
	})
}
