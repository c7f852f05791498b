package nats_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/nats"
	"github.com/aiomas-go/aiomas-go/nats/embedded"
	client "github.com/nats-io/nats.go"
)

// With the permissions of permissions.conf, programs do what they may, and are told at
// once what they may not.
func TestPermissions(t *testing.T) {
	t.Setenv("PLANT_PASSWORD", "p")
	t.Setenv("HOUSE_PASSWORD", "h")
	s := start(t, embedded.Options{Config: "permissions.conf"})
	as := func(user, process string) (*nats.Transport, error) {
		n, err := nats.Connect(t.Context(), s.URL(), nats.Options{Process: process, Claim: claim, Timeout: time.Second}, client.UserInfo(user, user[:1]))
		if err == nil {
			t.Cleanup(func() { _ = n.Close() })
		}
		return n, err
	}
	plant, err := as("plant", "plant")
	if err != nil {
		t.Fatal(err)
	}
	house, err := as("house", "house")
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t, plant, "plant.north")
	x, err := house.Dial(t.Context(), "plant.north")
	if err != nil {
		t.Fatal(err)
	}
	y, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, x, y, "question")
	exchange(t, y, x, "answer")
	if _, err := house.Listen(t.Context(), "plant.south"); !errors.Is(err, nats.ErrNotPermitted) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a name that is another's: %v", err)
	}
	for _, process := range []string{"", "plant"} {
		if _, err := as("house", process); !errors.Is(err, nats.ErrNotPermitted) {
			t.Errorf("the subjects of process %q: %v", process, err)
		}
	}
	if _, err := house.Dial(t.Context(), "other"); !errors.Is(err, nats.ErrNoAnswer) || !errors.Is(err, nats.ErrNotPermitted) {
		t.Errorf("dial of what may not be dialled: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := plant.Dial(ctx, "plant.north"); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("dial with an ended context: %v", err)
	}
}
