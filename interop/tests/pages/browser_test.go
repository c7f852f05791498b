// Package pages looks at the pages of "aiomas tap --web", "aiomas web" and package aiomas/debug in a real browser.
package pages_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var program string // the command line, built from its source

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "aiomas-pages")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "aiomas")
	build := exec.Command("go", "-C", "../../../cmd/aiomas", "build", "-buildvcs=false", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	for _, v := range os.Environ() { // what whoever runs the tests has set says nothing to them
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AIOMAS_") && name != screenshots {
			_ = os.Unsetenv(name)
		}
	}
	code := m.Run()
	if browser.end != nil {
		browser.end()
	}
	return code
}

// browser is the one that all tests have tabs in.
var browser struct {
	once sync.Once
	ctx  context.Context
	end  context.CancelFunc
	err  error
}

func startBrowser() {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("disable-dev-shm-usage", true))
	if os.Getuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), opts...)
	browser.ctx, _ = chromedp.NewContext(ctx)
	browser.end = func() {
		_ = chromedp.Cancel(browser.ctx) // waits until it has ended
		end()
	}
	browser.err = chromedp.Do(browser.ctx, chromedp.Navigate("about:blank"))
}

// needBrowser starts the browser. Without one the test is skipped; under CI it fails.
func needBrowser(t testing.TB) {
	t.Helper()
	switch browser.once.Do(startBrowser); {
	case browser.err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("Chromium is required under CI: %v", browser.err)
	default:
		t.Skipf("LEFT OUT, because there is no Chromium: %v", browser.err)
	}
}

// tab is a page in the browser. Errors of its scripts fail the test.
type tab struct {
	t   testing.TB
	ctx context.Context
}

// open opens a page, in a window of that size.
func open(t testing.TB, url string, width, height int64) *tab {
	t.Helper()
	ctx, endTab := chromedp.NewContext(browser.ctx)
	t.Cleanup(endTab)
	ctx, endTime := context.WithTimeout(ctx, 2*time.Minute) // a hang
	t.Cleanup(endTime)
	b := &tab{t, ctx}
	b.do(chromedp.EmulateViewport(width, height))
	err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventExceptionThrown); ok {
			t.Errorf("a script failed: %+v", *e.ExceptionDetails)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(url))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval returns what an expression of JavaScript is; a promise is waited for.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// until waits until an expression is true, and says what the page shows if it does not become so.
func (b *tab) until(script string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(30*time.Second)))
	if errors.Is(err, chromedp.ErrPollingTimeout) {
		b.t.Fatalf("%s does not become true; the page shows:\n%s", script, eval[string](b, `document.body.innerText`))
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// texts are the texts of all elements that match.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	return eval[[]string](b, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.textContent.trim().replace(/\s+/g, " "))`, selector))
}

// scheme chooses light or dark, as the system of the user does, and returns the colour of the page.
func (b *tab) scheme(name string) string {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
	return b.background()
}

func (b *tab) background() string {
	b.t.Helper()
	return eval[string](b, `getComputedStyle(document.body).backgroundColor`)
}

// key presses a key. That of a character is one event, as from a keyboard, so that a script can prevent its text.
func (b *tab) key(key string) {
	b.t.Helper()
	if len(key) > 1 || key < " " || key > "~" {
		b.do(chromedp.KeyEvent(key))
		return
	}
	for _, p := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key}} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.t.Fatal(err)
		}
	}
}

// light and dark are the colours of both pages.
const light, dark = "rgb(245, 246, 248)", "rgb(16, 20, 24)"

// wantSchemes checks that the page follows the system, and the user with the key t.
func (b *tab) wantSchemes() {
	b.t.Helper()
	if got := b.scheme("light"); got != light {
		b.t.Errorf("light: the page is %s", got)
	}
	if got := b.scheme("dark"); got != dark {
		b.t.Errorf("dark: the page is %s", got)
	}
	b.key("t")
	if got := b.background(); got != light {
		b.t.Errorf("light by the key t: the page is %s", got)
	}
	b.key("t")
}

// wantNoMarkup checks that the page has no elements but its own, whatever peers have said.
func (b *tab) wantNoMarkup() {
	b.t.Helper()
	if n := eval[int](b, `document.querySelectorAll("script:not([src]), img:not([src='icon.svg']), b, i, iframe, style").length`); n != 0 {
		b.t.Errorf("%d elements are what a peer has said", n)
	}
	if eval[bool](b, `"broken" in window`) {
		b.t.Error("a script of a peer has run")
	}
	if n := eval[int](b, `performance.getEntriesByType("resource").filter(r => !r.name.startsWith(location.origin)).length`); n != 0 {
		b.t.Errorf("%d resources are from elsewhere", n)
	}
}

// screenshots is the environment variable with the folder that pictures are written to; none are without it.
const screenshots = "AIOMAS_SCREENSHOTS"

// picture writes a picture of the page.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv(screenshots)
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil { //nolint:gosec // a picture for all
		b.t.Fatal(err)
	}
}

// running is the command line as a process.
type running struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines chan string // of stderr
}

// start starts the command line until the test ends.
func start(t testing.TB, args ...string) *running {
	t.Helper()
	cmd := exec.Command(program, args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{t, cmd, make(chan string, 100)}
	var read sync.WaitGroup
	read.Go(func() {
		defer close(r.lines)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			select {
			case r.lines <- in.Text():
			default:
			}
		}
		_, _ = io.Copy(io.Discard, stderr)
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		read.Wait()
		_ = cmd.Wait()
	})
	return r
}

// said waits for a line of stderr that begins with word, and returns the rest of it.
func (r *running) said(word string) string {
	r.t.Helper()
	for line := range r.lines {
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			return rest
		}
	}
	r.t.Fatalf("the command line ended without %q", word)
	return ""
}
