package suite

import "testing"

func rounds(calls int64, hops ...float64) (list []Sample) {
	for i, hop := range hops {
		list = append(list, Sample{Calls: calls * int64(i+1), Nanos: 1e9, Hop: hop})
	}
	return list
}

func TestApart(t *testing.T) {
	both := func(hops ...float64) Results {
		// The ratio is 3 in near rounds and 2 in far ones.
		a, b := rounds(300, hops...), rounds(100, hops...)
		for i, hop := range hops {
			if hop > 100 {
				a[i].Calls = 2 * b[i].Calls
			}
		}
		return Results{"s": {"a": a, "b": b}}
	}
	for _, c := range []struct {
		name string
		r    Results
		want string
	}{
		{"two states", both(50, 200, 52, 210, 190, 60, 49), "3.00 in the 4 rounds with near cores, 2.00 in the 3 with far ones"},
		{"one state", both(50, 52, 120, 110, 115, 49), ""},
		{"too few are far", both(50, 52, 60, 58, 200, 210), ""},
		{"one core", both(0, 0, 0, 0, 0, 0), ""},
	} {
		if got := c.r.Apart("s", "a", Rate, "b", Rate); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	// What is near in one suite is told by the whole run.
	two := both(200, 210, 190, 205)
	two["t"] = both(50, 52, 60)["s"]
	if got := len(two.AllHops()); got != 7 || two.Apart("t", "a", Rate, "b", Rate) != "" {
		t.Errorf("%d hops, %q", got, two.Apart("t", "a", Rate, "b", Rate))
	}
}
