package pages_test

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/aiomas-go/aiomas-go/aiomas"
)

// live is the page of a tap, while programs make calls through it: rate calls each second, or none.
func live(t testing.TB, rate int) (b *tab, addr string) {
	t.Helper()
	needBrowser(t)
	service := aiomas.NewRouter()
	service.Expose("add", func(a, b int) int { return a + b })
	service.Expose("fail", func() error { return aiomas.ValueError.New("boom") })
	ln, err := aiomas.Listen(t.Context(), "tcp://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := aiomas.NewServer(service)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	tap := start(t, "tap", "--listen", "127.0.0.1:0", "--to", aiomas.FormatAddress(ln.Addr()), "--web", "127.0.0.1:0", "--quiet")
	page := tap.said("page")
	addr = tap.said("ready")
	if rate > 0 {
		load := exec.Command(program, "bench", addr, "add", "1", "2", "--codec", "json", "-c", "4", "-p", "50", "--rate", strconv.Itoa(rate), "-d", "10m")
		if err := load.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = load.Process.Kill(); _ = load.Wait() })
	}
	return open(t, page, 1440, 900), addr
}

// Messages come up as they pass; a message that is looked at stays where it is, until the user goes on.
func TestTapLive(t *testing.T) {
	t.Parallel()
	b, addr := live(t, 0)
	b.until(`document.querySelector("#graph").innerText.includes("Nothing has come yet")`)
	c, err := aiomas.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	call := func() {
		t.Helper()
		if _, err := aiomas.Call[int](t.Context(), c.Remote("add"), 1, 2); err != nil {
			t.Fatal(err)
		}
	}
	call()
	b.until(`document.querySelectorAll("#sequence .message").length === 3 && document.querySelector("#state").textContent === "live"`)
	b.do(chromedp.Click("#m1 .row"))
	b.until(`document.querySelector("#detail pre.content")?.textContent.includes('"args": [1, 2]') && document.querySelector("#state").textContent === "paused"`)
	call()
	if err := c.Remote("fail").Call(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	if n := len(b.texts("#sequence .message")); n != 3 {
		t.Errorf("%d messages while it is paused, want 3", n)
	}
	b.key(" ")
	b.until(`document.querySelectorAll("#sequence .message").length === 7 && document.querySelectorAll("#sequence .message.failed").length === 1`)
	// Both ends are in this process: one program, which calls itself.
	if nodes := b.texts("#graph .node title"); len(nodes) != 1 || !strings.HasPrefix(nodes[0], "pages.test :") {
		t.Errorf("nodes %q", nodes)
	}
}

// BenchmarkLivePage says how usable the page is while 10,000 messages pass each second, 5,000 calls and their replies:
// the time from one picture of the page to the next, at most and usually, how long a click on a message takes until its
// content is there, and how much memory the page has.
func BenchmarkLivePage(b *testing.B) {
	page, _ := live(b, 5000)
	const speed = `(([, n, k] = []) => Number(n) * (k ? 1000 : 1))(document.querySelector("#totals").innerText.match(/([\d.]+)( k)?\/s/) || [])`
	page.until(speed + ` > 2000`)
	eval[bool](page, `(() => {
		window.frames_ = [];
		let last = performance.now();
		const step = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(step); };
		requestAnimationFrame(step);
		return true;
	})()`)
	var click float64
	for b.Loop() {
		if _, err := chromedp.Run(page.ctx, chromedp.Evaluate[chromedp.Void](`new Promise((r) => setTimeout(r, 2500))`, chromedp.EvalAwaitPromise)); err != nil {
			b.Fatal(err)
		}
		click = max(click, eval[float64](page, `new Promise((done) => {
			const rows = document.querySelectorAll("#sequence .message.request");
			const began = performance.now();
			rows[rows.length - 1].dispatchEvent(new MouseEvent("click", { bubbles: true }));
			const look = () => document.querySelector("#detail pre.content") ? done(performance.now() - began) : setTimeout(look, 1);
			look();
		})`))
		page.key("\u001b")
		page.key(" ")
	}
	frames := eval[[]float64](page, `frames_.sort((a, b) => a - b)`)
	b.ReportMetric(frames[len(frames)/2], "ms/frame")
	b.ReportMetric(frames[len(frames)*99/100], "ms/frame-p99")
	b.ReportMetric(frames[len(frames)-1], "ms/frame-max")
	b.ReportMetric(click, "ms/click-max")
	b.ReportMetric(eval[float64](page, `performance.memory.usedJSHeapSize / 1e6`), "MB")
	b.ReportMetric(eval[float64](page, speed), "messages/s")
}
