package main

import (
	"fmt"
	"strconv"
	"strings"
)

// expand returns the words of a list in which [0-2,7] stands for each of these numbers, as in the lists of nodes of Slurm:
// "plant-[08-10].plants" is three words.
func expand(list string) (words []string, err error) {
	for list != "" {
		word := list
		if end := comma(list); end >= 0 {
			word, list = list[:end], list[end+1:]
		} else {
			list = ""
		}
		all, err := expandWord(word)
		if err != nil {
			return nil, err
		}
		words = append(words, all...)
	}
	return words, nil
}

// comma returns the index of the first comma outside of brackets, or -1.
func comma(list string) int {
	inside := false
	for i, c := range list {
		switch {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case c == ',' && !inside:
			return i
		}
	}
	return -1
}

func expandWord(word string) (words []string, err error) {
	before, rest, ok := strings.Cut(word, "[")
	if !ok {
		return []string{word}, nil
	}
	numbers, after, ok := strings.Cut(rest, "]")
	if !ok {
		return nil, fmt.Errorf("%q has no ]", word)
	}
	tails, err := expandWord(after)
	if err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(numbers, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err != nil || err2 != nil || first > last || last-first >= 100_000 {
			return nil, fmt.Errorf("%q in %q is no range of numbers", part, word)
		}
		for n := first; n <= last; n++ {
			for _, tail := range tails {
				words = append(words, fmt.Sprintf("%s%0*d%s", before, len(from), n, tail))
			}
		}
	}
	return words, nil
}
