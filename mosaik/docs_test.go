package mosaik_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/internal/doccode"
	"github.com/aiomas-go/aiomas-go/mosaik"
	"github.com/aiomas-go/aiomas-go/mosaik/check"
)

// The Go code in docs/mosaik.md is compiled and run: here, and as an example.
func TestDocs(t *testing.T) {
	doccode.Check(t, "../docs/mosaik.md", 4, "../examples/mosaik/battery/main.go", "docs_test.go")
	battery := filepath.Join(t.TempDir(), "battery")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", battery, "../examples/mosaik/battery").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := stepOnce(ctx, exec.CommandContext(ctx, battery, "%(addr)s"))
	var soc float64
	if v, ok := out.Get("Battery_0", "soc"); ok {
		err = errors.Join(err, v.Decode(&soc))
	}
	if err != nil || soc != 0.7 {
		t.Errorf("%v, %v", soc, err)
	}
	if err := checked(ctx, battery); err != nil {
		t.Error(err)
	}
}

// stepOnce steps a simulator once.
func stepOnce(ctx context.Context, cmd *exec.Cmd) (out mosaik.Output, err error) {
	d, err := mosaik.Start(ctx, cmd) // exec.Command("./battery", "%(addr)s"); or Connect(ctx, "host:port")
	if err != nil {
		return out, err
	}
	defer d.Kill() // nothing is left if a call fails
	if _, err := d.Init(ctx, "Sim-0", 1, nil); err != nil {
		return out, err
	}
	entities, err := d.Create(ctx, 2, "Battery", map[string]any{"capacity": 1000.0})
	if err != nil {
		return out, err
	}
	id := entities[0].EID
	var in mosaik.Inputs
	in.Add(id, "p", "Solar-0.x", 800.0)
	next, err := d.Step(ctx, 0, in, 900)
	if err != nil {
		return out, err
	}
	if _, err := d.Step(ctx, next, in, 900); err != nil {
		return out, err
	}
	if out, err = d.GetData(ctx, mosaik.Outputs{{EID: id, Attrs: []string{"soc"}}}); err != nil {
		return out, err
	}
	return out, d.Stop(ctx) // always the last call
}

func checked(ctx context.Context, program string) error {
	report, err := check.Run(ctx, check.Config{Command: []string{program, "%(addr)s"}})
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		fmt.Println(f) // rule, text, play
	}
	if len(report.Findings) > 0 {
		return fmt.Errorf("%d rules are broken", len(report.Findings))
	}
	return nil
}

// asking asks mosaik in its step.
type asking struct {
	mosaik.Simulator
	sid string
}

func (c *asking) Step(ctx context.Context, t int64, in mosaik.Inputs, maxAdvance int64) (int64, error) {
	world := mosaik.WorldFrom(ctx)
	percent, err := world.Progress(ctx)
	if err != nil {
		return 0, err
	}
	related, err := world.Related(ctx, c.sid+".agent") // also RelatedTo for several, Graph for all
	if err != nil {
		return 0, err
	}
	data, err := world.GetData(ctx, mosaik.Outputs{{EID: related[0].ID, Attrs: []string{"val"}}})
	if err != nil {
		return 0, err
	}
	var val float64
	if v, ok := data.Get(related[0].ID, "val"); ok {
		err = v.Decode(&val)
	}
	if err != nil || percent > 50 {
		return t + 60, err
	}
	return t + 60, world.SetData(ctx, mosaik.Setting{Source: c.sid + ".agent", Dest: related[0].ID, Attr: "delta", Value: -val})
}

// Init implements [mosaik.Simulator].
func (c *asking) Init(_ context.Context, sid string, _ mosaik.Params) (mosaik.Meta, error) {
	c.sid = sid
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{"Agent": {Attrs: []string{"val_in"}}}}, nil
}

func TestDocsAsking(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- mosaik.Serve(t.Context(), ln, &asking{}) }()
	var set []mosaik.Setting
	d, err := mosaik.Connect(t.Context(), ln.Addr().String(), mosaik.WithAnswers(mosaik.Answers{
		Progress: func(context.Context) (float64, error) { return 10, nil },
		Graph: func(context.Context) (mosaik.Graph, error) {
			return mosaik.Graph{Nodes: []mosaik.Node{{ID: "C.agent", SID: "C", Type: "Agent"}, {ID: "M.m", SID: "M", Type: "Model"}}, Edges: [][2]string{{"C.agent", "M.m"}}}, nil
		},
		GetData: func(context.Context, mosaik.Outputs) (out mosaik.Output, err error) {
			out.Set("M.m", "val", 3.0)
			return out, nil
		},
		SetData: func(_ context.Context, settings []mosaik.Setting) error { set = settings; return nil },
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Init(t.Context(), "C", 1, nil); err != nil {
		t.Fatal(err)
	}
	if next, err := d.Step(t.Context(), 0, mosaik.Inputs{}, 600); next != 60 || err != nil {
		t.Error(next, err)
	}
	if len(set) != 1 || set[0].Dest != "M.m" || !strings.Contains(fmt.Sprint(set[0].Value), "-3") {
		t.Errorf("set %+v", set)
	}
	if err := d.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
