package agents

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas/agent"
)

// parentCommand is a Go process that starts child, at an address that it adds to
// its arguments, spawns an agent, prints "ready URL" and waits to be killed.
func parentCommand(t testing.TB, child *exec.Cmd) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, child.Args...)
	cmd.Env = append(child.Env, roleVariable+"=parent")
	return cmd
}

func playParent(args []string) int {
	err := parent(context.Background(), args)
	fmt.Fprintln(os.Stderr, "parent:", err)
	return 1
}

func parent(ctx context.Context, args []string) error {
	c, err := agent.NewContainer(ctx, "tcp://127.0.0.1:0")
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
	p, err := c.Start(ctx, exec.CommandContext(ctx, args[0], append(args[1:], "--listen", listen)...), listen+"/0")
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
