package agents

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/aiomas"
	"github.com/aiomas-go/aiomas-go/aiomas/agent"
	"github.com/aiomas-go/aiomas-go/internal/testcert"
)

// guideCertificates runs the commands of the TLS guide, answers included, and
// returns ca.pem, device.pem and device.key. The device is localhost.
func guideCertificates(t *testing.T) (ca, cert, key string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("NOT TESTED:", err)
	}
	dir := t.TempDir()
	for _, line := range []string{
		"genrsa -out ca.key 2048",
		"req -new -x509 -nodes -key ca.key -out ca.pem -days 1000 -subj /CN=root",
		"genrsa -out device.key 2048",
		"req -new -key device.key -out device.csr -subj /CN=localhost",
		"x509 -CA ca.pem -CAkey ca.key -CAcreateserial -req -in device.csr -out device.pem -days 365",
	} {
		cmd := exec.Command("openssl", strings.Fields(line)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", line, err, out)
		}
	}
	return filepath.Join(dir, "ca.pem"), filepath.Join(dir, "device.pem"), filepath.Join(dir, "device.key")
}

// twoConfigs are what the guide's two contexts are in Go: one for incoming and one
// for outgoing connections, made by hand of the three files.
func twoConfigs(t *testing.T, ca, cert, key string) agent.Option {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in", ca)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	own := []tls.Certificate{pair}
	server := &tls.Config{Certificates: own, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	client := &tls.Config{Certificates: own, RootCAs: pool, MinVersion: tls.VersionTLS12}
	return agent.WithTLS(server, client)
}

// The TLS guide: containers with the names of the three files, or with two
// contexts. The files are made by the guide's commands, which name the host in
// the common name only, or have alternative names, which crypto/tls needs.
func TestGuideTLS(t *testing.T) {
	guideCA, guideCert, guideKey := guideCertificates(t)
	modern := testcert.NewCA(t)
	pair := modern.Issue(t, "localhost", "127.0.0.1")
	files := agent.WithTLSFiles(modern.File, pair.Cert, pair.Key)
	modernArgs := []string{"--tls-ca", modern.File, "--tls-cert", pair.Cert, "--tls-key", pair.Key}
	configs := twoConfigs(t, modern.File, pair.Cert, pair.Key)
	ways := []struct {
		name   string
		option agent.Option
		args   []string
	}{
		{"files made by the guide's commands", agent.WithTLSFiles(guideCA, guideCert, guideKey),
			[]string{"--tls-ca", guideCA, "--tls-cert", guideCert, "--tls-key", guideKey}},
		{"files with alternative names", files, modernArgs},
		{"two contexts", configs, append(modernArgs, "--tls-contexts")},
		{"two contexts for TLS 1.3", configs, append(modernArgs, "--tls-contexts", "--tls-version", "1.3")},
	}
	eachCell(t, func(t *testing.T, c cell) {
		strangers := map[string]*agent.Container{"plain": c.newContainer(t), "modern": c.newContainer(t, files)}
		for i, way := range ways {
			home := c.newContainerAt(t, "tcp://localhost:0", way.option)
			d := c.startDriver(t, home, append([]string{"--listen", "tcp://localhost:0"}, way.args...)...)
			callee := &Callee{}
			register(t, home, callee, agent.Expose("Spam"))
			python, _ := d.spawn("agents_guide:Callee")
			if got, err := aiomas.Call[string](t.Context(), python.Sub("spam"), 1); got != "spam" || err != nil {
				t.Errorf("%s: Go calls Python: %q, %v", way.name, got, err)
			}
			var got string
			if d.do(&got, "call", callee.Addr(), "spam", []any{1}); got != "spam" {
				t.Errorf("%s: Python calls Go: %q", way.name, got)
			}
			// Nobody gets in without a certificate, or with one of another CA.
			for name, stranger := range strangers {
				if name == "modern" && i > 0 {
					continue
				}
				for _, url := range []string{d.url, callee.Addr()} {
					if p, err := stranger.Connect(t.Context(), url); err == nil {
						t.Errorf("%s: a %s container connected to %v", way.name, name, p)
					}
				}
			}
		}
	})
}
