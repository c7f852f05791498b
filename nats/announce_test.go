package nats_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/nats-io/nats.go/micro"
)

// What "nats micro ls", "info" and "stats" ask is answered with names, addresses and
// counters.
func TestAnnounce(t *testing.T) {
	a, b := two(t, nats.Options{})
	listen(t, a, "plant.b")
	s, err := a.Announce(nats.Announcement{
		Name: "plant", Description: "a plant", Addresses: []string{"nats://plant.b"},
		Counters: func() any { return map[string]int{"calls": 7} },
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(subject string, answer any) {
		t.Helper()
		m, err := b.NATS().Request(subject, nil, 10*time.Second)
		if err == nil {
			err = json.Unmarshal(m.Data, answer)
		}
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
	}
	var ping micro.Ping
	ask("$SRV.PING.plant", &ping)
	if ping.Name != "plant" || ping.Version != "1.0.0" || ping.Metadata["addresses"] != "nats://plant.b" {
		t.Errorf("ping: %+v", ping)
	}
	var info micro.Info
	ask("$SRV.INFO.plant", &info)
	if info.Description != "a plant" || info.Version != "1.0.0" || info.Metadata["addresses"] != "nats://plant.b" {
		t.Errorf("info: %+v", info)
	}
	var stats struct {
		Endpoints []struct {
			Data struct {
				Transport nats.Counters  `json:"transport"`
				Aiomas    map[string]int `json:"aiomas"`
			} `json:"data"`
		} `json:"endpoints"`
	}
	x, y := pair(t, b, a)
	exchange(t, x, y, "hello")
	ask("$SRV.STATS.plant", &stats)
	if len(stats.Endpoints) != 1 || stats.Endpoints[0].Data.Transport.Accepted != 1 || stats.Endpoints[0].Data.Aiomas["calls"] != 7 {
		t.Errorf("stats: %+v", stats)
	}
	var list []string
	ask("aiomas.addresses.plant", &list)
	if len(list) != 1 || list[0] != "nats://plant.b" {
		t.Errorf("addresses: %v", list)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := a.Announce(nats.Announcement{Name: "a b"}); err == nil {
		t.Error("a name with a space")
	}
}
