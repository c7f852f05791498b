package agents

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/codec"
)

// parentCommand is a Go process that starts child, at an address that it adds to
// its arguments, spawns an agent, prints "ready URL" and waits to be killed.
func parentCommand(t testing.TB, c codec.Codec, child *exec.Cmd) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{c.Name()}, child.Args...)...)
	cmd.Env = append(child.Env, roleVariable+"=parent")
	return cmd
}

func playParent(args []string) int {
	err := parent(context.Background(), codecs[args[0]], args[1:])
	fmt.Fprintln(os.Stderr, "parent:", err)
	return 1
}

func parent(ctx context.Context, cd codec.Codec, args []string) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0", agent.WithCodec(cd))
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listen := "tcp://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		return err
	}
	child := exec.CommandContext(ctx, args[0], append(args[1:], "--listen", listen)...)
	child.Stdout = os.Stdout
	p, err := c.Start(ctx, child, listen+"/0")
	if err != nil {
		return err
	}
	_, url, err := p.Spawn(ctx, "agents_guide:Callee")
	if err != nil {
		return err
	}
	fmt.Println("ready", url)
	return p.Wait()
}

// A process that was started ends with the one that started it, in whichever
// language either is, and however suddenly.
func TestNoOrphans(t *testing.T) {
	eachCell(t, func(t *testing.T, c cell) {
		python := c.python.Command(t, "agents_parent.py", append([]string{"--codec", c.codec.Name(), "--hold", "--"}, goManager(t, c.codec)...)...)
		python.Env = append(os.Environ(), roleVariable+"=manager")
		shell := c.command(t, "--compat", "--subproc", "--external", "2016-01-01")
		shell.Args = append([]string{"/bin/sh", "-c", `"$0" "$@"; true`}, shell.Args...) // as conda run does
		for name, parent := range map[string]*exec.Cmd{
			"Go starts a shell that starts Python": parentCommand(t, c.codec, shell),
			"Python starts Go":                     python,
			"Go starts Python":                     parentCommand(t, c.codec, c.command(t, "--compat", "--subproc", "--external", "2016-01-01")),
		} {
			t.Run(name, func(t *testing.T) { checkOrphan(t, c, parent) })
		}
	})
}

// checkOrphan kills parent and waits for the end of its child: the pipe that both
// hold is at its end when the last one has ended.
func checkOrphan(t *testing.T, c cell, parent *exec.Cmd) {
	t.Helper()
	stdout, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	parent.Stdout, parent.Stderr = theirs, os.Stderr
	err = parent.Start()
	_ = theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = parent.Process.Kill()
		_ = parent.Wait()
	}()
	printed := bufio.NewReader(stdout)
	line, err := printed.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		t.Fatalf("%q, %v", line, err)
	}
	child := connect(t, c.newContainer(t), url)
	if err := child.Sub("spam").Call(t.Context(), nil, 1); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := stdout.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, printed); err != nil {
		t.Fatalf("the child lives on without its parent: %v", err)
	}
	<-child.Client().Done()
}
