package number

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pythonRepr is what Python's repr writes, made from strconv's shortest digits.
func pythonRepr(x float64) string {
	switch abs := math.Abs(x); {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 0):
		return strings.Trim(strconv.FormatFloat(x, 'f', -1, 64)+"inity", "+")
	case x != 0 && (abs < 1e-4 || abs >= 1e16):
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func TestAppendFloat(t *testing.T) {
	// Each pair was seen in Python.
	tests := map[float64]string{
		0: "0.0", 1: "1.0", -1.5: "-1.5", 0.1: "0.1", 1e15: "1000000000000000.0", 1e16: "1e+16",
		9999999999999998: "9999999999999998.0", 9007199254740993: "9007199254740992.0",
		0.0001: "0.0001", 1e-5: "1e-05", 0.00012345: "0.00012345", 9.999999999999999e-05: "9.999999999999999e-05",
		5e-324: "5e-324", 1.7976931348623157e308: "1.7976931348623157e+308", 2.2250738585072014e-308: "2.2250738585072014e-308",
		123456789012345680: "1.2345678901234568e+17", 1e22: "1e+22", 1e23: "1e+23", 1e100: "1e+100", 4.35: "4.35",
		1234567890123456.5: "1234567890123456.5", 1000000000000000.125: "1000000000000000.1", 0.5: "0.5", 100.25: "100.25",
		math.Copysign(0, -1): "-0.0", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	}
	for x, want := range tests {
		if got := string(AppendFloat(nil, x)); got != want {
			t.Errorf("AppendFloat(%g) = %s, want %s", x, got, want)
		}
	}
	if got := string(AppendFloat(nil, math.NaN())); got != "NaN" {
		t.Errorf("AppendFloat(NaN) = %s", got)
	}
}

// floats calls f with floats of all sizes and with those where rounding is
// delicate.
func floats(n int, f func(x float64)) {
	for e := range uint64(0x7ff) {
		for _, m := range []uint64{0, 1, 2, 3, 1<<52 - 1, 1<<52 - 2, 1 << 51, 1<<51 - 1, 0x5555555555555} {
			f(math.Float64frombits(e<<52 | m))
		}
	}
	for e := -343; e <= 309; e++ {
		for d := 1; d <= 9; d++ {
			x, _ := strconv.ParseFloat(strconv.Itoa(d)+"e"+strconv.Itoa(e), 64)
			f(x)
			f(math.Nextafter(x, 0))
			f(math.Nextafter(x, math.Inf(1)))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		f(math.Float64frombits(r.Uint64()))
		f(r.Float64())
		f(r.NormFloat64() * 1000)
		f(math.Round(r.Float64()*1e6) / 1e3)
		f(float64(r.Int64N(1<<53)) / exact[r.IntN(20)])
		f(float64(r.Int64()))
		f(float64(r.Int64N(1e15)) / 1e6)
		f(float64(r.Int64N(1e6)) / 1e6)
		f(math.Nextafter(float64(r.Int64N(1e15))/1e6, 0))
	}
}

func TestAppendFloatLikeStrconv(t *testing.T) {
	var buf []byte
	floats(200_000, func(x float64) {
		if buf = AppendFloat(buf[:0], x); string(buf) != pythonRepr(x) {
			t.Errorf("AppendFloat(%b) = %s, want %s", x, buf, pythonRepr(x))
		}
	})
}

func TestParse(t *testing.T) {
	tests := map[string]struct {
		n      Number
		length int
	}{
		"":                       {Number{}, 0},
		"-":                      {Number{}, 0},
		"x":                      {Number{}, 0},
		"0":                      {Number{Form: Int}, 1},
		"-7]":                    {Number{Digits: 7, Form: Neg | Int}, 2},
		"12345678":               {Number{Digits: 12345678, Form: Int}, 8},
		"1234567890123456789 ":   {Number{Digits: 1234567890123456789, Form: Int}, 19},
		"0.5,":                   {Number{Digits: 5, Exp: -1}, 3},
		"12345678.12345678":      {Number{Digits: 1234567812345678, Exp: -8}, 17},
		"0.00012345678901234567": {Number{Digits: 12345678901234567, Exp: -20}, 22},
		"1e5":                    {Number{Digits: 1, Exp: 5}, 3},
		"1.25E-07}":              {Number{Digits: 125, Exp: -9}, 8},
		"-1.5e+300":              {Number{Digits: 15, Exp: 299, Form: Neg}, 9},
		"1e99999999999999999999": {Number{Digits: 1, Exp: 199999999}, 22},
		"123456789/":             {Number{Digits: 123456789, Form: Int}, 9},
		"1234567:":               {Number{Digits: 1234567, Form: Int}, 7},
	}
	for s, want := range tests {
		n, length := Parse([]byte(s))
		if strings.HasPrefix(s, "1e99") {
			if n.Exp < 100_000_000 {
				t.Errorf("Parse(%s) has the exponent %d", s, n.Exp)
			}
			n.Exp = want.n.Exp
		}
		if n != want.n || length != want.length {
			t.Errorf("Parse(%s) = %+v, %d, want %+v, %d", s, n, length, want.n, want.length)
		}
	}
	for _, s := range []string{"12345678901234567890", "0.12345678901234567890", "1.2345678901234567891e5"} {
		if n, length := Parse([]byte(s)); !n.Is(Long) || length != len(s) {
			t.Errorf("Parse(%s) = %+v, %d, want a long one", s, n, length)
		}
	}
	for c := range 256 {
		b := []byte("01234567")
		for i := range b {
			b[i] = byte(c)
			if got := EightDigits(binary.LittleEndian.Uint64(b)); got != (c >= '0' && c <= '9') {
				t.Errorf("EightDigits(%q) = %v", b, got)
			}
			b[i] = '9'
		}
	}
}

// parts returns the digits and the exponent of a decimal number.
func parts(s string) (digits uint64, exp int) {
	s = strings.TrimPrefix(s, "-")
	mantissa, e, _ := strings.Cut(s, "e")
	exp, _ = strconv.Atoi(e)
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits, _ = strconv.ParseUint(whole+frac, 10, 64)
	return digits, exp - len(frac)
}

func TestFromDecimalLikeStrconv(t *testing.T) {
	left, n := 0, 0
	check := func(s string) {
		digits, exp := parts(s)
		want, _ := strconv.ParseFloat(s, 64)
		got, ok := FromDecimal(digits, exp, s[0] == '-')
		n++
		if !ok {
			left++
		} else if math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("FromDecimal(%s) = %b, want %b", s, got, want)
		}
	}
	floats(100_000, func(x float64) {
		if !math.IsInf(x, 0) && !math.IsNaN(x) {
			for _, digits := range []int{-1, 5, 18} {
				check(strconv.FormatFloat(x, 'e', digits, 64))
			}
		}
	})
	// Middles between two floats, as far as 19 digits say them.
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		m := r.Uint64N(1<<53) | 1<<53 | 1
		check(strconv.FormatUint(m, 10) + "e0")
		check(strconv.FormatUint(m*2, 10) + "e0")
		check(strconv.FormatUint(r.Uint64N(1e19), 10) + "e" + strconv.Itoa(r.IntN(800)-400))
	}
	if left*5 > n {
		t.Errorf("%d of %d numbers were left to strconv", left, n)
	}
}

