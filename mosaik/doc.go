// Package mosaik writes simulators in Go for mosaik, the co-simulation framework
// (https://mosaik.offis.de, mosaik 3 on PyPI), and drives simulators of any
// language.
//
// A simulator implements [Simulator], or is made of a struct by [Model], and is
// run by [Main]:
//
//	func main() { mosaik.Main(&exampleSim{}) }
//
// mosaik then starts the program by "cmd", or reaches it by "connect" when it was
// started with --remote. [Run] and [Serve] are for programs with a main of their
// own. In the middle of a call, [WorldFrom] asks mosaik.
//
// [Start] and [Connect] are the other side: they drive a simulator as mosaik
// does, for tests and embedding. Package mosaik/check tells whether a simulator
// keeps mosaik's rules, and draws runs.
//
// docs/mosaik.md begins with a simulator in five minutes.
package mosaik
