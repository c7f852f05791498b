package otel

import "sync"

// other is what OpenTelemetry calls what has no name of few.
const other = "_OTHER"

// most bounds the names that peers can bring up.
const most = 100

// few are the first names that peers have brought up. The zero value is ready.
type few struct {
	mu    sync.Mutex
	names map[string]bool
}

// name returns s, or other if there are too many names already.
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

// builtin are the exceptions of Python itself, which nobody can crowd out.
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
