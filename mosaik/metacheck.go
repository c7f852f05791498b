package mosaik

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MetaError reports a rule of mosaik that a [Meta] breaks.
type MetaError struct {
	Model  string // empty: the error concerns the simulator
	Attr   string // empty: the error concerns the model
	Reason string
}

func (e *MetaError) Error() string {
	switch {
	case e.Model == "":
		return "mosaik: meta data: " + e.Reason
	case e.Attr == "":
		return fmt.Sprintf("mosaik: meta data: model %q: %s", e.Model, e.Reason)
	}
	return fmt.Sprintf("mosaik: meta data: model %q, attribute %q: %s", e.Model, e.Attr, e.Reason)
}

// PythonType makes the error a ValueError for mosaik.
func (e *MetaError) PythonType() string { return "ValueError" }

// apiCalls cannot be names of models or extra methods.
var apiCalls = []string{"init", "create", "setup_done", "step", "get_data", "finalize", "stop"}

// Check returns all errors that mosaik, or a scenario that uses the simulator, would
// report: each is a *[MetaError] in a joined error. An empty APIVersion or Type stands for
// its default.
func (m Meta) Check() error {
	c := &metaChecker{}
	m = m.withDefaults()
	c.version(m.APIVersion)
	if m.Type != TimeBased && m.Type != EventBased && m.Type != Hybrid {
		c.add("", "", "type %q is not one of time-based, event-based, hybrid", string(m.Type))
	}
	for _, name := range m.ExtraMethods {
		switch _, isModel := m.Models[name]; {
		case slices.Contains(apiCalls, name):
			c.add("", "", "extra method %q is named like a call of the API", name)
		case isModel:
			c.add("", "", "extra method %q is named like a model", name)
		}
	}
	for _, name := range sortedKeys(m.Models) {
		c.model(name, m.Models[name], m.Type)
	}
	return errors.Join(c.errs...)
}

func (m Meta) withDefaults() Meta {
	if m.APIVersion == "" {
		m.APIVersion = APIVersion
	}
	if m.Type == "" {
		m.Type = TimeBased
	}
	return m
}

type metaChecker struct{ errs []error }

func (c *metaChecker) add(model, attr, format string, args ...any) {
	c.errs = append(c.errs, &MetaError{model, attr, fmt.Sprintf(format, args...)})
}

func (c *metaChecker) version(v string) {
	for i, part := range strings.Split(v, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		switch {
		case err != nil:
			c.add("", "", "api_version %q is not dotted integers", v)
			return
		case i == 0 && n != 3:
			c.add("", "", "api_version %q is not one of 3", v)
			return
		}
	}
}

func (c *metaChecker) model(name string, m ModelMeta, t Type) {
	if slices.Contains(apiCalls, name) {
		c.add(name, "", "named like a call of the API")
	}
	c.pair(name, m, t, namedList{"non-trigger", &m.NonTrigger}, namedList{"trigger", &m.Trigger}, m.AnyInputs, t == TimeBased)
	c.pair(name, m, t, namedList{"persistent", &m.Persistent}, namedList{"non-persistent", &m.NonPersistent}, false, t != EventBased)
}

// pair checks that two lists are a partition of the attributes and fit the type: held lists
// attributes that hold a value, events the others. If open is true, attributes of any name
// are allowed as well; they belong to the list that is absent. If none is true, an absent
// list of events counts as empty, or, in event-based simulators, an absent held.
func (c *metaChecker) pair(model string, m ModelMeta, t Type, held, events namedList, open, none bool) {
	for _, attr := range *held.list {
		if slices.Contains(*events.list, attr) {
			c.add(model, attr, "is both in %s and in %s", held.name, events.name)
		}
		if t == EventBased {
			c.add(model, attr, "is in %s, which an event-based simulator cannot have: make it hybrid", held.name)
		}
	}
	for _, attr := range *events.list {
		if t == TimeBased {
			c.add(model, attr, "is in %s, which a time-based simulator cannot have: make it hybrid", events.name)
		}
	}
	if open {
		if *held.list != nil && *events.list != nil {
			c.add(model, "", "any_inputs with both %s and %s: attributes of other names are in neither", held.name, events.name)
		}
		// The implied list must be the one that fits the type, or nothing may be listed.
		if t == TimeBased && *held.list != nil || t == EventBased && *events.list != nil {
			c.add(model, "", "any_inputs of a %s simulator with a list %s: attributes of other names are missing", t, pick(t == TimeBased, held.name, events.name))
		}
		return
	}
	for _, list := range []namedList{held, events} {
		for _, attr := range *list.list {
			if !slices.Contains(m.Attrs, attr) {
				c.add(model, attr, "is in %s but not in attrs", list.name)
			}
		}
	}
	for _, attr := range m.Attrs {
		inHeld, inEvents := slices.Contains(*held.list, attr), slices.Contains(*events.list, attr)
		switch {
		case inHeld || inEvents:
		case *held.list != nil && (*events.list != nil || none):
			c.add(model, attr, "is not in %s%s", held.name, pick(*events.list != nil, " and not in "+events.name, ""))
		case *events.list != nil && t == EventBased:
			c.add(model, attr, "is not in %s", events.name)
		}
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
