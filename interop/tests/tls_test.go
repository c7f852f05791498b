package tests

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/codec"
	"github.com/aiomas-go/aiomas-go/codec/json"
	"github.com/aiomas-go/aiomas-go/codec/msgpack"
	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
	"github.com/aiomas-go/aiomas-go/interop/tests/recorder"
	"github.com/aiomas-go/aiomas-go/interop/tests/suite"
)

// tlsVersions are those of aiomas's own contexts, and of contexts that Python
// programs make for themselves, as peer.py and client.py name them.
var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// tlsArgs are the arguments of a peer or client that has these files.
func tlsArgs(ca *testcert.CA, p testcert.Pair) []string {
	return []string{"--tls-ca", ca.File, "--tls-cert", p.Cert, "--tls-key", p.Key}
}

func tlsFilesOption(ca *testcert.CA, p testcert.Pair) aiomas.TLSOption {
	return aiomas.WithTLSFiles(ca.File, p.Cert, p.Key)
}

// Every row in both directions, with contexts for TLS 1.3. Those that aiomas makes,
// for TLS 1.2, are a transport of the matrix: here it is about what they agree on.
func TestTLSRows(t *testing.T) {
	ca := testcert.NewCA(t)
	server, client := ca.Issue(t, "localhost", "127.0.0.1"), ca.Issue(t, "client")
	for _, py := range pyenv.RequireEnds(t) {
		for version, number := range tlsVersions {
			for _, cd := range []codec.Codec{json.Codec, msgpack.Codec} {
				t.Run(py.String()+"/TLS "+version+"/"+cd.Name(), func(t *testing.T) {
					t.Parallel()
					common := []string{"--codec", cd.Name(), "--tls-version", version}
					peer := py.StartPeer(t, append(append(common, "--listen", "tcp://127.0.0.1:0"), tlsArgs(ca, server)...)...)
					me := callbacks()
					addr := recorder.Start(t, cd, peer.Addr, recorder.Dialler, recorder.TLS(keyLog))
					conn, err := aiomas.Dial(t.Context(), addr, aiomas.WithCodec(cd), aiomas.WithService(me), tlsFilesOption(ca, client))
					if err != nil {
						t.Fatal(err)
					}
					defer conn.Close()
					checkTLS(t, conn, number)
					for _, r := range rows {
						if r.only == "" || r.only == cd.Name() {
							checkRow(t, "python", conn, r)
						}
					}
					checkServices(t, "python", conn, me)

					args := append([]string{"--listen", "tcp://127.0.0.1:0", "--codec", cd.Name()}, tlsArgs(ca, server)...)
					goPeer := pyenv.Start(t, suite.GoPeer(t, args...))
					names, least := rowsOfClient, leastOfClient
					if version == "1.2" {
						names, least = "add,call_back", 20
					}
					addr = recorder.Start(t, cd, goPeer.Addr, recorder.Listener, recorder.TLS(keyLog))
					checks := py.RunClient(t, append(append(common, "--connect", addr, "--rows", names), tlsArgs(ca, client)...)...)
					if len(checks) < least {
						t.Errorf("only %d checks were made", len(checks))
					}
				})
			}
		}
	}
}

// checkTLS checks what was agreed on: aiomas wants ECDH and AES-GCM for TLS 1.2.
func checkTLS(t *testing.T, conn *aiomas.Client, version uint16) {
	t.Helper()
	state := conn.Channel().NetConn().(*tls.Conn).ConnectionState()
	suite := tls.CipherSuiteName(state.CipherSuite)
	if state.Version != version || !strings.Contains(suite, "GCM") || version == tls.VersionTLS12 && !strings.HasPrefix(suite, "TLS_ECDHE_") {
		t.Errorf("%s with %s, want %s", tls.VersionName(state.Version), suite, tls.VersionName(version))
	}
}

// Who is the host: Go comes to the same verdict as Python, in both directions,
// also on certificates that are made by the commands of aiomas's guide.
func TestTLSHostNames(t *testing.T) {
	ca := testcert.NewCA(t)
	client := ca.Issue(t, "client")
	py := pyenv.RequireOne(t)
	for _, c := range []struct {
		name  string
		pair  testcert.Pair
		host  string
		valid bool
	}{
		{"DNS name", ca.Issue(t, "localhost"), "localhost", true},
		{"other DNS name", ca.Issue(t, "elsewhere"), "localhost", false},
		{"address", ca.Issue(t, "elsewhere", "127.0.0.1"), "127.0.0.1", true},
		{"DNS name for an address", ca.Issue(t, "localhost"), "127.0.0.1", false},
		{"address for a DNS name", ca.Issue(t, "127.0.0.1"), "localhost", false},
		{"common name", ca.IssueCommonName(t, "localhost"), "localhost", true},
		{"other common name", ca.IssueCommonName(t, "elsewhere"), "localhost", false},
		{"address as common name", ca.IssueCommonName(t, "127.0.0.1"), "127.0.0.1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			peer := py.StartPeer(t, append(tlsArgs(ca, c.pair), "--listen", "tcp://127.0.0.1:0")...)
			addr := strings.Replace(peer.Addr, "127.0.0.1", c.host, 1)
			conn, err := aiomas.Dial(t.Context(), addr, tlsFilesOption(ca, client))
			if (err == nil) != c.valid {
				t.Errorf("Go: %v, want it valid: %v", err, c.valid)
			}
			if err == nil {
				_ = conn.Close()
			}
			got := probeTLS(t, py, append(tlsArgs(ca, client), "--connect", addr)...)
			if (got.Error == "") != c.valid {
				t.Errorf("Python: %+v, want it valid: %v", got, c.valid)
			}
			// The same Python before a Go server.
			goAddr := startAdder(t, tlsFilesOption(ca, c.pair))
			got = probeTLS(t, py, append(tlsArgs(ca, client), "--connect", strings.Replace(goAddr, "127.0.0.1", c.host, 1))...)
			if (got.Error == "") != c.valid || c.valid && got.Result != 3 {
				t.Errorf("Python before Go: %+v, want it valid: %v", got, c.valid)
			}
		})
	}
}

// startAdder serves add in this process, without a recorder, which could not
// read along.
func startAdder(t *testing.T, opts ...aiomas.ServerOption) string {
	t.Helper()
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	_, addr := suite.Serve(t, "tcp://127.0.0.1:0", service, opts...)
	return addr
}
