package walk

import (
	"math"
	"reflect"
	"slices"

	"github.com/aiomas-go/aiomas-go/codec"
)

func (f *Format) makeMapEncoder(t reflect.Type, e *encoder) {
	key := f.encoders.part(t.Key(), f.makeEncoder)
	if t.Key().Kind() == reflect.String && !key.text && (!key.foreign || f.KeyText != nil) {
		f.makeStrMapEncoder(t, key, e)
		return
	}
	elem := f.encoders.part(t.Elem(), f.makeEncoder)
	e.write = func(s Sink, v reflect.Value) error { return f.encodeMap(s, key, elem, v) }
}

func (f *Format) encodeMap(s Sink, key, elem *encoder, v reflect.Value) error {
	entries, err := f.mapEntries(s, key, v)
	if err != nil {
		return err
	}
	if err := s.BeginDict(len(entries)); err != nil {
		return err
	}
	for i := range entries {
		if err := writeKey(s, i, entries[i].key); err != nil {
			return err
		}
		if err := elem.encode(s, entries[i].value); err != nil {
			return codec.At(err, keyText(entries[i].key))
		}
	}
	s.EndDict()
	return nil
}

type mapEntry struct {
	key   any
	value reflect.Value
}

// mapEntries returns the entries of v in the order of their keys.
func (f *Format) mapEntries(s Sink, key *encoder, v reflect.Value) ([]mapEntry, error) {
	entries := make([]mapEntry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		k, err := key.key(s, iter.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, mapEntry{k, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b mapEntry) int { return f.compareKeys(a.key, b.key) })
	return entries, f.checkDistinct(entries)
}

// checkDistinct returns an error if two keys of the sorted entries are equal in
// Python.
func (f *Format) checkDistinct(entries []mapEntry) error {
	mixed := false
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1].key, entries[i].key
		if keyRank(a) != keyRank(b) {
			mixed = true
		} else if f.compareKeys(a, b) == 0 && (f.KeyText != nil || !isNaN(a)) {
			return oneKey(b)
		}
	}
	switch {
	case !mixed:
		return nil
	case f.KeyText != nil:
		return f.checkTexts(entries)
	}
	return checkNumbers(entries)
}

func isNaN(key any) bool {
	x, _ := key.(float64)
	return math.IsNaN(x)
}

// checkNumbers is checkDistinct for keys of different types of numbers: True is
// 1 in Python, and 1 is 1.0.
func checkNumbers(entries []mapEntry) error {
	var numbers []any
	for _, e := range entries {
		if r := keyRank(e.key); rankNone < r && r < rankText && !isNaN(e.key) {
			numbers = append(numbers, e.key)
		}
	}
	slices.SortFunc(numbers, CompareNumbers)
	for i := 1; i < len(numbers); i++ {
		if CompareNumbers(numbers[i-1], numbers[i]) == 0 {
			return oneKey(numbers[i])
		}
	}
	return nil
}

// checkTexts is checkDistinct for keys of different types that become text.
func (f *Format) checkTexts(entries []mapEntry) error {
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		text, ok := entries[i].key.(string)
		if !ok {
			var err error
			if text, err = f.KeyText(entries[i].key); err != nil {
				return err
			}
		}
		if seen[text] {
			return oneKey(entries[i].key)
		}
		seen[text] = true
	}
	return nil
}

func oneKey(key any) error {
	return codec.NewEncodeError("two keys of the map are %.64s to Python, which would keep one of them", keyText(key))
}
