// Package traceback reads and writes Python tracebacks: the text that
// traceback.format_exception, which an aiomas peer sends when a request fails.
//
// # What is printed
//
// An exception is printed as a header, its stack, and "Type: message"; header
// and stack are missing when it was never raised, the colon when str() of it is
// empty. Older exceptions of a chain come first:
//
//	Traceback (most recent call last):
//	  File "service.py", line 4, in call
//	    {}['name']
//	KeyError: 'name'
//
//	During handling of the above exception, another exception occurred:
//
//	Traceback (most recent call last):
//	  File "service.py", line 6, in call
//	    raise ValueError('no name')
//	ValueError: no name
//
// Exception groups (Python 3.11) are drawn as a tree, with a margin before each
// line. Parse reads every form that the Pythons 3.8 to 3.13 print.
//
// # Where the text is ambiguous
//
// The text does not say where a message ends, and a message may be anything.
//
//   - Notes (Python 3.11) are printed like further lines of the message. They
//     are told apart only where the message cannot go on: the exception has
//     none, or it is a group's and ends in "(2 sub-exceptions)". Otherwise they
//     end up in Message. A note of two lines is read as two notes.
//   - A line that announces the next exception of a chain is taken for one if
//     something that looks like an exception follows, also if the message only
//     quotes it.
//   - A message that holds another traceback (aiomas's RemoteException does, and
//     so does what a process pool raises) may hold a whole chain. What follows
//     belongs to the message until the blank line that the newline at the end of
//     the inner text makes, or the closing quotes of a process pool. (A message
//     that itself ends in a newline looks like such an end.) If there is none, the chain is taken to be that of the exception itself, so
//     that the last line of the text tells the type, as it does for Python's
//     users.
//   - Text without any header is an exception only if it starts with what Python
//     would print as a type; see [Parse].
package traceback

// Exception holds the parts of an exception that its printed form contains.
type Exception struct {
	// Type is the name of the class as Python prints it: "ValueError",
	// "aiomas.exceptions.RemoteException", "service.Outer.Inner". It is empty if
	// the text is not a traceback.
	Type string
	// Message is what str() of the exception gave, of any number of lines.
	Message string
	// Notes are the lines of the notes added by add_note, where they can be told
	// from the message.
	Notes []string
	// Frames is the stack, the innermost call last. A SyntaxError ends with the
	// place of the error, a frame without Func.
	Frames []Frame
	// Cause is the exception that this one was raised from (__cause__), Context
	// the one that was being handled when this one was raised (__context__). At
	// most one of them is printed.
	Cause, Context *Exception
	// Group holds the exceptions of an exception group. Where Python leaves some
	// out, the remark that it prints instead is the Message of an Exception
	// without Type.
	Group []Exception
}

// Frame is one call of a stack. Python prints a frame that repeats itself three
// times and then only counts, and so many are here.
type Frame struct {
	File string
	Line int // 0 if unknown
	Func string
}

// Limits for reading and writing, so that recursion over an Exception is safe.
const (
	maxChain = 128 // the newest exceptions of a chain
	maxDepth = 16  // of groups in groups; Python itself prints 10
)

const (
	header      = "Traceback (most recent call last):"
	groupHeader = "Exception Group " + header
	causeText   = "The above exception was the direct cause of the following exception:"
	contextText = "During handling of the above exception, another exception occurred:"
)
