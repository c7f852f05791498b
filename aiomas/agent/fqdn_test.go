package agent

import (
	"context"
	"errors"
	"testing"
)

func TestQualify(t *testing.T) {
	answer := func(list ...string) lookup {
		return func(context.Context, string) ([]string, error) { return list, nil }
	}
	fails := func(context.Context, string) ([]string, error) { return nil, errors.New("unknown") }
	for _, c := range []struct {
		name             string
		addresses, names lookup
		want             string
	}{
		{"first with a dot", answer("10.0.0.1"), answer("plant", "plant.example.org.", "other.example.org"), "plant.example.org"},
		{"none with a dot", answer("10.0.0.1"), answer("pump", "plant"), "pump"},
		{"address without names", answer("10.0.0.1"), answer(), "plant"},
		{"unknown address", answer("10.0.0.1"), fails, "plant"},
		{"unknown host", fails, answer("never.asked.org"), "plant"},
		{"host without address", answer(), answer("never.asked.org"), "plant"},
	} {
		if got := qualify(t.Context(), "plant", c.addresses, c.names); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
