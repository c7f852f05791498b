// Package ndarray exchanges NumPy arrays: an [Array] is encoded as the custom
// type that the guide of aiomas defines for numpy.ndarray, a dict of dtype,
// shape and bytes. Python programs register it as
//
//	def get_np_serializer():
//	    return np.ndarray, _serialize_ndarray, _deserialize_ndarray
//
//	def _serialize_ndarray(obj):
//	    return {'type': obj.dtype.str, 'shape': obj.shape, 'data': obj.tobytes()}
//
//	def _deserialize_ndarray(obj):
//	    return np.frombuffer(obj['data'], dtype=np.dtype(obj['type'])).reshape(obj['shape'])
//
// and Go programs with
//
//	agent.WithSerializers(ndarray.Serializer) // or aiomas.WithSerializers
//
// in the same place among their serializers. As in Python it needs a codec with
// bytes, MsgPack or MsgPackBlosc.
//
// # Elements
//
// [New] makes an array from a Go slice, [Data] returns the slice, both without a
// copy. The elements are in C order, as on the wire; [NewFortran] and [Fortran]
// convert from and to Fortran order.
//
//	dtype                 Go type
//	b1                    bool
//	i1 i2 i4 i8           int8 int16 int32 int64
//	u1 u2 u4 u8           uint8 uint16 uint32 uint64
//	f2 f4 f8              Float16 float32 float64
//	c8 c16                complex64 complex128
//	M8[unit] m8[unit]     int64: datetime64 and timedelta64
//	f12 f16 c24 c32       []byte: longdouble, whose format depends on the machine
//
// Both byte orders are read and, with [Array.As], written. Arrays of text,
// records or objects are refused.
package ndarray
