package aiomas_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/codec/msgpack"
)

// mp reads MessagePack written as hexadecimal bytes and, in quotes, texts of up
// to 31 bytes with their lead byte: mp(`93 00 07 93 "add" 92 01 02 80`).
func mp(s string) string {
	var out []byte
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 {
			out = append(append(out, 0xa0|byte(len(part))), part...)
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		if err != nil {
			panic(err)
		}
		out = append(out, b...)
	}
	return string(out)
}

// mpCall is request 7 of a path with one argument in such notation.
func mpCall(path, argument string) string {
	return mp(`93 00 07 93 "` + path + `" 91 ` + argument + ` 80`)
}

// What a hostile peer can write in MessagePack. 7 is the id of the request in
// question.
var hostileMsgPack = []hostileRow{
	// No message: there is nobody to answer, the connection ends.
	{"nothing", "", ends("an empty frame")},
	{"None", mp("c0"), ends("a None, not a list of three")},
	{"the byte without a meaning", mp("c1"), ends("not a msgpack message: not an aiomas message: no value")},
	{"False", mp("c2"), ends("a bool, not a list of three")},
	{"an int", mp("07"), ends("a int, not a list of three")},
	{"a negative int", mp("ff"), ends("a int, not a list of three")},
	{"a float", mp("cb 0000000000000000"), ends("a float, not a list of three")},
	{"half a float", mp("cb 00"), ends("no value")},
	{"a str", mp(`"hello"`), ends("a str, not a list of three")},
	{"bytes", mp("c4 01 00"), ends("a bytes, not a list of three")},
	{"a dict", mp("83 00 07 01 02 03 04"), ends("a dict, not a list of three")},
	{"an extension", mp("d4 05 00"), ends("a ExtType, not a list of three")},
	{"a custom type", mp(`81 "__type__" 92 00 "add"`), ends("a dict, not a list of three")},
	{"a list of none", mp("90"), ends("a list of 0, not of three")},
	{"a list of one", mp("91 00"), ends("a list of 1, not of three")},
	{"cut at the type", mp("93"), ends("the message type is not 0, 1 or 2")},
	{"cut before the id", mp("93 00"), ends("the message id is not an int of 64 bits")},
	{"cut in the id", mp("93 00 cd 00"), ends("the message id is not an int of 64 bits")},
	{"array16 cut", mp("dc 00"), ends("no value")},
	{"array32 cut", mp("dd 00 00 00"), ends("no value")},
	{"array32 of 4 Gi", mp("dd ff ff ff ff"), ends("the message type")},
	{"map32 of 4 Gi", mp("df ff ff ff ff"), ends("a dict, not a list of three")},
	{"bin32 of 4 GiB", mp("c6 ff ff ff ff"), ends("a bytes, not a list of three")},
	{"str32 of 4 GiB", mp("db ff ff ff ff"), ends("a str, not a list of three")},
	{"ext32 of 4 GiB", mp("c9 ff ff ff ff 05"), ends("a ExtType, not a list of three")},
	{"array16 in array16", strings.Repeat(mp("dc ff ff"), 20_000), ends("the message type")},
	{"json", `[0, 7, ["add", [1, 2], {}]]`, ends("it looks like codec json")},
	{"msgpack-blosc", "\x02\x01\x13\x08\x10\x00\x00\x00\x10\x00\x00\x00\x20\x00\x00\x00" + strings.Repeat("x", 16), ends("it looks like codec msgpack-blosc")},
	{"NUL", strings.Repeat("\x00", 100), ends("a int, not a list of three")},
	{"0xff", strings.Repeat("\xff", 100), ends("a int, not a list of three")},
	{"0xc1", strings.Repeat("\xc1", 100), ends("no value")},
	{"10 million 0x91", strings.Repeat("\x91", 10_000_000), ends("a list of 1, not of three")},
	{"10 million 0x93", strings.Repeat("\x93", 10_000_000), ends("the message type")},

	// Types.
	{"type 3", mp("93 03 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type -1", mp("93 ff 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type 256", mp("93 cd 0100 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type 2**32", mp("93 cf 0000000100000000 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type 2**63", mp("93 cf 8000000000000000 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type 2**64-1", mp("93 cf ffffffffffffffff 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type float", mp("93 cb 0000000000000000 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type float32", mp("93 ca 00000000 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type None", mp("93 c0 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type False", mp("93 c2 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type str", mp(`93 "0" 07 c0`), ends("the message type is not 0, 1 or 2")},
	{"type bytes", mp("93 c4 01 00 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type list", mp("93 91 00 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type extension", mp("93 d4 00 00 07 c0"), ends("the message type is not 0, 1 or 2")},
	{"type 0 of 64 bits", mp(`93 d3 0000000000000000 07 93 "add" 92 01 02 80`), gives("3")},
	{"type RESULT to nobody", mp("93 01 07 c0"), ignored},
	{"type EXCEPTION to nobody", mp("93 02 07 c0"), ignored},
	{"type RESULT to nobody, unreadable", mp("93 01 07 c1"), ignored},
	{"type RESULT to a request of its own", mp("93 01 cd 03e8 c0"), ignored},

	// Ids.
	{"id -1", mp(`93 00 ff 93 "add" 92 01 02 80`), gives("3").as(-1)},
	{"id 2**63-1", mp(`93 00 cf 7fffffffffffffff 93 "add" 92 01 02 80`), gives("3").as(1<<63 - 1)},
	{"id -2**63", mp(`93 00 d3 8000000000000000 93 "add" 92 01 02 80`), gives("3").as(-1 << 63)},
	{"id 7 of 64 bits", mp(`93 00 cf 0000000000000007 93 "add" 92 01 02 80`), gives("3")},
	{"id 7 of 8 bits, signed", mp(`93 00 d0 07 93 "add" 92 01 02 80`), gives("3")},
	{"id 2**63", mp("93 00 cf 8000000000000000 c0"), ends("the message id is not an int of 64 bits")},
	{"id 2**64-1", mp("93 00 cf ffffffffffffffff c0"), ends("the message id is not an int of 64 bits")},
	{"id float", mp("93 00 cb 401c000000000000 c0"), ends("the message id is not an int of 64 bits")},
	{"id NaN", mp("93 00 cb 7ff8000000000000 c0"), ends("the message id is not an int of 64 bits")},
	{"id None", mp("93 00 c0 c0"), ends("the message id is not an int of 64 bits")},
	{"id True", mp("93 00 c3 c0"), ends("the message id is not an int of 64 bits")},
	{"id str", mp(`93 00 "7" c0`), ends("the message id is not an int of 64 bits")},
	{"id bytes", mp("93 00 c4 01 07 c0"), ends("the message id is not an int of 64 bits")},
	{"id list", mp("93 00 91 07 c0"), ends("the message id is not an int of 64 bits")},
	{"id dict", mp("93 00 80 c0"), ends("the message id is not an int of 64 bits")},
	{"id extension", mp("93 00 d4 00 07 c0"), ends("the message id is not an int of 64 bits")},
	{"id without a meaning", mp("93 00 c1 c0"), ends("the message id is not an int of 64 bits")},

	// A message of another length: the id is known, its sender is told.
	{"a list of two", mp("92 00 07"), fails("ValueError: the request cannot be read: a message of 2 elements, not of three")},
	{"a list of four", mp(`94 00 07 93 "add" 92 01 02 80 c0`), fails("a message of 4 elements, not of three")},
	{"a list of 4 Gi", mp(`dd ffffffff 00 07 93 "add" 92 01 02 80`), fails("a message of 4294967295 elements, not of three")},
	{"a long list of three", mp(`dd 00000003 00 07 93 "add" 92 01 02 80`), gives("3")},
	{"cut after the id", mp("93 00 07"), fails("unexpected end")},
	{"cut in the content", mp(`93 00 07 93 "add" 92 01 02`), fails("unexpected end at byte 11")},
	{"another value behind", mp(`93 00 07 93 "add" 92 01 02 80 c0`), fails("1 bytes follow the message")},
	{"another message behind", mp(`93 00 07 93 "add" 92 01 02 80 93 00 08 c0`), fails("4 bytes follow the message")},

	// Content that is no call. Python leaves its caller waiting.
	{"content None", mp("93 00 07 c0"), fails("TypeError: the request is not [path, args, kwargs]")},
	{"content True", mp("93 00 07 c3"), fails("the request is not [path, args, kwargs]")},
	{"content int", mp("93 00 07 01"), fails("the request is not [path, args, kwargs]")},
	{"content float", mp("93 00 07 cb 3ff8000000000000"), fails("the request is not [path, args, kwargs]")},
	{"content str", mp(`93 00 07 "add"`), fails("the request is not [path, args, kwargs]")},
	{"content bytes", mp("93 00 07 c4 01 00"), fails("the request is not [path, args, kwargs]")},
	{"content dict", mp(`93 00 07 81 "path" "add"`), fails("the request is not [path, args, kwargs]")},
	{"content custom type", mp(`93 00 07 81 "__type__" 92 00 "add"`), fails("the request is not [path, args, kwargs]")},
	{"content extension", mp("93 00 07 d4 05 00"), fails("the request is not [path, args, kwargs]")},
	{"content of none", mp("93 00 07 90"), fails("the request is not [path, args, kwargs]")},
	{"content of one", mp(`93 00 07 91 "add"`), fails("the request is not [path, args, kwargs]")},
	{"content of two", mp(`93 00 07 92 "add" 92 01 02`), fails("the request is not [path, args, kwargs]")},
	{"content of four", mp(`93 00 07 94 "add" 92 01 02 80 80`), fails("the request is not [path, args, kwargs]")},
	{"path None", mp("93 00 07 93 c0 90 80"), fails("the request is not [path, args, kwargs]")},
	{"path int", mp("93 00 07 93 00 90 80"), fails("the request is not [path, args, kwargs]")},
	{"path bytes", mp(`93 00 07 93 c4 03 616464 92 01 02 80`), fails("the request is not [path, args, kwargs]")},
	{"path list", mp(`93 00 07 93 91 "add" 92 01 02 80`), fails("the request is not [path, args, kwargs]")},
	{"path extension", mp("93 00 07 93 d4 05 61 90 80"), fails("the request is not [path, args, kwargs]")},
	{"path custom type", mp(`93 00 07 93 81 "__type__" 92 00 "add" 92 01 02 80`), fails("the request is not [path, args, kwargs]")},
	{"args None", mp(`93 00 07 93 "add" c0 80`), fails("the request is not [path, args, kwargs]")},
	{"args str", mp(`93 00 07 93 "add" "ab" 80`), fails("the request is not [path, args, kwargs]")},
	{"args dict", mp(`93 00 07 93 "add" 81 "a" 01 80`), fails("the request is not [path, args, kwargs]")},
	{"args extension", mp(`93 00 07 93 "add" d4 05 00 80`), fails("the request is not [path, args, kwargs]")},
	{"kwargs None", mp(`93 00 07 93 "add" 92 01 02 c0`), fails("the request is not [path, args, kwargs]")},
	{"kwargs list", mp(`93 00 07 93 "add" 92 01 02 90`), fails("the request is not [path, args, kwargs]")},
	{"kwargs custom type", mp(`93 00 07 93 "add" 92 01 02 81 "__type__" 92 00 "x"`), fails("add() got an unexpected keyword argument '__type__'")},
	{"kwargs with an int key", mp(`93 00 07 93 "add" 91 01 81 01 02`), fails("TypeError: add() keywords must be strings")},
	{"kwargs with a None key", mp(`93 00 07 93 "add" 91 01 81 c0 02`), fails("TypeError: add() keywords must be strings")},
	{"kwargs with a NaN key", mp(`93 00 07 93 "add" 91 01 81 cb 7ff8000000000000 02`), fails("TypeError: add() keywords must be strings")},
	{"kwargs with a bytes key", mp(`93 00 07 93 "add" 91 01 81 c4 01 62 02`), fails("TypeError: add() keywords must be strings")},
	{"kwargs with a list key", mp(`93 00 07 93 "add" 91 01 81 91 "b" 02`), fails("TypeError: add() keywords must be strings")},
	{"kwargs with a dict key", mp(`93 00 07 93 "add" 91 01 81 80 02`), fails("a dict is the key of a dict")},
	{"kwargs with an extension key", mp(`93 00 07 93 "add" 91 01 81 d4 05 62 02`), fails("TypeError: add() keywords must be strings")},

	// Lengths that are not there: nothing is taken for them.
	{"args array32 of 4 Gi", mp(`93 00 07 93 "add" dd ffffffff`), fails("length 4294967295, but only 0 bytes follow")},
	{"args array16 of 64 Ki", mp(`93 00 07 93 "add" dc ffff 01 02 80`), fails("length 65535, but only 3 bytes follow")},
	{"kwargs map32 of 4 Gi", mp(`93 00 07 93 "add" 92 01 02 df ffffffff`), fails("length 4294967295, but only 0 bytes follow")},
	{"kwargs map16 of 64 Ki", mp(`93 00 07 93 "add" 92 01 02 de ffff`), fails("length 65535, but only 0 bytes follow")},
	{"a map of half that", mp(`93 00 07 93 "kw" 91 01 83 "a" 01 "b"`), fails("unexpected end")},
	{"path str32 of 4 GiB", mp("93 00 07 93 db ffffffff"), fails("length 4294967295, but only 0 bytes follow")},
	{"path str16 of 64 KiB", mp("93 00 07 93 da ffff 616464"), fails("length 65535, but only 3 bytes follow")},
	{"path str8 of 255", mp("93 00 07 93 d9 ff 616464"), fails("length 255, but only 3 bytes follow")},
	{"an argument bin32 of 4 GiB", mpCall("same", "c6 ffffffff"), fails("length 4294967295, but only 1 bytes follow")},
	{"an argument ext32 of 4 GiB", mpCall("same", "c9 ffffffff 05"), fails("length 4294967295, but only 1 bytes follow")},
	{"str32 of 2 GiB", mpCall("same", "db 80000000"), fails("length 2147483648, but only 1 bytes follow")},
	{"content array32 of 4 Gi", mp("93 00 07 dd ffffffff"), fails("length 4294967295, but only 0 bytes follow")},
	{"array16 in array16, 60 KB", mp("93 00 07") + strings.Repeat(mp("dc ffff"), 20_000), fails("")},
	{"array32 in array32, 60 KB", mp("93 00 07") + strings.Repeat(mp("dd 0000ffff"), 12_000), fails("")},
	{"map16 in map16, 60 KB", mp("93 00 07") + strings.Repeat(mp("de 7fff a0"), 15_000), fails("")},

	// Malformed within the content.
	{"a byte without a meaning", mpCall("same", "c1"), fails("invalid byte c1")},
	{"half an int", mp(`93 00 07 93 "same" 91 cf 00000000`), fails("unexpected end")},
	{"half a float32", mp(`93 00 07 93 "same" 91 ca 00`), fails("unexpected end")},
	{"half an extension", mp(`93 00 07 93 "same" 91 d8 05 00`), fails("bytes follow")},
	{"a key and no value", mp(`93 00 07 93 "same" 91 81 "k"`), fails("unexpected end")},
	{"invalid UTF-8", mp("93 00 07 93 a2 c328 90 80"), fails("str is not valid UTF-8")},
	{"invalid UTF-8 in a value", mpCall("same", "a1 ff"), fails("str is not valid UTF-8")},
	{"invalid UTF-8 in a key", mpCall("same", "81 a1 ff 01"), fails("str is not valid UTF-8")},
	{"a surrogate", mpCall("same", "a3 eda080"), fails("str is not valid UTF-8")},
	{"overlong UTF-8", mpCall("same", "a2 c0af"), fails("str is not valid UTF-8")},
	{"past Unicode", mpCall("same", "a4 f4908080"), fails("str is not valid UTF-8")},
	{"a dict as a key", mpCall("same", "81 80 01"), fails("a dict is the key of a dict")},
	{"a dict in a list as a key", mpCall("same", "81 91 91 80 01"), fails("a dict is the key of a dict")},

	// Values that are legal and do not fit, or cannot be answered.
	{"an int past int64", mpCall("add", "cf 8000000000000000"), fails("TypeError: add() argument 'a'")},
	{"1.0 for an int", mpCall("add", "cb 3ff0000000000000"), fails("TypeError: add() argument 'a'")},
	{"NaN for an int", mpCall("add", "cb 7ff8000000000000"), fails("TypeError: add() argument 'a'")},
	{"True for an int", mpCall("add", "c3"), fails("TypeError: add() argument 'a'")},
	{"None for an int", mpCall("add", "c0"), fails("TypeError: add() argument 'a'")},
	{"bytes for an int", mpCall("add", "c4 01 01"), fails("TypeError: add() argument 'a'")},
	{"a str for an int", mpCall("add", `"1"`), fails("TypeError: add() argument 'a'")},
	{"an extension for an int", mpCall("add", "d4 05 00"), fails("TypeError: add() argument 'a'")},
	{"a NaN key", mpCall("same", "81 cb 7ff8000000000000 01"), gives("map[NaN:1]")},
	{"two NaN keys", mpCall("same", "82 cb 7ff8000000000000 01 cb 7ff8000000000000 01"), gives("map[NaN:1 NaN:1]")},
	{"keys 1 and 1.0 and True", mpCall("same", "83 01 01 cb 3ff0000000000000 02 c3 03"), gives("map[1:3]")},
	{"a list as a key", mpCall("same", "81 91 01 02"), gives("[{[1] 2}]")},
	{"bytes and str of one text as keys", mpCall("same", `82 c4 01 61 01 "a" 02`), gives("[{[97] 1} {a 2}]")},
	{"an argument of an extension type", mpCall("same", "d4 05 00"), gives("{5 [0]}")},
	{"an extension of a type below 0", mpCall("same", "d4 ff 00"), fails("SerializationError")},
	{"a timestamp", mpCall("same", "d6 ff 00000000"), fails("SerializationError")},
	{"an extension as a key", mpCall("same", "81 d4 05 00 01"), gives("[{{5 [0]} 1}]")},
	{"float32", mpCall("same", "ca 3fc00000"), gives("1.5")},
	{"a signaling NaN", mpCall("same", "cb 7ff0000000000001"), gives("NaN")},
	{"a keyword twice", mp(`93 00 07 93 "add" 91 01 82 "b" 01 "b" 02`), fails("add() got multiple values for argument 'b'")},
	{"a dunder keyword", mp(`93 00 07 93 "add" 91 01 81 "__class__" 01`), fails("add() got an unexpected keyword argument '__class__'")},
	{"a keyword of 1 MB", mp(`93 00 07 93 "add" 91 01 81 db 00100000`) + strings.Repeat("k", 1<<20) + mp("01"), fails("add() got an unexpected keyword argument 'kkkk")},
	{"a million arguments", mp(`93 00 07 93 "add" dd 000f4240`) + strings.Repeat("\x01", 1_000_000) + mp("80"), fails("add() takes from 1 to 2 positional arguments but 1000000 were given")},
	{"60,000 keywords", mp(`93 00 07 93 "add" 91 01 de ea60`) + strings.Repeat(mp(`"x" 01`), 60_000), fails("add() got an unexpected keyword argument 'x'")},

	// Custom types: that call fails, the connection lives.
	{"__type__ None", mpCall("same", `81 "__type__" c0`), fails("TypeError: same() argument")},
	{"__type__ int", mpCall("same", `81 "__type__" 00`), fails("TypeError: same() argument")},
	{"__type__ str", mpCall("same", `81 "__type__" "Point"`), fails("TypeError: same() argument")},
	{"__type__ dict", mpCall("same", `81 "__type__" 81 00 01`), fails("TypeError: same() argument")},
	{"__type__ []", mpCall("same", `81 "__type__" 90`), fails("TypeError: same() argument")},
	{"__type__ [0]", mpCall("same", `81 "__type__" 91 00`), fails("TypeError: same() argument")},
	{"__type__ of three", mpCall("same", `81 "__type__" 93 00 "a" "b"`), fails("TypeError: same() argument")},
	{"__type__ of 4 Gi", mpCall("same", `81 "__type__" dd ffffffff 00`), fails("length 4294967295")},
	{"__type__ id 1", mpCall("same", `81 "__type__" 92 01 "a"`), fails("unknown custom type id 1, the connection has 1 registered")},
	{"__type__ id -1", mpCall("same", `81 "__type__" 92 ff "a"`), fails("unknown custom type id -1")},
	{"__type__ id 2**64-1", mpCall("same", `81 "__type__" 92 cf ffffffffffffffff "a"`), fails("TypeError: same() argument")},
	{"__type__ id None", mpCall("same", `81 "__type__" 92 c0 "a"`), fails("TypeError: same() argument")},
	{"__type__ id False", mpCall("same", `81 "__type__" 92 c2 "a"`), fails("TypeError: same() argument")},
	{"__type__ id float", mpCall("same", `81 "__type__" 92 cb 0000000000000000 "a"`), fails("TypeError: same() argument")},
	{"__type__ id str", mpCall("same", `81 "__type__" 92 "0" "a"`), fails("TypeError: same() argument")},
	{"__type__ id bytes", mpCall("same", `81 "__type__" 92 c4 01 00 "a"`), fails("TypeError: same() argument")},
	{"__type__ id extension", mpCall("same", `81 "__type__" 92 d4 00 00 "a"`), fails("TypeError: same() argument")},
	{"__type__ data int", mpCall("take", `81 "__type__" 92 00 05`), fails("TypeError: take() argument")},
	{"__type__ data bytes", mpCall("take", `81 "__type__" 92 00 c4 01 61`), fails("TypeError: take() argument")},
	{"__type__ data custom", mpCall("take", `81 "__type__" 92 00 81 "__type__" 92 00 "a"`), fails("TypeError: take() argument")},
	{"__type__ twice", mpCall("take", `82 "__type__" 92 00 "a" "__type__" 92 00 "b"`), gives("b")},
	{"__type__ and another key", mpCall("take", `82 "__type__" 92 00 "a" "x" 01`), gives("a")},
	{"__type__ behind another key", mpCall("take", `82 01 02 "__type__" 92 00 "a"`), gives("a")},
	{"__type__ as bytes is a key", mpCall("same", `81 c4 08 5f5f747970655f5f 01`), gives("[{[95 95 116 121 112 101 95 95] 1}]")},
	{"__type__ in str8", mpCall("take", `81 d9 08 5f5f747970655f5f 92 00 "a"`), gives("a")},
	{"__type__ as a key", mpCall("same", `81 81 "__type__" 92 09 "a" 01`), fails("unknown custom type id 9")},
	{"__type__ for an int", mpCall("add", `81 "__type__" 92 00 "a"`), fails("TypeError: add() argument 'a'")},
	{"__type__ in a list in a dict", mpCall("same", `91 81 "k" 81 "__type__" 92 09 01`), fails("unknown custom type id 9")},
	{"__type__ where nobody looks", mpCall("nope", `81 "__type__" 92 09 01`), fails(`LookupError: Name "nope" not found in ""`)},
	{"a proxy sent back", mpCall("same", `81 "__type__" 92 00 "a"`), fails("SerializationError")},

	// Nesting.
	{"nested 509 deep", mpCall("later", strings.Repeat("91", 508)+"90"), fails("list does not fit string")},
	{"nested 510 deep", mpCall("later", strings.Repeat("91", 509)+"90"), fails("nested deeper than 512")},
	{"dicts 510 deep", mpCall("later", strings.Repeat("8101", 509)+"80"), fails("nested deeper than 512")},
	{"lists in keys 510 deep", mpCall("later", "81"+strings.Repeat("91", 508)+"90 01"), fails("nested deeper than 512")},
	{"kwargs 511 deep", mp(`93 00 07 93 "kw" 91 01 81 "x" ` + strings.Repeat(`81 "k"`, 510) + "80"), fails("nested deeper than 512")},
	{"answered deeper than Python reads", mpCall("same", strings.Repeat("91", 504)+"90"), fails("SerializationError: cannot encode")},
	{"10 million 0x91 in a request", mp("93 00 07") + strings.Repeat("\x91", 10_000_000), fails("nested deeper than 512 at byte 515")},
	{"5 million 0x81", mp("93 00 07") + strings.Repeat("\x81\x01", 5_000_000), fails("nested deeper than 512")},
	{"9 million values", mp("93 00 07 91 dd 00895440") + strings.Repeat("\x01", 9_000_000), fails("more than 8388608 values")},
	{"9 million empty dicts", mp("93 00 07 91 dd 00895440") + strings.Repeat("\x80", 9_000_000), fails("more than 8388608 values")},
}

func TestHostileMsgPack(t *testing.T) {
	newHostileServer(t, msgpack.Codec).run(t, hostileMsgPack)
}
