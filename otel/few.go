package otel

import "sync"

// other is OpenTelemetry's name for everything that has no name of few.
const other = "_OTHER"

// most is the maximum number of names from peers.
const most = 100

// few is the set of the first names that peers have sent. The zero value is
// ready to use.
type few struct {
	mu    sync.Mutex
	names map[string]bool
}

// name returns s, or other if there are already too many names.
func (f *few) name(s string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.names[s]:
		return s
	case len(f.names) == most, len(s) > 200:
		return other
	case f.names == nil:
		f.names = make(map[string]bool)
	}
	f.names[s] = true
	return s
}

// builtin has the exception types of Python itself, of aiomas and of asyncio,
// which keep their names whatever other names peers send.
var builtin = func() map[string]bool {
	set := make(map[string]bool)
	for _, name := range []string{
		"ArithmeticError", "AssertionError", "AttributeError", "BlockingIOError", "BrokenPipeError", "BufferError",
		"ChildProcessError", "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError",
		"EOFError", "Exception", "ExceptionGroup", "FileExistsError", "FileNotFoundError", "FloatingPointError",
		"ImportError", "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError",
		"LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError", "NotImplementedError",
		"OSError", "OverflowError", "PermissionError", "ProcessLookupError", "RecursionError", "ReferenceError",
		"RuntimeError", "StopAsyncIteration", "StopIteration", "SyntaxError", "SystemError", "TabError", "TimeoutError",
		"TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError",
		"UnicodeTranslateError", "ValueError", "Warning", "ZeroDivisionError",
		"aiomas.exceptions.RemoteException", "aiomas.exceptions.SerializationError",
		"asyncio.exceptions.CancelledError", "asyncio.exceptions.TimeoutError",
	} {
		set[name] = true
	}
	return set
}()
