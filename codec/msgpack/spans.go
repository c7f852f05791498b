package msgpack

import "github.com/aiomas-go/aiomas-go/codec"

// spans maps the start of values that are both skipped and read to their ends.
// The start of a list is that of its head; the start of a dict is the end of
// its head. Without spans, skipping such nested values takes time proportional
// to size times depth. Python sends no such values.
type spans map[int]int

// minSpan is the minimum size of a value whose end is kept.
const minSpan = 64

func (s *spans) add(start, end int) {
	if end-start < minSpan {
		return
	}
	if *s == nil {
		*s = make(spans)
	}
	(*s)[start] = end
}

// skipDicts is Skip, but jumps over the dicts in spans.
func (d *decoder) skipDicts() error {
	i := d.i
	for left := uint64(1); left > 0; left-- {
		end, h, ok := tokenEnd(d.b, i)
		if !ok {
			return truncated(end)
		}
		i = end
		switch h.kind {
		case codec.KindList:
			left += uint64(h.n)
		case codec.KindDict:
			if end, ok := d.spans[i]; ok {
				i = end
			} else {
				left += 2 * uint64(h.n)
			}
		}
	}
	d.i = i
	return nil
}

// skipTypes is Skip for the value of a "__type__" key. It adds this value, and
// all such values in it, to spans.
func (d *decoder) skipTypes() error {
	if end, ok := d.spans[d.i]; ok {
		d.i = end
		return nil
	}
	type level struct {
		left  uint64
		start int // of the list, or -1 if it is not added to spans
	}
	i, typed := d.i, true
	for open := []level{{1, -1}}; len(open) > 0; {
		top := &open[len(open)-1]
		if top.left == 0 {
			if top.start >= 0 {
				d.spans.add(top.start, i)
			}
			open = open[:len(open)-1]
			continue
		}
		top.left--
		start, isKey := i, atTypeKey(d.b, i)
		end, h, ok := tokenEnd(d.b, i)
		if !ok {
			return truncated(end)
		}
		i = end
		switch {
		case h.kind == codec.KindDict:
			open = append(open, level{2 * uint64(h.n), -1})
		case h.kind == codec.KindList && typed:
			open = append(open, level{uint64(h.n), start})
		case h.kind == codec.KindList:
			open = append(open, level{uint64(h.n), -1})
		}
		typed = isKey
	}
	d.i = i
	return nil
}
