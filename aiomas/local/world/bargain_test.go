package world_test

import (
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas/local/world"
)

func TestABargainSeemsRight(t *testing.T) { testBargain(t, world.Replay("")) }

func TestChildBargain(t *testing.T) {
	onlyAsChild(t)
	testBargain(t, world.WithFaults(world.Faults{Delays: 1}))
}

func TestASeedFindsWhatIsWrongWithABargain(t *testing.T) {
	out := child(t, "TestChildBargain")
	for _, want := range []string{
		"world: seed ", " fails:\n", "the buyer pays ", "with this schedule:\n", "again: AIOMAS_WORLD='",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
	t.Log(out)
}
