package mosaik

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Meta.Check accepts what mosaik accepts, and nothing else.
func TestMetaCheckIsMosaiks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	list := func() []string {
		if rng.IntN(2) == 0 {
			return nil
		}
		l := []string{}
		for _, a := range []string{"a", "b", "c"} {
			if rng.IntN(2) == 0 {
				l = append(l, a)
			}
		}
		return l
	}
	var lines bytes.Buffer
	var metas []mosaik.Meta
	for range 20_000 {
		m := mosaik.ModelMeta{Attrs: append([]string{}, list()...), AnyInputs: rng.IntN(4) == 0,
			Trigger: list(), NonTrigger: list(), Persistent: list(), NonPersistent: list()}
		typ := []mosaik.Type{mosaik.TimeBased, mosaik.EventBased, mosaik.Hybrid}[rng.IntN(3)]
		metas = append(metas, mosaik.Meta{Type: typ, Models: map[string]mosaik.ModelMeta{"M": m}})
		wire := map[string]any{"attrs": m.Attrs, "any_inputs": m.AnyInputs}
		for name, l := range map[string][]string{"trigger": m.Trigger, "non-trigger": m.NonTrigger, "persistent": m.Persistent, "non-persistent": m.NonPersistent} {
			if l != nil {
				wire[name] = l
			}
		}
		b, err := json.Marshal([]any{typ, wire})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(b, '\n'))
	}
	eachMosaik(t, func(t *testing.T, p pyenv.Python) {
		cmd := python(t, p, "metas.py")
		cmd.Stdin = bytes.NewReader(lines.Bytes())
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		good, bad := 0, 0
		for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			err := metas[i].Check()
			if (line == "null") != (err == nil) {
				t.Fatalf("%+v\nmosaik: %s\nhere: %v", metas[i], line, err)
			}
			if err == nil {
				good++
				continue
			}
			bad++
			var e *mosaik.MetaError
			if !errors.As(err, &e) || e.Model != "M" {
				t.Errorf("%v names no model", err)
			}
		}
		t.Logf("%d good, %d bad", good, bad)
	})
}
