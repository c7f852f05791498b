package deploy_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// roleVariable makes the test program stand in for a program of an engine, or for a part of it.
const roleVariable = "AIOMAS_TEST_ROLE"

// play does what a program of an engine does with members, as far as members can tell.
func play(role string, args []string) int {
	var err error
	switch role {
	case "ssh":
		err = ssh(args)
	case "sshd":
		err = sshd(args)
	case "srun":
		err = srun(args)
	case "slurmstepd":
		err = slurmstepd(args)
	case "scontrol":
		err = scontrol(args)
	default:
		err = fmt.Errorf("no role %q", role)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		return 255
	}
	return 0
}

// bin makes a folder with stand-ins for the named programs.
func bin(t *testing.T, names ...string) (dir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, name := range names {
		script := fmt.Sprintf("#!/bin/sh\n%s=%s exec '%s' \"$@\"\n", roleVariable, name, self)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// self is this program in another role, in a session of its own: as if on another machine.
func self(role string, args ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd, nil
}

// ssh takes options, a host and a command. It joins the words of the command by spaces for the shell of the host, and does
// not pass signals on: the connection ends with it.
func ssh(args []string) error {
	var options []string
	for len(args) > 0 && args[0] != "--" {
		if args[0] != "-o" || len(args) < 2 {
			return fmt.Errorf("%q is no option", args[0])
		}
		options = append(options, args[1])
		args = args[2:]
	}
	if len(args) < 3 || !slices.Contains(options, "BatchMode=yes") {
		return fmt.Errorf("want options, -- HOST COMMAND; got %q", args)
	}
	cmd, err := self("sshd", args[1], strings.Join(args[2:], " "))
	if err != nil {
		return err
	}
	connection, err := cmd.StdinPipe() // it ends with this process
	if err != nil {
		return err
	}
	defer connection.Close()
	return cmd.Run()
}

// sshd runs a command by a shell until the connection ends, and then leaves it alone.
func sshd(args []string) error {
	cmd := exec.Command("/bin/sh", "-c", args[1])
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/", "SSH_CONNECTION=127.0.0.1 1 127.0.0.1 22"} // nothing of the caller's
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(255)
	}()
	return cmd.Wait()
}

// scontrol shows the names of the hosts of the lists that the test has.
func scontrol(args []string) error {
	if !slices.Equal(args, []string{"show", "hostnames", "127.0.0.[1-2]"}) {
		return fmt.Errorf("%q", args)
	}
	fmt.Fprintln(os.Stdout, "127.0.0.1\n127.0.0.2")
	return nil
}

// srun starts a task on a node by the daemon of that node, and passes SIGTERM and SIGINT on to it.
func srun(args []string) error {
	node := flagOf(args, "nodelist")
	for _, want := range []string{"--nodes=1", "--ntasks=1", "--exact", "--unbuffered"} {
		if !slices.Contains(args, want) {
			return fmt.Errorf("%s is missing: %q", want, args)
		}
	}
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 || os.Getenv("SLURM_JOB_ID") == "" {
		return fmt.Errorf("no program, or no job: %q", args)
	}
	cmd, err := self("slurmstepd", args[i:]...)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, "SLURMD_NODENAME="+node, "SLURM_PROCID=0", "SLURM_STEP_NODELIST="+node)
	connection, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for range signals {
			_, _ = io.WriteString(connection, "T")
		}
	}()
	return cmd.Wait()
}

// slurmstepd runs a task. It sends SIGTERM when srun says so, and kills it when srun is gone.
func slurmstepd(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, roleVariable) })
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for b := make([]byte, 1); ; {
			if _, err := os.Stdin.Read(b); err != nil {
				_ = cmd.Process.Kill()
				return
			}
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}()
	return cmd.Wait()
}
