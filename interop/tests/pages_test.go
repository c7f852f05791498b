package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aiomas-go/aiomas-go/internal/pyenv"
	"github.com/aiomas-go/aiomas-go/internal/testnet"
)

// The pages that show how to do something work as they stand: their files are
// written, their commands run with real aiomas, and what they say is printed.
func TestPages(t *testing.T) {
	plain := pyenv.RequireOne(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"call-python", "serve-python", "custom-types", "arrays", "tls", "gateways", "from-grpc"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("curl"); page == "gateways" && err != nil {
				if underCI() {
					t.Fatal(err)
				}
				t.Skipf("LEFT OUT, because there is no curl: %v", err)
			}
			py := plain
			if page == "arrays" {
				py = pyenv.RequireAgents(t, plain) // which has NumPy
			}
			dir := workspace(t)
			write(t, filepath.Join(dir, "page.md"), elsewhere(t, read(t, filepath.Join(root, "docs", page+".md")), "5555", "5556"))
			cmd := exec.CommandContext(t.Context(), py.Path, filepath.Join(root, "scripts", "run_docs.py"), filepath.Join(dir, "page.md"), dir)
			cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(py.Path)+":"+os.Getenv("PATH"), "GOFLAGS=", "GOWORK="+filepath.Join(dir, "go.work"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// elsewhere puts ports that are free in the place of those of a page.
func elsewhere(t *testing.T, page string, ports ...string) string {
	t.Helper()
	for _, p := range ports {
		page = strings.ReplaceAll(page, p, strconv.Itoa(testnet.FreePort(t)))
	}
	return page
}
