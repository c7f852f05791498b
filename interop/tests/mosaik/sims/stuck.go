package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aiomas-go/aiomas-go/mosaik"
)

// stuck is in a step until its connection ends. It notes in STUCK_DIR what happens.
type stuck struct{}

func (stuck) Init(context.Context, string, mosaik.Params) (mosaik.Meta, error) {
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{"M": {Attrs: []string{"a"}}}}, nil
}

func (stuck) Create(context.Context, int, string, mosaik.Params) ([]mosaik.Entity, error) {
	return []mosaik.Entity{{EID: "m", Type: "M"}}, nil
}

func (stuck) Step(ctx context.Context, _ int64, _ mosaik.Inputs, _ int64) (int64, error) {
	if err := note(fmt.Sprint("stepping ", os.Getpid())); err != nil {
		return 0, err
	}
	<-ctx.Done()
	return 0, context.Cause(ctx)
}

func (stuck) GetData(context.Context, mosaik.Outputs) (mosaik.Output, error) {
	return mosaik.Output{}, nil
}

func (stuck) Finalize() error { return note("finalized") }

func note(line string) error {
	f, err := os.OpenFile(filepath.Join(os.Getenv("STUCK_DIR"), "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // written by then
	_, err = fmt.Fprintln(f, line)
	return err
}
