//go:build !linux || !(amd64 || arm64) || aiomas_plain

package frame

// gathering reports whether rawWriter has gather.
const gathering = false

func (*rawWriter) gather(*Buffer) (int, error) { panic("unreachable: there is no gathering") }
