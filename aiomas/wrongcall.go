package aiomas

import (
	"fmt"
	"strconv"
	"strings"
)

// What a peer gets of a call that does not fit the function: the words of Python.

func (f *Function) unfit(err error, name string) error {
	return TypeError.Errorf("%s() argument %s: %w", f.name, name, err)
}

// argument names the parameter i as Python does: one without a name by its number.
func (f *Function) argument(i int) string {
	if name := f.params[i].name; name != "" {
		return quoted(name)
	}
	return strconv.Itoa(i + 1)
}

func quoted(name string) string { return "'" + shorten(name) + "'" }

func (f *Function) tooMany(given int, keywords []bool) error {
	least, most := 0, len(f.params)
	for _, p := range f.params {
		if p.required {
			least++
		}
	}
	if f.method != "" { // Python counts self
		least, most, given = least+1, most+1, given+1
	}
	takes := count(most, "positional argument")
	if least != most {
		takes = fmt.Sprintf("from %d to %d positional arguments", least, most)
	}
	were := fmt.Sprintf("%d were", given)
	if named := countTrue(keywords); named > 0 {
		were = fmt.Sprintf("%s (and %s) were", count(given, "positional argument"), count(named, "keyword-only argument"))
	} else if given == 1 {
		were = "1 was"
	}
	return TypeError.Errorf("%s() takes %s but %s given", f.name, takes, were)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func countTrue(list []bool) (n int) {
	for _, set := range list {
		if set {
			n++
		}
	}
	return n
}

// missing lists the arguments, unless they have no names.
func (f *Function) missing(names []string, what string) error {
	n, list := len(names), ""
	if names[0] != "" {
		for i, name := range names {
			names[i] = "'" + name + "'"
		}
		switch n {
		case 1:
			list = ": " + names[0]
		case 2:
			list = ": " + names[0] + " and " + names[1]
		default:
			list = ": " + strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
		}
	}
	return TypeError.Errorf("%s() missing %s%s", f.name, count(n, "required "+what+" argument"), list)
}

// unexpected refuses a keyword argument. That it is because the function was exposed
// without Params is for the log.
func (f *Function) unexpected(name string) error {
	ex := TypeError.Errorf("%s() got an unexpected keyword argument '%s'", f.name, shorten(name))
	if !f.named && len(f.params) > 0 {
		ex.Err = &hint{fmt.Sprintf("the argument %q was passed by keyword, and %s was exposed without Params", shorten(name), f.name)}
	}
	return ex
}
