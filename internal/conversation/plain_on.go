//go:build aiomas_plain

package conversation

// plain disables inline handling in builds with the tag aiomas_plain.
const plain = true
