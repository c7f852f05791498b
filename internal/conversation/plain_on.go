//go:build aiomas_plain

package conversation

// plain says that nothing is handled inline: a build for tests.
const plain = true
