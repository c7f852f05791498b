package cli

import (
	"bytes"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/aiomas-go/aiomas-go/codec/frame"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
)

// recorded records a session of a Python client with a Python peer.
func recorded(t *testing.T, codec, addr string) (file, printed string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "r.rec")
	tap := startTap(t, addr, "--record", file)
	py := pyenv.RequireOne(t)
	if codec == "msgpack-blosc" {
		py = pyenv.RequireBlosc(t, py)
	}
	client := py.StartSession(t, "--connect", tap.addr, "--codec", codec)
	for _, c := range []struct {
		path string
		args []any
	}{
		{"add", []any{int64(1), 2.5}},
		{"identity", []any{[]any{"é", nil}}},
		{"fail", []any{"ValueError", "boom"}},
		{"call_back", []any{pyenv.Service{}, int64(2)}},
	} {
		_, _ = client.Call(c.path, c.args, nil) // fail raises
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	tap.stop()
	return file, tap.stdout.String()
}

// A recording is decoded to what the tap printed, replayed against Python and Go, and compared.
func TestRecording(t *testing.T) {
	eachPeer(t, func(t *testing.T, codec, addr string) {
		file, printed := recorded(t, codec, addr)
		aiomasCmd(t, "", "decode", file).want(t, 0, printed, "")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		aiomasCmd(t, string(text), "decode").want(t, 0, printed, "")

		const same = "4 answers the same, 0 different\n"
		aiomasCmd(t, "", "replay", file, "--to", addr, "--fast").want(t, 0, same, "")
		ours := start(t, "serve")
		ours.ready(t, ours.stdout)
		aiomasCmd(t, "", "replay", file, "--to", ours.addr).want(t, 0, same, "")
		aiomasCmd(t, "", "replay", file, "--to", ours.addr, "--fast", "--codec", "json").want(t, 0, same, "")

		script := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(script, []byte("add: 3.5\nidentity: other\nfail: 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		mock := start(t, "serve", "--script", script)
		mock.ready(t, mock.stdout)
		other := filepath.Join(t.TempDir(), "other.rec")
		tap := startTap(t, mock.addr, "--record", other, "--quiet")
		aiomasCmd(t, "", "replay", file, "--to", tap.addr, "--fast", "--ignore", "call*").want(t, 1, `#1 1 identity(["é", null])
  was: ["é", null]
  is:  "other"
#1 2 fail("ValueError", "boom")
  was: raised ValueError: boom
  is:  1
1 answers the same, 2 different
`, "")
		tap.stop()
		aiomasCmd(t, "", "diff", file, file).want(t, 0, "6 the same, 0 different\n", "")
		aiomasCmd(t, "", "diff", file, other, "--ignore", "call*", "--ignore", "notify").want(t, 1, `client identity(["é", null])
  A: ["é", null]
  B: "other"
client fail("ValueError", "boom")
  A: raised ValueError: boom
  B: 1
1 the same, 2 different
`, "")
		got := aiomasCmd(t, "", "diff", file, other)
		if !strings.Contains(got.stdout, "server notify(0)\n  asked 1 times in A, 0 times in B\n") {
			t.Errorf("%+v", got)
		}
	})
}

func TestReplayNobody(t *testing.T) {
	file, _ := recorded(t, "json", pyenv.RequireOne(t).StartPeer(t, "--listen", "tcp://127.0.0.1:0").Addr)
	if got := aiomasCmd(t, "", "replay", file, "--to", "127.0.0.1:1", "--fast"); got.code != exitConnection || !strings.HasSuffix(got.stdout, "0 answers the same, 4 different\n") {
		t.Errorf("%+v", got)
	}
}

func TestDecodeBytes(t *testing.T) {
	stream, _ := frame.Append(nil, []byte(`[0, 7, ["a/b", [1], {"k": NaN}]]`))
	stream, _ = frame.Append(stream, []byte(`[1, 7, null]`))
	want := "→ 7 a/b(1, k=NaN)  32 B\n→ 7 = null  12 B\n"
	strip := func(s string) string {
		var lines strings.Builder
		for l := range strings.Lines(s) {
			if _, rest, ok := strings.Cut(l, "#1 "); ok {
				lines.WriteString(rest)
			}
		}
		return lines.String()
	}
	for name, input := range map[string]string{"raw": string(stream), "hex": hex.EncodeToString(stream[:10]) + "\n " + hex.EncodeToString(stream[10:])} {
		if got := aiomasCmd(t, input, "decode"); got.code != 0 || strip(got.stdout) != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := aiomasCmd(t, "[1, 7, null]", "decode"); strip(got.stdout) != "→ 7 = null  12 B\n" {
		t.Errorf("%+v", got)
	}
	if got := aiomasCmd(t, "\xff\xff\xff\xff\x1b[2Jx", "decode"); got.code != 0 || strings.Contains(got.stdout, "\x1b") || !strings.Contains(got.stdout, "no message") {
		t.Errorf("%+v", got)
	}
	aiomasCmd(t, `{"aiomas": "recording", "version": 1}`+"\n"+`{"kind": "fra`, "decode").want(t, 1, "0 connections, 0 messages, 0 B\n", "aiomas: the recording is cut off")
	aiomasCmd(t, "0", "decode", "--format", "xml").want(t, 2, "0 connections, 0 messages, 0 B\n", "aiomas: --format xml: want recording, pcap, hex, raw or auto")
}

// A capture of packets: streams are put together though packets come cut, twice and in another order, and other
// connections are left out.
func TestDecodePcap(t *testing.T) {
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	packet := func(from, to layers.TCPPort, seq uint32, flags string, data string) {
		t.Helper()
		eth := &layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: layers.EthernetTypeIPv4}
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.IP{127, 0, 0, 1}, DstIP: net.IP{127, 0, 0, 1}}
		tcp := &layers.TCP{SrcPort: from, DstPort: to, Seq: seq, SYN: strings.Contains(flags, "S"), ACK: strings.Contains(flags, "A"), FIN: strings.Contains(flags, "F"), Window: 1000}
		if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		b := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp, gopacket.Payload(data)); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Millisecond)
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	request, _ := frame.Append(nil, []byte(`[0, 0, ["add", [1, 2], {}]]`))
	reply, _ := frame.Append(nil, []byte(`[1, 0, 3]`))
	packet(40000, 80, 0, "S", "")
	packet(80, 40000, 0, "SA", "")
	packet(40000, 80, 1, "A", "GET / HTTP/1.1\r\n")
	packet(40001, 5555, 100, "S", "")
	packet(5555, 40001, 900, "SA", "")
	packet(40001, 5555, 111, "A", string(request[10:]))
	packet(40001, 5555, 101, "A", string(request[:10]))
	packet(40001, 5555, 101, "A", string(request[:10]))
	packet(5555, 40001, 901, "A", string(reply))
	packet(40001, 5555, 101+uint32(len(request)), "FA", "")
	packet(5555, 40001, 901+uint32(len(reply)), "FA", "")
	got := aiomasCmd(t, file.String(), "decode")
	lines, _, _ := strings.Cut(masked(got.stdout), "1 connections, ")
	want := `TIME #1 opened by HOST to HOST
TIME #1 → 0 add(1, 2)  27 B
TIME #1 ← 0 add = 3 TOOK  9 B
TIME #1 → ended: EOF
TIME #1 ← ended: EOF
`
	if got.code != 0 || lines != want {
		t.Errorf("%+v\ngot\n%s", got, lines)
	}
}

