//go:build !unix && !windows

package agent

import (
	"errors"
	"os"
	"os/exec"
)

// group is empty on systems that cannot start processes.
type group struct{}

func newGroup(*exec.Cmd) (*group, error) { return nil, errors.ErrUnsupported }

func (*group) started(*os.Process) {}
func (*group) kill()               {}
func (*group) end()                {}

func duplicate(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }
