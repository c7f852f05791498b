//go:build aiomas_plain || aiomas_noinline

package conversation

// plain disables inline handling in builds with the tag aiomas_plain, or aiomas_noinline, which is for
// measurements.
const plain = true
