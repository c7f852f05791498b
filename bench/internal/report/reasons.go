package report

// reasons say why a row may be short of its target, by its number.
var reasons = map[int]string{
	5: "The target was set when blocking calls cost more: both share the server, and the cheaper a blocking call has become, " +
		"the less there is to save.",
	7: "Of what is left beside the system calls, half is the copy into the string that the caller gets and the copy into the " +
		"frame that is written, a quarter the scan.",
	8: "As row 7; fresh memory for each string of 1 MiB, and collecting it, is a sixth of the time.",
	12: "On one core most of a call is in the kernel, which the Go end enters as often as the Python end: a client that " +
		"decodes nothing (the limit) already takes a quarter of Python's CPU.",
}
