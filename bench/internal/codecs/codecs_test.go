package codecs

import "testing"

// BenchmarkCodecs runs every case: go test -bench Codecs/json/state
func BenchmarkCodecs(b *testing.B) {
	for _, c := range All() {
		b.Run(c.Name, func(b *testing.B) {
			op := c.New()
			b.ReportAllocs()
			for b.Loop() {
				if err := op(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCases runs every case once.
func TestCases(t *testing.T) {
	for _, c := range All() {
		if err := c.New()(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}
