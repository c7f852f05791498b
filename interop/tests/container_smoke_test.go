package tests

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aiomas-go/aiomas-go/interop/tests/engine"
)

// TestContainerPeer speaks the bytes of the protocol to a Python peer in a
// container, without any code of the library: if it fails, look at the container.
func TestContainerPeer(t *testing.T) {
	t.Parallel()
	addr := startPeer(t, "")
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		t.Fatal(err)
	}
	writeFrame(t, conn, `[0, 0, ["add", [1, 2], {}]]`)
	if diff := cmp.Diff("[1, 0, 3]", readFrame(t, conn)); diff != "" {
		t.Error(diff)
	}
}

// TestContainerClient is the other way round: a Python client in a container
// calls a listener on this machine.
func TestContainerClient(t *testing.T) {
	t.Parallel()
	engine.Need(t)
	l, addr := listenHost(t)
	served := make(chan []any, 1)
	go func() {
		defer close(served)
		conn, err := l.Accept()
		if err != nil {
			return // closed at the end of the test; the client says why
		}
		defer func() { _ = conn.Close() }()
		var request []any
		if err := json.Unmarshal([]byte(readFrame(t, conn)), &request); err != nil {
			t.Error(err)
			return
		}
		writeFrame(t, conn, "[1, 0, 3]")
		served <- request
		_, _ = io.Copy(io.Discard, conn) // until the client is done
	}()

	out, code := runPython(t, "", "-c", `
import asyncio, sys, aiomas
from common import parse_address

async def main(addr, _):
    connection = await aiomas.rpc.open_connection(addr)
    print(await connection.remote.add(1, b=2))
    await connection.close()

asyncio.run(main(*parse_address(sys.argv[1])))
`, addr)
	if out != "3\n" || code != 0 {
		t.Errorf("the client printed %q and ended with exit code %d, want 3 and 0", out, code)
	}
	_ = l.Close() // should the client never have come
	want := []any{0., 0., []any{"add", []any{1.}, map[string]any{"b": 2.}}}
	if diff := cmp.Diff(want, <-served); diff != "" {
		t.Error(diff)
	}
}

func writeFrame(t testing.TB, w io.Writer, payload string) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	if _, err := w.Write(append(frame, payload...)); err != nil {
		t.Error(err)
	}
}

func readFrame(t testing.TB, r io.Reader) string {
	var size uint32
	if err := binary.Read(r, binary.BigEndian, &size); err != nil {
		t.Error(err)
		return ""
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		t.Error(err)
	}
	return string(payload)
}
