package walk

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/internal/snake"
)

// fields are the exported fields of a struct, those of embedded structs
// included, in the order of their declaration.
type fields struct {
	f      *Format
	typ    reflect.Type
	list   []field
	keys   [][]byte // of list, encoded; nil if that cannot be
	byName map[string]int
	varies bool // some fields are not always written
	asList bool // the fields travel as a list
	err    error
}

type field struct {
	name      string
	index     []int // of length 1 unless the field is of an embedded struct
	typ       reflect.Type
	omitEmpty bool
	floats    int          // so many fields from this one on are plain float64s, one after another in memory
	run       *FloatFields // that begin with this field and are always written
	enc       *encoder
	dec       *decoder
}

// fieldsOf lists the fields of t by the rules of Go: of two with one name the
// less deeply embedded counts, and of two at one depth the one that has its
// name from a tag, or else none.
func (f *Format) fieldsOf(t reflect.Type) *fields {
	fs := &fields{f: f, typ: t, byName: make(map[string]int)}
	found := f.collect(t, nil, nil, make(map[reflect.Type]bool))
	best := make(map[string]candidate)
	clash := make(map[string]bool)
	for _, c := range found {
		b, seen := best[c.name]
		switch {
		case !seen || c.rank() < b.rank():
			best[c.name], clash[c.name] = c, false
		case c.rank() == b.rank():
			clash[c.name] = true
		}
	}
	for _, c := range found {
		if clash[c.name] || !slices.Equal(best[c.name].index, c.index) {
			continue
		}
		var key []byte
		if f.AppendKey != nil {
			if k, err := f.AppendKey(nil, c.name); err == nil {
				key = k
			}
		}
		fs.keys = append(fs.keys, key)
		fs.byName[c.name] = len(fs.list)
		fs.list = append(fs.list, c.field)
		fs.varies = fs.varies || c.omitEmpty || c.throughPointer
		if c.name == codec.TypeKey {
			fs.err = codec.NewEncodeError("a field of %v is named %q, which marks a custom type", t, codec.TypeKey)
		}
	}
	if fs.asList = travelsAsList(t); fs.asList {
		fs.err = fs.checkList(found)
		return fs
	}
	fs.findRows()
	fs.findRuns()
	return fs
}

// findRows counts the floats that can be read as a list.
func (fs *fields) findRows() {
	var after uintptr // where the row begins that the field before could be part of
	for i := len(fs.list) - 1; i >= 0; i-- {
		fd := &fs.list[i]
		if fd.typ != floatType || len(fd.index) > 1 || fs.keys[i] == nil {
			continue
		}
		fd.floats = 1
		at := fs.typ.Field(fd.index[0]).Offset
		if i+1 < len(fs.list) && fs.list[i+1].floats > 0 && at+floatType.Size() == after {
			fd.floats += fs.list[i+1].floats
		}
		after = at
	}
}

// FloatFields are fields of a struct that stand beside each other and are all
// plain float64s. Codecs write them without a call through an interface for
// each: structs of floats took up to twice the time.
type FloatFields struct {
	Index []int    // of the fields in the struct
	Keys  [][]byte // as AppendKey makes them
	Text  []byte   // the keys, each with room for a float of FloatSize after it
	Ends  []int    // of the keys in Text
}

func (fs *fields) findRuns() {
	var run *FloatFields
	for i := range fs.list {
		fd := &fs.list[i]
		if fd.floats == 0 || fd.omitEmpty {
			run = nil
			continue
		}
		if run == nil {
			run = new(FloatFields)
			fd.run = run
		}
		run.Index = append(run.Index, fd.index[0])
		run.Keys = append(run.Keys, fs.keys[i])
		run.Text = append(run.Text, fs.keys[i]...)
		run.Ends = append(run.Ends, len(run.Text))
		run.Text = append(run.Text, make([]byte, fs.f.FloatSize)...)
	}
}

