package agent

import (
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Dates carries time.Time as Python's arrow dates, which travel as strings in
// ISO 8601: microseconds and the zone's offset are kept, its name is not. Each
// container has it in front of its other serializers, as type 0; plain
// connections can be given it with [aiomas.WithSerializers]. It mirrors
// aiomas.arrow_serializer.
//
// See [clock.FormatDate] for what Python cannot read; a year outside 1…9999 is an
// encode error.
var Dates = codec.NewSerializer(
	func(t time.Time) (string, error) {
		if err := clock.CheckDate(t); err != nil {
			return "", err
		}
		return clock.FormatDate(t), nil
	},
	clock.ParseDate,
)
