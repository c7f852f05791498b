package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// TestMain sets what the container engine's client reads once, and looks for
// goroutines that outlive the tests.
func TestMain(m *testing.M) {
	// Containers are removed by the tests that start them: no need for a helper
	// container, whose image may be out of reach. Their ports are published on
	// this machine, whatever address the engine is reached at.
	for name, value := range map[string]string{
		"TESTCONTAINERS_RYUK_DISABLED": "true",
		"TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
	} {
		if _, ok := os.LookupEnv(name); ok {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
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
