package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// TestMain sets what the container engine's client reads once, and looks for
// goroutines that outlive the tests.
func TestMain(m *testing.M) {
	engine.Setup()
	if err := logKeys(); err != nil {
		panic(err)
	}
	suite.Main(m)
}

// keyLog is where the Pythons of this machine log the secrets of TLS, for the
// recorder.
var keyLog string

func logKeys() error {
	dir, err := os.MkdirTemp("", "aiomas-keys")
	if err != nil {
		return err
	}
	suite.AtExit(func() error { return os.RemoveAll(dir) })
	keyLog = filepath.Join(dir, "keys")
	return os.Setenv("SSLKEYLOGFILE", keyLog)
}
