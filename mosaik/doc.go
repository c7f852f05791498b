// Package mosaik writes simulators in Go for mosaik, the co-simulation framework
// (https://mosaik.offis.de, mosaik 3 on PyPI), and drives simulators of any
// language.
//
// A simulator implements [Simulator], or is made of a struct by [Model], and is
// run by [Main]:
//
//	func main() { mosaik.Main(&exampleSim{}) }
//
// mosaik then starts the program with "cmd", or connects to it with "connect" if it was
// started with --remote. [Run] and [Serve] are for programs with their own main function.
// During a call, [WorldFrom] returns an interface to mosaik.
//
// [Start] and [Connect] are for the opposite side: they drive a simulator as mosaik does,
// for tests and embedding. Package mosaik/check checks whether a simulator follows mosaik's
// rules, and draws runs.
//
// docs/mosaik.md begins with a five-minute introduction.
package mosaik
