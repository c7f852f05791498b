package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/mosaik"
)

// csvData is mosaik-csv, as far as the tests need it.
type csvData struct {
	model string
	attrs []string
	times []int64 // of the rows, from the start
	rows  [][]float64
	at    int
	ids   int
}

func (s *csvData) Init(_ context.Context, _ string, p mosaik.Params) (mosaik.Meta, error) {
	o := struct {
		Start string `mosaik:"sim_start,required"`
		File  string `mosaik:"datafile,required"`
	}{}
	if err := p.Decode(&o); err != nil {
		return mosaik.Meta{}, err
	}
	if err := s.read(o.File, o.Start, p.TimeResolution); err != nil {
		return mosaik.Meta{}, aiomas.ValueError.Errorf("%s: %w", o.File, err)
	}
	return mosaik.Meta{Models: map[string]mosaik.ModelMeta{s.model: {Attrs: s.attrs}}}, nil
}

func (s *csvData) read(file, start string, resolution float64) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, err := time.Parse(time.DateTime, start)
	if err != nil {
		return err
	}
	name, rest, _ := strings.Cut(string(b), "\n")
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		return err
	}
	s.model, s.attrs = name, rows[0][1:]
	for _, row := range rows[1:] {
		at, err := time.Parse(time.DateTime, row[0])
		if err != nil {
			return err
		}
		values := make([]float64, len(row)-1)
		for i := range values {
			if values[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				return err
			}
		}
		s.times = append(s.times, int64(at.Sub(begin).Seconds()/resolution))
		s.rows = append(s.rows, values)
	}
	return nil
}

func (s *csvData) Create(_ context.Context, num int, model string, _ mosaik.Params) (out []mosaik.Entity, err error) {
	for range num {
		out = append(out, mosaik.Entity{EID: fmt.Sprintf("%s_%d", model, s.ids), Type: model})
		s.ids++
	}
	return out, nil
}

func (s *csvData) Step(_ context.Context, t int64, _ mosaik.Inputs, maxAdvance int64) (int64, error) {
	for s.at+1 < len(s.rows) && s.times[s.at+1] <= t {
		s.at++
	}
	if s.at+1 < len(s.rows) {
		return s.times[s.at+1], nil
	}
	return maxAdvance, nil // the end of the data
}

func (s *csvData) GetData(_ context.Context, want mosaik.Outputs) (mosaik.Output, error) {
	return want.Fill(func(_, attr string) (any, bool) {
		for i, a := range s.attrs {
			if a == attr {
				return s.rows[s.at][i], true
			}
		}
		return nil, false
	}), nil
}
