package msgpack

import "github.com/aiomas-go/aiomas-go/codec"

// Ext is a value of one of MessagePack's extension types, Python's
// msgpack.ExtType. Extensions are decoded to it if the target is an any, and it
// can be encoded. Python supports only the types 0 to 127: encoding another one
// is a [*codec.EncodeError], since it would end a Python peer's connection.
type Ext struct {
	Code int8
	Data []byte
}

func appendExt(b []byte, x Ext) ([]byte, error) {
	if x.Code < 0 {
		return b, codec.NewEncodeError("extension type %d: Python reads only 0 to 127", x.Code)
	}
	if tooLong(len(x.Data)) {
		return b, errTooLong(len(x.Data))
	}
	return append(appendExtHeader(b, x.Code, len(x.Data)), x.Data...), nil
}

// ext reads an extension and copies its data.
func (d *decoder) ext() (Ext, error) {
	data, err := d.data(codec.KindExt)
	if err != nil {
		return Ext{}, err
	}
	code := int8(d.b[d.i-len(data)-1])
	return Ext{Code: code, Data: append(make([]byte, 0, len(data)), data...)}, nil
}
