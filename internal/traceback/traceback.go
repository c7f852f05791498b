// Package traceback reads and writes Python tracebacks: text in the format of
// traceback.format_exception, which an aiomas peer sends when a request fails.
//
// # The format
//
// An exception is printed as a header, its stack, and "Type: message". The
// header and the stack are missing if it was never raised, and the colon if
// str() of it is empty. Older exceptions of a chain are printed first:
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
// Exception groups (Python 3.11) are printed as a tree, with a margin before
// each line. Parse reads all forms that Python 3.8 to 3.13 print.
//
// # Where the text is ambiguous
//
// The text does not mark the end of a message, and a message may be any text.
//
//   - Notes (Python 3.11) are printed like further lines of the message. They
//     are recognised only where the message must have ended: the exception has no
//     message, or it is a group whose message ends in "(2 sub-exceptions)". Otherwise
//     they become part of Message. A note of two lines is read as two notes.
//   - A line that announces the next exception of a chain is read as such if it is
//     followed by text that looks like an exception, even if the message only
//     quotes it.
//   - A message that contains another traceback (as in aiomas's RemoteException and
//     in exceptions from a process pool) may contain a whole chain. The following text
//     belongs to the message until the blank line that results from the newline at the
//     end of the inner text, or until the closing quotes of a process pool. (A message
//     that itself ends in a newline looks like such an end.) Without such an end, the
//     chain is read as that of the exception itself, so that the last line of the text
//     determines the type, as users of Python expect.
//   - Text without any header is an exception only if it begins like the type that
//     Python prints; see [Parse].
package traceback

// Exception holds the parts of an exception that its printed form contains.
type Exception struct {
	// Type is the name of the class as Python prints it: "ValueError",
	// "aiomas.exceptions.RemoteException", "service.Outer.Inner". It is empty if
	// the text is not a traceback.
	Type string
	// Message is the result of str() of the exception, with any number of lines.
	Message string
	// Notes are the lines of the notes added by add_note, where they can be
	// distinguished from the message.
	Notes []string
	// Frames is the stack, the innermost call last. For a SyntaxError, the last
	// frame is the position of the error, a frame without Func.
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

// Frame is one call of a stack. Python prints a repeated frame three times and
// then only the number of repetitions; the repeated frames are not added here.
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
