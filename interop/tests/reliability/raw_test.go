package reliability

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
)

// rawDial returns a bare connection to a server at a TCP address.
func rawDial(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "tcp://"))
	if err != nil {
		tb.Fatal(err)
	}
	return conn
}

// sendRaw sends a JSON message as Python does.
func sendRaw(tb testing.TB, conn net.Conn, message string) {
	tb.Helper()
	frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
	if _, err := conn.Write(frame); err != nil {
		tb.Fatal(err)
	}
}

// recvRaw returns the next message.
func recvRaw(conn net.Conn) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(conn, b)
	return string(b), err
}
