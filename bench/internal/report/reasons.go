package report

// reasons say why a row may be short of its target, by its number.
var reasons = map[int]string{
	3: "Both share the cost of waking goroutines and of the system calls, which grpc pays several times over and gob once.",
	5: "Both share the server, whose part of a call is now the larger one, and the cheaper a blocking call has become, the " +
		"less there is to save.",
	7: "Beside the system calls, what is left is mostly two copies of the text on each side, into the string that the " +
		"caller gets and into the frame that is written, and the scan.",
	8: "As row 7; fresh memory for each string of 1 MiB, and collecting it, is a sixth of the time. With JSON, scanning and " +
		"escaping take as long as the copies.",
	11: "Python sends each reply with a system call of its own. The Go end wakes for each and sends the next request at " +
		"once, where the limit waits for several; on two cores that costs Python's core some of its time.",
	12: "Most of the Go end's part is in the kernel, which it enters as often as the Python end does: one that decodes nothing " +
		"(the limit) takes a quarter of Python's CPU too, when calls come one at a time.",
	14: "Decoding goes through the cursor's methods, one for each value, and copies the path into a string.",
	16: "Python's order is the sorted one, and a Go map has none: the keys are looked up in the order of the dict " +
		"before, while tinylib writes them as they come. It is given a buffer to write to, as ours is. A typed decode " +
		"finds each struct field by its name.",
	18: "The stack of the goroutine that reads is half of it: it has grown to 4 KiB with the first request, as scanning one " +
		"does not fit the 2 KiB that Go starts with.",
	19: "The Python end alone takes half of what two take, so that no Go end could make it more than twice as fast.",
	20: "With 100,000 functions called in no order, each call finds the function and its path in memory that no cache holds, " +
		"at both ends.",
}
