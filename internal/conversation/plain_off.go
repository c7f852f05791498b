//go:build !aiomas_plain && !aiomas_noinline

package conversation

const plain = false
