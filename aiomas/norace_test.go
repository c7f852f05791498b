//go:build !race

package aiomas_test

const raceDetector = false
