//go:build race

package aiomas_test

// raceDetector tells that everything takes ten times as long.
const raceDetector = true
