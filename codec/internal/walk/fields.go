package walk

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/aiomas-go/aiomas-go/codec"
)

// fields holds the exported fields of a struct, including those of embedded
// structs, in the order of their declaration.
type fields struct {
	f      *Format
	typ    reflect.Type
	list   []field
	keys   [][]byte // the encoded names of list; nil if they cannot be encoded
	byName map[string]int
	varies bool // some fields are not always written
	asList bool // the struct is encoded as a list
	// The embedded pointers to structs, the outer ones first.
	pointers [][]int
	refused  string // why values cannot be encoded or decoded; empty if they can
	unset    string // why values cannot be decoded; empty if they can
}

type field struct {
	name   string
	index  []int // of length 1 unless the field is of an embedded struct
	typ    reflect.Type
	empty  emptiness    // nil: always written
	floats int          // number of adjacent plain float64 fields, from this one on
	run    *FloatFields // the run of float fields from this one on, if always written
	enc    *encoder
	dec    *decoder
}

// fieldsOf lists the fields of t by the rules of Go: a field hidden by a less
// deeply embedded one of the same name is left out. Anything else that would be
// lost is an error: two fields with the same name on the wire, or a type whose
// fields are all unexported.
func (f *Format) fieldsOf(t reflect.Type) *fields {
	fs := &fields{f: f, typ: t, byName: make(map[string]int)}
	c := collector{f: f, fs: fs, around: make(map[reflect.Type]bool)}
	c.collect(t, nil)
	best := make(map[string]candidate)
	for _, c := range c.found {
		if b, seen := best[c.name]; !seen || len(c.index) < len(b.index) {
			best[c.name] = c
		}
	}
	for _, c := range c.found {
		if b := best[c.name]; !slices.Equal(b.index, c.index) {
			if c.goName != b.goName || len(c.index) == len(b.index) {
				fs.refuse("the fields %s and %s of %v are both named %q", b.path, c.path, t, c.name)
			}
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
		fs.varies = fs.varies || c.empty != nil || c.throughPointer
		if c.name == codec.TypeKey {
			fs.refuse("a field of %v is named %q, which marks a custom type", t, codec.TypeKey)
		}
	}
	if len(c.found) == 0 && c.hidden > 0 {
		fs.refuse("%v has no exported fields", t)
	}
	if fs.asList = encodesAsList(t); fs.asList {
		fs.checkList(c.found)
		return fs
	}
	fs.findRows()
	fs.findRuns()
	return fs
}

// refuse records the first reason why values of the type cannot be encoded or
// decoded.
func (fs *fields) refuse(format string, args ...any) {
	if fs.refused == "" {
		fs.refused = fmt.Sprintf(format, args...)
	}
}

// findRows finds the runs of floats that can be decoded as one slice of memory.
func (fs *fields) findRows() {
	var after uintptr // offset of the run that the preceding field may join
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

// FloatFields is a run of adjacent struct fields that are plain float64s.
// Codecs write them without an interface call for each, which took up to twice
// the time.
type FloatFields struct {
	Index []int    // of the fields in the struct
	Keys  [][]byte // encoded by AppendKey
	Text  []byte   // the keys, each followed by FloatSize bytes for its float
	Ends  []int    // ends of the keys in Text
}

func (fs *fields) findRuns() {
	var run *FloatFields
	for i := range fs.list {
		fd := &fs.list[i]
		if fd.floats == 0 || fd.empty != nil {
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

// of returns the field of v, or the zero Value if an embedded pointer on the
// path is nil.
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

// make returns the field of v, allocating embedded pointers on the path.
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

// unshare replaces the embedded pointers of v by copies, since others may hold
// the old pointers.
func (fs *fields) unshare(v reflect.Value) {
	for _, index := range fs.pointers {
		p := (&field{index: index}).of(v)
		if !p.IsValid() || p.IsNil() {
			continue
		}
		c := reflect.New(p.Type().Elem())
		c.Elem().Set(p.Elem())
		p.Set(c)
	}
}

// row returns the run of floats of v that begins with this field as a slice of
// v's memory. Setting each by reflection took a fifth of the time of decoding
// structs of floats.
func (fd *field) row(v reflect.Value) []float64 {
	return unsafe.Slice((*float64)(v.Field(fd.index[0]).Addr().UnsafePointer()), fd.floats)
}

// omitted reports whether the field, whose value is x, is left out.
func (fd *field) omitted(x reflect.Value) (bool, error) {
	if !x.IsValid() || fd.empty == nil {
		return !x.IsValid(), nil
	}
	empty, err := fd.empty(x)
	return empty, codec.At(err, fd.name)
}

func (fs *fields) encode(s Sink, v reflect.Value) error {
	if fs.refused != "" {
		return codec.NewEncodeError("%s", fs.refused)
	}
	if fs.asList {
		return fs.encodeList(s, v)
	}
	n := len(fs.list)
	var few [32]bool // on the stack for nearly all structs
	omitted := few[:]
	if fs.varies {
		if n > len(few) {
			omitted = make([]bool, n)
		}
		for i := range fs.list {
			fd := &fs.list[i]
			var err error
			if omitted[i], err = fd.omitted(fd.of(v)); err != nil {
				return err
			}
			if omitted[i] {
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
		if fs.varies && omitted[i] {
			continue
		}
		if key := fs.keys[i]; key != nil {
			s.Field(at, key)
		} else if err := s.KeyStr(at, fd.name); err != nil {
			return err
		}
		if err := fd.enc.encode(s, fd.of(v)); err != nil {
			return codec.At(err, fd.name)
		}
		at++
	}
	s.EndDict()
	return nil
}
