package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
)

// answer is the answer for a path of a script.
type answer struct {
	result   any
	err      error
	delay    time.Duration
	sequence []*answer
	next     atomic.Int64
}

// loadScript returns the service of a script.
func loadScript(name string, stdin io.Reader) (aiomas.Service, error) {
	text, err := reader{stdin: stdin}.file(name)
	if err != nil {
		return nil, err
	}
	service, err := parseScript(text)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return service, nil
}

func parseScript(text []byte) (*aiomas.Router, error) {
	var top any
	var err error
	if json.Valid(text) { // keeps ints and floats apart as Python does; YAML would not keep large ints
		top, err = parseJSON(text)
	} else {
		top, err = parseYAML(text)
	}
	if err != nil {
		return nil, err
	}
	paths, ok := top.(codec.Dict)
	if !ok {
		return nil, errors.New("not a dict of paths and answers")
	}
	root := aiomas.NewRouter()
	for _, e := range paths {
		path, ok := e.Key.(string)
		if !ok || path == "" {
			return nil, fmt.Errorf("the path %v is no text", e.Key)
		}
		a, err := parseAnswer(e.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := expose(root, path, a); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return root, nil
}

// expose exposes the answer at path, and the services above it.
func expose(r *aiomas.Router, path string, a *answer) error {
	names := strings.Split(path, "/")
	for _, name := range names[:len(names)-1] {
		sub := r.SubRouter(name)
		if sub == nil {
			sub = aiomas.NewRouter()
			if err := r.Add(name, sub); err != nil {
				return err
			}
		}
		r = sub
	}
	name := names[len(names)-1]
	functions, services := r.Names()
	if slices.Contains(append(functions, services...), name) {
		return errors.New("there twice")
	}
	if name == "" {
		return errors.New("a name is empty")
	}
	r.Expose(name, func(ctx context.Context, _ aiomas.RawKwargs, _ ...codec.Value) (any, error) { return a.give(ctx) })
	return nil
}

func (a *answer) give(ctx context.Context) (any, error) {
	if a.delay > 0 && !wait(ctx, a.delay) {
		return nil, context.Cause(ctx)
	}
	if n := int64(len(a.sequence)); n > 0 {
		return a.sequence[min(a.next.Add(1), n)-1].give(ctx)
	}
	return a.result, a.err
}

func parseAnswer(v any) (*answer, error) {
	d, ok := v.(codec.Dict)
	if !ok || len(d) == 0 {
		return &answer{result: v}, nil
	}
	for _, e := range d {
		switch e.Key {
		case "result", "error", "delay", "sequence":
		default:
			return &answer{result: v}, nil
		}
	}
	a := &answer{}
	for _, e := range d {
		if err := a.set(e.Key.(string), e.Value); err != nil {
			return nil, err
		}
	}
	if (a.result != nil || a.sequence != nil) && a.err != nil || a.result != nil && a.sequence != nil {
		return nil, errors.New("more than one of result, error and sequence")
	}
	return a, nil
}

func (a *answer) set(key string, v any) error {
	text, isText := v.(string)
	switch key {
	case "result":
		a.result = v
	case "error":
		if !isText || text == "" {
			return errors.New(`error: want "Type: message"`)
		}
		typ, message, _ := strings.Cut(text, ": ")
		a.err = aiomas.ExceptionType(typ).New(message)
	case "delay":
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf("delay: want a time like 500ms, not %v", v)
		}
		a.delay = d
	case "sequence":
		list, ok := v.([]any)
		if !ok || len(list) == 0 {
			return errors.New("sequence: want a list of answers")
		}
		for _, e := range list {
			next, err := parseAnswer(e)
			if err != nil {
				return err
			}
			a.sequence = append(a.sequence, next)
		}
	}
	return nil
}

// parseYAML parses YAML to the same types as parseJSON.
func parseYAML(text []byte) (any, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("empty")
	}
	v, err := yamlValue(doc.Content[0], 0)
	if err != nil {
		return nil, err
	}
	return fromForms(v)
}

func yamlValue(n *yaml.Node, depth int) (any, error) {
	if depth > codec.MaxEncodeDepth {
		return nil, errors.New("nested too deeply")
	}
	switch n.Kind {
	case yaml.AliasNode:
		return yamlValue(n.Alias, depth+1)
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := yamlValue(c, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return yamlDict(n, depth)
	case yaml.DocumentNode, yaml.ScalarNode:
	}
	return yamlScalar(n)
}

func yamlDict(n *yaml.Node, depth int) (any, error) {
	d := codec.Dict{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, err := yamlValue(n.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		v, err := yamlValue(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if id, data, ok := customType(k, v); ok && len(n.Content) == 2 {
			return codec.Opaque{ID: id, Data: data}, nil
		}
		d = append(d, codec.Entry{Key: k, Value: v})
	}
	return d, nil
}

// customType reports whether k: v is the JSON form of a custom type, and returns its id and data.
func customType(k, v any) (id int64, data any, ok bool) {
	list, isList := v.([]any)
	if k != codec.TypeKey || !isList || len(list) != 2 {
		return 0, nil, false
	}
	id, ok = list[0].(int64)
	return id, list[1], ok
}

func yamlScalar(n *yaml.Node) (any, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case float64:
		if i, ok := new(big.Int).SetString(n.Value, 10); ok { // YAML decodes large ints as floats
			return i, nil
		}
		return v, nil
	case time.Time:
		return n.Value, nil
	}
	if n.Tag == "!!binary" {
		s, _ := v.(string)
		return []byte(s), nil
	}
	return v, nil
}
