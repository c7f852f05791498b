package aiomas_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// A handler that computes is interrupted for others, also on the only core and
// after many calls that the scheduler has not heard of; see package frame. If it
// were not, this one would compute for about a minute.
func TestComputingHandlerIsInterrupted(t *testing.T) {
	if os.Getenv("AIOMAS_TEST_CHILD") != "" {
		serveComputing(t)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestComputingHandlerIsInterrupted$")
	child.Env = append(os.Environ(), "AIOMAS_TEST_CHILD=1", "GOMAXPROCS=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = child.Wait()
	}()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSpace(addr), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	p := rawPeer{t, conn}
	for id := range 2000 {
		p.send(request(id, "add", id, 1))
		p.expect(result(id, id+1))
	}
	p.send(request(0, "compute"))
	p.expect(`[1, 0, null]`)
}

// serveComputing is the process of the server. It ends with its stdin.
func serveComputing(t *testing.T) {
	r := aiomas.NewRouter()
	r.Expose("add", func(a, b int) int { return a + b })
	r.Expose("compute", func() {
		var other atomic.Bool
		go other.Store(true)
		for !other.Load() { // computes until another goroutine has run
		}
	})
	_, addr := startServer(t, r)
	fmt.Println(addr)
	_, _ = os.Stdin.Read(make([]byte, 1))
}
