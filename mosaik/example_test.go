package mosaik_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// Tank is filled by what flows in.
type Tank struct {
	Size  float64 `mosaik:"size,param"`
	Level float64 `mosaik:"level,out"`
	Flow  float64 `mosaik:"flow,in"`
}

// Step adds the flow since the last step.
func (t *Tank) Step(_ context.Context, s *mosaik.Step) error {
	t.Level += t.Flow * float64(s.Since)
	if t.Level > t.Size {
		return aiomas.ValueError.Errorf("overflows by %v", t.Level-t.Size)
	}
	return nil
}

// A program needs no more than mosaik.Main(mosaik.Model[Tank]("Tank")). Here the
// simulator is served and driven in one process.
func Example() {
	ctx := context.Background()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- mosaik.Serve(ctx, ln, mosaik.Model[Tank]("Tank", mosaik.Prototype(Tank{Size: 10}), mosaik.StepSize(2)))
	}()

	d, err := mosaik.Connect(ctx, ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	meta, err := d.Init(ctx, "Tanks-0", 1, nil)
	fmt.Println(meta.Type, meta.Models["Tank"].Params, meta.Models["Tank"].Attrs, err)
	tanks, err := d.Create(ctx, 2, "Tank", nil)
	fmt.Println(tanks[0].EID, tanks[1].EID, err)

	var in mosaik.Inputs
	in.Add("Tank_1", "flow", "Pump-0.a", 1.5)
	in.Add("Tank_1", "flow", "Pump-0.b", 1)
	for t := int64(0); t < 6; {
		if t, err = d.Step(ctx, t, in, 6); err != nil {
			fmt.Println(err)
			break
		}
		out, err := d.GetData(ctx, mosaik.Outputs{{EID: "Tank_1", Attrs: []string{"level"}}})
		level, _ := out.Get("Tank_1", "level")
		f, _ := level.Float()
		fmt.Println(f, err)
	}
	_, err = d.Step(ctx, 12, in, 20)
	fmt.Println(err.(*aiomas.RemoteError).Message) //nolint:errorlint // an example
	fmt.Println(d.Stop(ctx), <-served)
	// Output:
	// time-based [size] [level flow] <nil>
	// Tank_0 Tank_1 <nil>
	// 0 <nil>
	// 5 <nil>
	// 10 <nil>
	// Tanks-0.Tank_1: step(time=12): overflows by 20
	// <nil> <nil>
}

func ExampleInputs() {
	var in mosaik.Inputs
	in.Add("Tank_0", "flow", "Pump-0.a", 1.5)
	in.Add("Tank_0", "flow", "Pump-0.b", 2)
	for _, v := range in.All("Tank_0", "flow") {
		x, err := v.Value.Any()
		fmt.Println(v.Source, x, err)
	}
	fmt.Println(in.Sum("Tank_0", "flow"))
	_, err := in.One("Tank_0", "flow")
	fmt.Println(err)
	// Output:
	// Pump-0.a 1.5 <nil>
	// Pump-0.b 2 <nil>
	// 3.5 <nil>
	// entity Tank_0: ValueError: input flow has 2 values, not one
}

func ExampleMeta_Check() {
	meta := mosaik.Meta{Type: mosaik.TimeBased, Models: map[string]mosaik.ModelMeta{
		"Tank": {Attrs: []string{"level", "flow"}, Trigger: []string{"flow"}},
	}}
	fmt.Println(meta.Check())
	// Output:
	// mosaik: meta data: model "Tank", attribute "flow": is in trigger, which a time-based simulator cannot have: make it hybrid
}
