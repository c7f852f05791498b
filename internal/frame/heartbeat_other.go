//go:build !linux || !(amd64 || arm64) || aiomas_plain || aiomas_noheartbeat

package frame

// renewAfter, renewBeat and keepBeating are for the timer of raw reads, which there is not.
const renewAfter = 1<<8 - 1

func renewBeat() {}

func keepBeating() {}
