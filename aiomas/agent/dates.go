package agent

import (
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/clock"
	"github.com/aiomas-go/aiomas-go/codec"
)

// Dates encodes time.Time as Python's arrow dates: strings in ISO 8601, with microseconds and
// the offset of the zone, but without its name. Each container has it before its other
// serializers, with the id 0; for other connections use [aiomas.WithSerializers]. It mirrors
// aiomas.arrow_serializer.
//
// See [clock.FormatDate] for dates that Python cannot read. A year outside 1…9999 is an
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
