package walk

import (
	"math/big"
	"reflect"
	"strconv"

	"github.com/aiomas-go/aiomas-go/codec"
)

// textKey returns the function that parses a key of type t for formats whose
// keys are text.
func (f *Format) textKey(t reflect.Type) func(text []byte, v reflect.Value) error {
	plan := f.decoders.part(t, f.makeDecoder)
	switch kind := t.Kind(); {
	case t == reflect.PointerTo(bigIntType):
		return parseBigKey
	case kind == reflect.Pointer && !pointsToItself(t):
		return pointerKey(f.textKey(t.Elem()))
	case plan.text:
		return unmarshalText
	case kind == reflect.String:
		return func(text []byte, v reflect.Value) error { v.SetString(string(text)); return nil }
	case kind >= reflect.Bool && kind <= reflect.Float64:
		return parseKey
	}
	return noTextKey
}

func noTextKey(_ []byte, v reflect.Value) error { return mismatch(codec.KindString, v.Type()) }

// pointerKey parses the element of a pointer. None is null as a key.
func pointerKey(elem func(text []byte, v reflect.Value) error) func(text []byte, v reflect.Value) error {
	return func(text []byte, v reflect.Value) error {
		if string(text) == "null" {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return elem(text, v.Elem())
	}
}

// parseKey parses a number or a bool as Python's json.dumps writes it when it
// is a key.
func parseKey(text []byte, v reflect.Value) error {
	s, ok := string(text), false
	switch bits := v.Type().Bits; v.Kind() {
	case reflect.Bool:
		ok = s == "true" || s == "false"
		v.SetBool(s == "true")
	case reflect.Float32, reflect.Float64:
		var x float64
		x, ok = parseFloatKey(s, bits())
		v.SetFloat(x)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, bits())
		ok = err == nil && isInt(s)
		v.SetInt(n)
	default:
		n, err := strconv.ParseUint(s, 10, bits())
		ok = err == nil && isInt(s)
		v.SetUint(n)
	}
	if !ok {
		return badKey(s, v)
	}
	return nil
}

func badKey(s string, v reflect.Value) error {
	return codec.NewDecodeError("the key %.40q does not fit %v", s, v.Type())
}

func parseBigKey(text []byte, v reflect.Value) error {
	s := string(text)
	if s == "null" {
		v.SetZero()
		return nil
	}
	n, ok := new(big.Int), false
	if len(s) <= maxKeyDigits && isInt(s) { // converting more digits takes too long
		n, ok = n.SetString(s, 10)
	}
	if !ok {
		return badKey(s, v)
	}
	v.Set(reflect.ValueOf(n))
	return nil
}

// maxKeyDigits bounds an int as a key: Python writes no more.
const maxKeyDigits = 4301

// isInt reports whether s is an int as Python writes it.
func isInt(s string) bool {
	if s == "0" {
		return true
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	return digits(s) == len(s) && s != "" && s[0] != '0'
}

// digits counts the digits that s begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return i
		}
	}
	return len(s)
}

// parseFloatKey parses a float in JSON's grammar, or an int that a float holds
// exactly.
func parseFloatKey(s string, bits int) (float64, bool) {
	switch {
	case s == "Infinity", s == "-Infinity", s == "NaN":
	case len(s) > maxKeyDigits:
		return 0, false
	case isInt(s):
		n, _ := new(big.Int).SetString(s, 10)
		x, accuracy := n.Float64()
		return x, accuracy == big.Exact && (bits == 64 || float64(float32(x)) == x)
	case !isFloat(s):
		return 0, false // Go would also accept .5, 0x1p4, 1_000 and inf
	}
	x, err := strconv.ParseFloat(s, bits)
	return x, err == nil
}

// isFloat reports whether s is a float by the grammar of JSON.
func isFloat(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' || n == len(s) {
		return false
	}
	s = s[n:]
	if s[0] == '.' {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if len(s) > 0 && s[0]|0x20 == 'e' {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(s); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}