// A recording takes the place of an older one, but not of a file that is something else; where it cannot be written, tap
// ends and says so.
func TestRecordTo(t *testing.T) {
	server := start(t, "serve")
	server.ready(t, server.stdout)
	precious := writeFile(t, "precious")
	aiomasCmd(t, "", "tap", "--to", server.addr, "--record", precious).want(t, exitFailed, "", "aiomas: "+precious+" is no recording, and is not replaced by one")
	if b, err := os.ReadFile(precious); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
	older := writeFile(t, `{"aiomas":"recording","version":1}`+"\n")
	tap := startTap(t, server.addr, "--record", older)
	aiomasCmd(t, "", "call", tap.addr, "add", "1", "2", "--codec", "json").want(t, 0, "3\n", "")
	tap.stop()
	if got := aiomasCmd(t, "", "decode", older); got.code != exitOK || !strings.Contains(got.stdout, "add = 3") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		return // only Linux has it
	}
	full := startTap(t, server.addr, "--record", "/dev/full")
	for aiomasCmd(t, "", "bench", full.addr, "add", "1", "2", "--codec", "json", "-n", "2000").code == exitOK { // until a buffer is full
	}
	full.stderr.until(t, func(s string) bool { return strings.Contains(s, "no space left on device") })
	if code := full.stop(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}
