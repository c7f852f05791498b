package traceback_test

import (
	"fmt"

	"github.com/aiomas-go/aiomas-go/internal/traceback"
)

func ExampleParse() {
	e := traceback.Parse(`Traceback (most recent call last):
  File "service.py", line 4, in call
    {}['name']
KeyError: 'name'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "service.py", line 6, in call
    raise ValueError('no name')
ValueError: no name
`)
	fmt.Println(e.Type, "|", e.Message, "|", e.Frames[0])
	fmt.Println(e.Context.Type, "|", e.Context.Message)
	// Output:
	// ValueError | no name | {service.py 6 call}
	// KeyError | 'name'
}

func ExampleFormat() {
	fmt.Print(traceback.Format(traceback.Exception{Type: "LookupError", Message: `Name "x" not found in "a/b"`}))
	// Output:
	// Traceback (most recent call last):
	// LookupError: Name "x" not found in "a/b"
}