// candidate is a field with what decides between two of one name.
type candidate struct {
	field
	tagged         bool
	throughPointer bool // an embedded pointer on the way may be nil
}

func (c candidate) rank() int {
	if c.tagged {
		return 2 * len(c.index)
	}
	return 2*len(c.index) + 1
}

// collect appends the fields of t, which is embedded at prefix. around holds
// the structs that t is embedded in: one that embeds itself ends there.
func (f *Format) collect(t reflect.Type, prefix []int, list []candidate, around map[reflect.Type]bool) []candidate {
	around[t] = true
	defer delete(around, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := f.tagOf(sf)
		if tag.skip {
			continue
		}
		index := append(slices.Clip(prefix), i)
		if sf.Anonymous && tag.name == "" {
			embedded := sf.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if embedded.Kind() == reflect.Struct {
				if around[embedded] {
					continue
				}
				if sf.Type.Kind() == reflect.Pointer && !sf.IsExported() {
					continue // it could be read, but never be set
				}
				at := len(list)
				list = f.collect(embedded, index, list, around)
				for j := at; j < len(list); j++ {
					list[j].throughPointer = list[j].throughPointer || sf.Type.Kind() == reflect.Pointer
				}
				continue
			}
		}
		if !sf.IsExported() {
			continue
		}
		c := candidate{field: field{name: tag.name, index: index, typ: sf.Type, omitEmpty: tag.omitEmpty}, tagged: tag.name != ""}
		if !c.tagged {
			c.name = snake.Case(sf.Name)
		}
		list = append(list, c)
	}
	return list
}

type tag struct {
	name      string
	omitEmpty bool
	list      bool
	skip      bool
}

// tagOf reads the aiomas tag, and the codec's own tag for what it leaves open.
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

// of returns the field of v, or the zero Value when an embedded pointer on the
// way is nil.
func (fd *field) of(v reflect.Value) reflect.Value {
	if len(fd.index) == 1 {
		return v.Field(fd.index[0])
	}
	for i, x := range fd.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}

// make returns the field of v, allocating the embedded pointers on the way.
func (fd *field) make(v reflect.Value) reflect.Value {
	if len(fd.index) == 1 {
		return v.Field(fd.index[0])
	}
	for i, x := range fd.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}

// row returns the floats of v that begin with this field as what they are in
// memory, a list. To set each by reflection took a fifth of the time of decoding
// structs of floats.
func (fd *field) row(v reflect.Value) []float64 {
	return unsafe.Slice((*float64)(v.Field(fd.index[0]).Addr().UnsafePointer()), fd.floats)
}

func (fd *field) omitted(v reflect.Value) bool {
	return !v.IsValid() || fd.omitEmpty && isEmpty(v)
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v); ok {
			return z.IsZero()
		}
	}
	return v.IsZero()
}

func (fs *fields) encode(s Sink, v reflect.Value) error {
	if fs.err != nil {
		return fs.err
	}
	if fs.asList {
		return fs.encodeList(s, v)
	}
	n := len(fs.list)
	if fs.varies {
		for i := range fs.list {
			if fd := &fs.list[i]; fd.omitted(fd.of(v)) {
				n--
			}
		}
	}
	if err := s.BeginDict(n); err != nil {
		return err
	}
	at := 0
	for i := 0; i < len(fs.list); i++ {
		fd := &fs.list[i]
		if fd.run != nil {
			s.Floats(at, fd.run, v)
			n := len(fd.run.Index)
			at += n
			i += n - 1
			continue
		}
		x := fd.of(v)
		if fs.varies && fd.omitted(x) {
			continue
		}
		if key := fs.keys[i]; key != nil {
			s.Field(at, key)
		} else if err := s.KeyStr(at, fd.name); err != nil {
			return err
		}
		if err := fd.enc.encode(s, x); err != nil {
			return codec.At(err, fd.name)
		}
		at++
	}
	s.EndDict()
	return nil
}
