package json_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/internal/codectest"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/internal/golden"
)

func TestGoldenValues(t *testing.T) { codectest.Values(t, json.Codec) }

func TestGoldenMessages(t *testing.T) { codectest.Messages(t, json.Codec) }

// looseTypeID lists the cases in which Python accepts a type id that is not an
// int but equal to one, and Go does not.
var looseTypeID = []string{
	`decode/{"__type__": [0.0, {"x": 1, "y": 2}]}`,
	`decode/{"__type__": [true, [1.0, 2.0]]}`,
}

func TestGoldenDecodes(t *testing.T) {
	codectest.Decodes(t, json.Codec, func(c golden.Case) bool { return slices.Contains(looseTypeID, c.Name) })
	for _, name := range looseTypeID {
		c := golden.Of(t, "json", golden.Decode, name)[0]
		got, err := codectest.ParseAny(t, json.Codec, c.Payload, registry(t, c.Types...))
		if de := (*codec.DecodeError)(nil); c.Error != "" || !errors.As(err, &de) {
			t.Errorf("%s: Python says %q, Go gives %s, %v", name, c.Error, show(got), err)
		}
	}
}
