package codecs

import (
	"bytes"
	stdjson "encoding/json"

	goccy "github.com/goccy/go-json"
	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"
)

// library is another way to encode and decode. All libraries, and ours, use encoders with
// reused memory, which is their fastest mode.
type library struct {
	name string
	// encoder returns a function that encodes v and returns the bytes, which are valid
	// until its next call.
	encoder   func() func(v any) ([]byte, error)
	unmarshal func(data []byte, v any) error
}

var (
	jsonLibraries = []library{
		{"encoding/json", encoder(func(b *bytes.Buffer) func(any) error { return stdjson.NewEncoder(b).Encode }), stdjson.Unmarshal},
		{"goccy/go-json", encoder(func(b *bytes.Buffer) func(any) error { return goccy.NewEncoder(b).Encode }), goccy.Unmarshal},
	}
	vmihailenco = library{"vmihailenco", encoder(func(b *bytes.Buffer) func(any) error { return msgpack.NewEncoder(b).Encode }), msgpack.Unmarshal}
	tinylib     = library{"tinylib", appender, readIntf} // supports any; structs only with generated code
)

func encoder(to func(*bytes.Buffer) func(any) error) func() func(any) ([]byte, error) {
	return func() func(any) ([]byte, error) {
		b := new(bytes.Buffer)
		encode := to(b)
		return func(v any) ([]byte, error) {
			b.Reset()
			err := encode(v)
			return b.Bytes(), err
		}
	}
}

func appender() func(any) ([]byte, error) {
	var b []byte
	return func(v any) (_ []byte, err error) {
		b, err = msgp.AppendIntf(b[:0], v)
		return b, err
	}
}

func readIntf(b []byte, v any) (err error) {
	*v.(*any), _, err = msgp.ReadIntfBytes(b)
	return err
}

// addLibrary adds cases in which a library encodes v and decodes it to a T.
func addLibrary[T any](what, kind string, l library, v T) {
	add(what+"/encode"+kind+"/"+l.name, func() func() error {
		encode := l.encoder()
		return func() error {
			_, err := encode(v)
			return err
		}
	})
	add(what+"/decode"+kind+"/"+l.name, func() func() error {
		data, err := l.encoder()(v)
		if err != nil {
			panic(err)
		}
		return func() error {
			var v T
			return l.unmarshal(data, &v)
		}
	})
}
