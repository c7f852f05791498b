package agents

import (
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

// The TLS guide: containers with the three files, made by its commands, which
// name the host in the common name only. Python has the example's certificates
// from files, Go from files or from configurations.
func TestGuideTLS(t *testing.T) {
	guideCA, guideCert, guideKey := guideCertificates(t)
	modern := testcert.NewCA(t)
	pair := modern.Issue(t, "localhost", "127.0.0.1")
	eachCell(t, func(t *testing.T, c cell) {
		for name, files := range map[string][3]string{
			"made by the guide's commands": {guideCA, guideCert, guideKey},
			"with alternative names":       {modern.File, pair.Cert, pair.Key},
		} {
			home := c.newContainerAt(t, "tcp://localhost:0", agent.WithTLSFiles(files[0], files[1], files[2]))
			d := c.startDriver(t, home, "--listen", "tcp://localhost:0",
				"--tls-ca", files[0], "--tls-cert", files[1], "--tls-key", files[2])
			callee := &Callee{}
			register(t, home, callee, agent.Expose("Spam"))
			python, _ := d.spawn("agents_guide:Callee")
			if got, err := aiomas.Call[string](t.Context(), python.Sub("spam"), 1); got != "spam" || err != nil {
				t.Errorf("%s: Go calls Python: %q, %v", name, got, err)
			}
			var got string
			if d.do(&got, "call", callee.Addr(), "spam", []any{1}); got != "spam" {
				t.Errorf("%s: Python calls Go: %q", name, got)
			}
			// Nobody gets in without a certificate, or with one of another CA.
			for what, opts := range map[string][]agent.Option{
				"plain": nil,
				"other": {agent.WithTLSFiles(modern.File, pair.Cert, pair.Key)},
			} {
				if what == "other" && files[0] == modern.File {
					continue
				}
				stranger := c.newContainer(t, opts...)
				if p, err := stranger.Connect(t.Context(), d.url); err == nil {
					t.Errorf("%s: a %s container connected to %v", name, what, p)
				}
				if p, err := stranger.Connect(t.Context(), callee.Addr()); err == nil {
					t.Errorf("%s: a %s container connected to %v", name, what, p)
				}
			}
		}
	})
}
