package tests

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// The channel example of aiomas's TLS guide, one side in Go and then the other. The
// certificate names its host as those of the guide do; Python's contexts are
// aiomas's own, and those that the guide makes by hand. What containers do with
// TLS is in package agents.
func TestGuideTLSChannel(t *testing.T) {
	ca := testcert.NewCA(t)
	device := ca.IssueCommonName(t, "localhost")
	for _, py := range pyenv.RequireEnds(t) {
		for name, contexts := range map[string][]string{"contexts of aiomas": nil, "contexts by hand": {"--by-hand"}} {
			t.Run(py.String()+"/"+name, func(t *testing.T) {
				t.Parallel()
				args := append(tlsArgs(ca, device), contexts...)
				t.Run("Go client", func(t *testing.T) { goTLSClient(t, py, tlsFilesOption(ca, device), args) })
				t.Run("Go server", func(t *testing.T) { goTLSServer(t, py, tlsFilesOption(ca, device), args) })
			})
		}
	}
}

// goTLSClient is the guide's client() in Go.
func goTLSClient(t *testing.T, py pyenv.Python, files aiomas.TLSOption, args []string) {
	t.Helper()
	server := py.Command(t, "tls_channel.py", append(args, "--listen", "tcp://localhost:0")...)
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer ended(t, server)
	printed := bufio.NewScanner(stdout)
	printed.Scan()
	addr, _ := strings.CutPrefix(printed.Text(), "ready ")

	channel, err := aiomas.DialChannel(t.Context(), addr, files)
	if err != nil {
		_ = server.Process.Kill() // it would wait for its client
		t.Fatal(err)
	}
	defer channel.Close()
	var reply string
	if err := channel.Send(t.Context(), "ohai", &reply); err != nil || reply != "cya" {
		t.Errorf("Python replies %q, %v", reply, err)
	}
	if printed.Scan(); printed.Text() != "ohai" {
		t.Errorf("Python received %q", printed.Text())
	}
}

// goTLSServer is the guide's handle_client() in Go.
func goTLSServer(t *testing.T, py pyenv.Python, files aiomas.TLSOption, args []string) {
	t.Helper()
	ln, err := aiomas.Listen(t.Context(), "tcp://localhost:0", files)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	handled := make(chan error, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			handled <- err
			return
		}
		handled <- func() error {
			channel, err := aiomas.NewChannel(conn)
			if err != nil {
				return err
			}
			defer channel.Close()
			request, err := channel.Recv(t.Context())
			if err != nil {
				return err
			}
			var content string
			if err := request.Decode(&content); err != nil || content != "ohai" {
				t.Errorf("Go received %q, %v", content, err)
			}
			return request.Reply(t.Context(), "cya")
		}()
	}()
	addr := strings.Replace(aiomas.FormatAddress(ln.Addr()), "127.0.0.1", "localhost", 1)
	client := py.Command(t, "tls_channel.py", append(args, "--connect", addr)...)
	client.Stderr = os.Stderr
	out, err := client.Output()
	if err != nil || string(out) != "cya\n" {
		t.Errorf("Python prints %q, %v", out, err)
	}
	if err != nil {
		_ = ln.Close() // nobody may have come
	}
	if err := <-handled; err != nil {
		t.Error(err)
	}
}

func ended(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v", cmd, err)
	}
}
