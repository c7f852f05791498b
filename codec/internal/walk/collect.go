package walk

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// candidate is a field, with the information for choosing between fields of the
// same name.
type candidate struct {
	field
	goName, path   string
	throughPointer bool // an embedded pointer on the path may be nil
}

// collector finds the candidates.
type collector struct {
	f      *Format
	fs     *fields
	found  []candidate
	hidden int                   // fields that are not exported
	around map[reflect.Type]bool // the structs that embed the current one
}

// collect appends the fields of t, which is embedded at prefix.
func (c *collector) collect(t reflect.Type, prefix []int, path ...string) {
	c.around[t] = true
	defer delete(c.around, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := c.f.tagOf(sf)
		if tag.skip {
			continue
		}
		index, path := append(slices.Clip(prefix), i), append(slices.Clip(path), sf.Name)
		if sf.Anonymous && tag.name == "" && c.embedded(sf, index, path) {
			continue
		}
		if !sf.IsExported() {
			if sf.Name != "_" {
				c.hidden++
			}
			continue
		}
		found := candidate{field: field{name: tag.name, index: index, typ: sf.Type}, goName: sf.Name, path: strings.Join(path, ".")}
		if tag.name == "" {
			found.name = snake.Case(sf.Name)
		}
		if tag.omitEmpty {
			found.empty = emptinessOf(sf.Type)
		}
		c.found = append(c.found, found)
	}
}

// embedded appends the fields of an embedded struct; it returns false if sf is
// not one.
func (c *collector) embedded(sf reflect.StructField, index []int, path []string) bool {
	t, pointer := sf.Type, false
	if t.Kind() == reflect.Pointer {
		t, pointer = t.Elem(), true
	}
	switch {
	case t.Kind() != reflect.Struct || codec.BuiltIn(t):
		return false
	case c.around[t]:
		c.fs.refuse("%v embeds itself", t)
		return true
	}
	if pointer {
		c.fs.pointers = append(c.fs.pointers, index)
		if !sf.IsExported() && c.fs.unset == "" {
			c.fs.unset = fmt.Sprintf("the embedded pointer %s of %v cannot be set: its type is not exported", strings.Join(path, "."), c.fs.typ)
		}
	}
	at, hidden := len(c.found), c.hidden
	c.collect(t, index, path...)
	if len(c.found) == at && c.hidden > hidden && sf.IsExported() && !reflect.PointerTo(t).Implements(locker) {
		c.fs.refuse("the embedded %v of %v has no exported fields: name it by a tag, or leave it out by \"-\"", sf.Type, c.fs.typ)
	}
	for i := at; i < len(c.found); i++ {
		c.found[i].throughPointer = c.found[i].throughPointer || pointer
	}
	return true
}

type tag struct {
	name      string
	omitEmpty bool
	list      bool
	skip      bool
}

// tagOf reads the aiomas tag, and the codec's own tag for the settings that the
// aiomas tag does not specify.
func (f *Format) tagOf(sf reflect.StructField) tag {
	ours, has := sf.Tag.Lookup("aiomas")
	t := parseTag(ours)
	if f.TagName != "" && t.name == "" && !t.skip {
		theirs := parseTag(sf.Tag.Get(f.TagName))
		if has {
			t.name = theirs.name
		} else {
			t = theirs
		}
	}
	return t
}

func parseTag(s string) tag {
	if s == "-" {
		return tag{skip: true}
	}
	name, options, _ := strings.Cut(s, ",")
	t := tag{name: name}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty", "omitzero":
			t.omitEmpty = true
		case "list":
			t.list = true
		}
	}
	return t
}
