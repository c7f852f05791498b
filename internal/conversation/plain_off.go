//go:build !aiomas_plain

package conversation

const plain = false