func TestPowers(t *testing.T) {
	one := big.NewInt(1)
	for k := minPower; k <= maxPower; k++ {
		// hi:lo × 2^e ≤ 10^k < (hi:lo + 1) × 2^e, as fractions of whole numbers.
		p := powerOf(k)
		n := new(big.Int).SetUint64(p.hi)
		n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(p.lo))
		if n.BitLen() != 128 {
			t.Fatalf("1e%d has %d bits", k, n.BitLen())
		}
		power, unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(k, -k))), nil), big.NewInt(1)
		if k < 0 {
			power, unit = unit, power
		}
		e := log2Pow10(k) - 127
		left, right := new(big.Int).Set(n), new(big.Int).Set(power)
		next := new(big.Int).Add(n, one)
		if e >= 0 {
			left.Lsh(left, uint(e))
			next.Lsh(next, uint(e))
		} else {
			right.Lsh(right, uint(-e))
		}
		left.Mul(left, unit)
		next.Mul(next, unit)
		if left.Cmp(right) > 0 || next.Cmp(right) <= 0 {
			t.Errorf("1e%d is %x × 2^%d", k, n, e)
		}
	}
}

func BenchmarkAppendFloat(b *testing.B) {
	for name, x := range map[string]float64{"long": 137.12345678901234, "short": 137.25, "whole": 137} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				buf = AppendFloat(buf[:0], x)
			}
		})
		b.Run(name+"/strconv", func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				buf = strconv.AppendFloat(buf[:0], x, 'f', -1, 64)
			}
		})
	}
}

