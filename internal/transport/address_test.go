package transport

import "testing"

func TestParse(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Address{
		"tcp://localhost:5555":     {"tcp", "localhost:5555", false},
		"tcp+tls://localhost:5555": {"tcp", "localhost:5555", true},
		"tcp://:5555":              {"tcp", ":5555", false},
		"localhost:5555":           {"tcp", "localhost:5555", false},
		"127.0.0.1:0":              {"tcp", "127.0.0.1:0", false},
		"[::1]:5555":               {"tcp", "[::1]:5555", false},
		"unix:///run/x":            {"unix", "/run/x", false},
		"unix:/run/x":              {"unix", "/run/x", false},
		"unix:x":                   {"unix", "x", false},
		"unix:5555":                {"unix", "5555", false},
		"unix:@name":               {"unix", "@name", false},
		"unix://@name":             {"unix", "@name", false},
		"ipc://[x]":                {"unix", "x", false},
	} {
		got, err := Parse(s)
		if err != nil || got != want {
			t.Errorf("%s is %+v, %v, want %+v", s, got, err, want)
		}
		if again, err := Parse(Format(got.Network, got.Addr)); err != nil || again.Addr != got.Addr {
			t.Errorf("%s is %s when formatted, which is %+v, %v", s, Format(got.Network, got.Addr), again, err)
		}
	}
}

func TestParseSaysWhatWasMeant(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                         "no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path",
		"localhost":                "no scheme; want tcp://host:port, tcp+tls://host:port or unix:///path",
		":6070":                    "want tcp://:6070, which is every interface, or localhost:6070",
		"tcp:6070":                 "want tcp://host:port",
		"tcp://localhost":          "want host:port after tcp://",
		"tcp://::1:6001":           "an IPv6 address needs brackets; want tcp://[::1]:6001",
		"tcp+tls://fe80::1%lo:601": "an IPv6 address needs brackets; want tcp+tls://[fe80::1%lo]:601",
		"tcp://localhost:5555/0":   "want only host:port after tcp://; an agent's address is for agent containers",
		"unix://tmp/x":             "want unix:///tmp/x, or unix:tmp/x for a path below the working directory",
		"http://localhost:80":      "unknown scheme http; want tcp, tcp+tls or unix",
		"localhost:http":           "unknown scheme localhost; want tcp, tcp+tls or unix",
	} {
		_, err := Parse(s)
		if text := "aiomas: address \"" + s + "\": " + want; err == nil || err.Error() != text {
			t.Errorf("%q: %v, want %s", s, err, text)
		}
	}
}
