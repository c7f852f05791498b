package function

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aiomas-go/aiomas-go/internal/excerpt"
)

// WrongCall means that the arguments of a call do not fit the function. Python
// raises TypeError.
type WrongCall struct {
	Text string // the message of Python's TypeError, without Err
	Err  error  // why an argument does not fit its parameter, or nil
	Hint string // a possible cause on this side, or ""; not sent to peers
}

func (e *WrongCall) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

// Unwrap returns Err.
func (e *WrongCall) Unwrap() error { return e.Err }

func (f *Function) wrong(format string, args ...any) *WrongCall {
	return &WrongCall{Text: f.name + "() " + fmt.Sprintf(format, args...)}
}

func (f *Function) unfit(err error, name string) *WrongCall {
	w := f.wrong("argument %s", name)
	w.Err = err
	return w
}

// argument names the parameter i as Python does: by its number if it has no name.
func (f *Function) argument(i int) string {
	if name := f.params[i].name; name != "" {
		return quoted(name)
	}
	return strconv.Itoa(i + 1)
}

// maxName bounds the length of a peer's name in an error text.
const maxName = 256

func quoted(name string) string { return "'" + excerpt.Of(name, maxName) + "'" }

// tooMany returns the error for too many positional arguments. keywords marks
// the keyword-only arguments that were passed.
func (f *Function) tooMany(given int, keywords []bool) *WrongCall {
	least, most := 0, f.positional
	for _, p := range f.params[:f.positional] {
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
	return f.wrong("takes %s but %s given", takes, were)
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

// missing lists the required parameters that are not set: the positional ones, or
// else those that are keyword-only.
func (f *Function) missing(set []bool) *WrongCall {
	what, names := "positional", f.unset(set, 0, f.positional)
	if names == nil {
		what, names = "keyword-only", f.unset(set, f.positional, len(f.params))
	}
	n, list := len(names), ""
	switch {
	case names[0] == "": // none of them has a name
	case n == 1:
		list = ": " + names[0]
	case n == 2:
		list = ": " + names[0] + " and " + names[1]
	default:
		list = ": " + strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
	}
	return f.wrong("missing %s%s", count(n, "required "+what+" argument"), list)
}

// unset returns the names, quoted, of the required ones among the parameters from
// first up to end that are not set.
func (f *Function) unset(set []bool, first, end int) (names []string) {
	for i := first; i < end; i++ {
		switch p := &f.params[i]; {
		case set[i] || !p.required:
		case p.name == "":
			names = append(names, "")
		default:
			names = append(names, "'"+p.name+"'")
		}
	}
	return names
}

// unexpected returns the error for a keyword argument that matches no parameter,
// with a hint for this side if the parameters have no names at all.
func (f *Function) unexpected(name string) *WrongCall {
	name = excerpt.Of(name, maxName)
	w := f.wrong("got an unexpected keyword argument '%s'", name)
	nameless := func(p param) bool { return p.name == "" }
	if slices.ContainsFunc(f.params, nameless) {
		w.Hint = fmt.Sprintf("the argument %q was passed by keyword, and %s was exposed without Params", name, f.name)
	}
	return w
}