func TestAppendInt(t *testing.T) {
	check := func(n int64) {
		for _, dst := range [][]byte{nil, make([]byte, 1, 40), make([]byte, 3, 5)} {
			want := strconv.AppendInt(slices.Clip(dst), n, 10)
			if got := AppendInt(dst, n); string(got) != string(want) {
				t.Errorf("AppendInt(%q, %d) = %q", dst, n, got)
			}
		}
	}
	for shift := range 64 {
		for d := int64(-2); d <= 2; d++ {
			check(1<<shift + d)
			check(-(1 << shift) + d)
		}
	}
	for p := int64(1); p > 0 && p < math.MaxInt64/10; p *= 10 {
		for d := int64(-2); d <= 2; d++ {
			check(p + d)
			check(-p + d)
			check(p*9 + d)
		}
	}
	for n := range int64(20_000) {
		check(n)
	}
	for _, n := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 1e19, 1e19 - 1, 1 << 63} {
		if got, want := string(AppendUint(nil, n)), strconv.FormatUint(n, 10); got != want {
			t.Errorf("AppendUint(%s) = %s", want, got)
		}
	}
}

func BenchmarkAppendInt(b *testing.B) {
	for _, n := range []int64{7, 42, 12345, 1e15 + 7} {
		b.Run(strconv.FormatInt(n, 10), func(b *testing.B) {
			buf := make([]byte, 0, 32)
			for b.Loop() {
				buf = AppendInt(buf[:0], n)
			}
		})
		b.Run(strconv.FormatInt(n, 10)+"/strconv", func(b *testing.B) {
			buf := make([]byte, 0, 32)
			for b.Loop() {
				buf = strconv.AppendInt(buf[:0], n, 10)
			}
		})
	}
}

// strconv reads five digits of an exponent; here they are more, and as many
// digits before them.
func TestPlainKeepsLongExponents(t *testing.T) {
	zeros := strings.Repeat("0", 120_000)
	for text, want := range map[string]float64{
		"1" + zeros + "e-120000":                              1,
		"-1" + zeros + "e-120000":                             -1,
		"125" + zeros + "e-120002":                            1.25,
		"1" + zeros + ".0e-120000":                            1,
		"0." + zeros + "1e120001":                             1,
		"0." + zeros + "12345678901234567890123456789e120001": 1.2345678901234567890123456789,
		"1" + zeros + "e-119692":                              1e308,
		"1" + zeros + "e-119691":                              math.Inf(1),
		"1" + zeros + "e-120323":                              1e-323,
		"1" + zeros + "e-120400":                              0,
		"0" + "." + zeros + "e120000":                         0,
		"-0.0e99999":                                          math.Copysign(0, -1),
		"1e99999999999":                                       math.Inf(1),
		"1e-99999999999":                                      0,
		"1.5e0000000001":                                      15,
	} {
		n, length := Parse([]byte(text))
		x, ok := n.Float()
		if !ok {
			x, _ = strconv.ParseFloat(n.Plain([]byte(text)), 64)
		}
		if length != len(text) || math.Float64bits(x) != math.Float64bits(want) {
			t.Errorf("%.10s…%s is %v, want %v", text, text[max(0, len(text)-10):], x, want)
		}
	}
}
