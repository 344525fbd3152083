package web_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// One browser serves all tests of the package; each tab has cookies of its own.
var chrome struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chrome.stop != nil {
		chrome.stop()
	}
	os.Exit(code)
}

// browserPath finds a Chromium; empty if there is none.
func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startChrome(path string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	chrome.ctx, chrome.err = ctx, chromedp.Do(ctx)
	chrome.stop = func() { stop(); stopAllocator() }
}

// A tab is somebody at a browser, with a keyboard and a mouse.
type tab struct {
	*house
	ctx context.Context

	offline atomic.Bool // the server is away: that requests fail is no complaint
}

// patience is how long a tab waits for what must come.
const patience = 30 * time.Second

// tab opens a tab in a language. What its pages complain of on the console fails
// the test.
func (h *house) tab(language string) *tab {
	h.Helper()
	path := browserPath()
	if path == "" {
		h.Skip("there is no Chromium; scripts/test installs it on Debian (apt-get install chromium fonts-noto-cjk)")
	}
	chrome.once.Do(func() { startChrome(path) })
	if chrome.err != nil {
		h.Fatalf("start %s: %v", path, chrome.err)
	}
	ctx, cancel := chromedp.NewContext(chrome.ctx, chromedp.WithNewBrowserContext())
	h.Cleanup(cancel)
	t := &tab{house: h, ctx: ctx}
	t.call(nil, chromedp.Do(ctx)) // the tab lives as long as the context that is given first
	t.run(chromedp.EmulateViewport(1280, 900))
	t.call(chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}))
	t.watchConsole()
	return t
}

// window opens a second window of the same browser, with the same cookies.
func (t *tab) window() *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(t.ctx)
	t.Cleanup(cancel)
	w := &tab{house: t.house, ctx: ctx}
	w.call(nil, chromedp.Do(ctx))
	w.run(chromedp.EmulateViewport(1280, 900))
	w.watchConsole()
	return w
}

// watchConsole fails the test for every error that pages tell the console of.
// That an answer is a problem (4xx) is none: it is what was asked for.
func (t *tab) watchConsole() {
	messages := chromedp.Console(t.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			text := m.String()
			if t.offline.Load() && (strings.Contains(text, "net::ERR_") || strings.HasSuffix(text, "[object Event]")) { // of a stream that broke
				continue
			}
			if (m.IsException() || m.Type == "error") && !strings.Contains(text, "the server responded with a status of 4") {
				t.Errorf("console: %s", text)
			}
		}
	}()
}

func (t *tab) call(_ any, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%v\nthe page says: %s", err, t.says())
	}
}

// eval returns what a script comes to.
func eval[T any](t *tab, script string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, options...))
	if err != nil {
		t.Fatalf("%v: %.200s", err, script)
	}
	return v
}

// open goes to a page of ours.
func (t *tab) open(path string) {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = t.url + path
	}
	t.run(chromedp.Navigate(path))
}

// says is what a reader sees.
func (t *tab) says() string {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	if err != nil {
		return err.Error()
	}
	return text
}

// waits waits until a reader sees a text and htmx has settled what came with it: from
// when on it listens, and the focus is where it belongs.
func (t *tab) waits(text string) {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	script := fmt.Sprintf(`document.readyState === "complete" && document.body.innerText.includes(%s) && !document.querySelector(".htmx-swapping, .htmx-settling, .htmx-added")`, quoted)
	_, err = chromedp.Run(ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(patience)))
	for err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "-32000") { // another page came: ask that one
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(patience)))
	}
	if err != nil {
		t.Fatalf("the page does not come to say %q (%v); it says:\n%s", text, err, t.says())
	}
}

// focused waits until what a selector names has the focus: a browser gives it to whatever is
// to have it from the beginning only when it has drawn the page.
func (t *tab) focused(selector string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(`document.activeElement.matches(%q)`, selector), chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatalf("%s does not come to have the focus: %v", selector, err)
	}
}

// find scrolls to the visible control with a name, as a screen reader reads it,
// and returns where it is.
const find = `((name) => {
  const labelOf = (e) => (e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.innerText).join(" ") || e.innerText || e.value || "").trim();
  const all = [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")].filter((e) => e.checkVisibility());
  const e = all.find((e) => labelOf(e) === name) || all.find((e) => labelOf(e).startsWith(name));
  if (!e) return null;
  e.scrollIntoView({block: "center"});
  const r = e.getBoundingClientRect();
  document.querySelectorAll("[data-found]").forEach((x) => x.removeAttribute("data-found"));
  e.setAttribute("data-found", "");
  return {x: r.x + r.width / 2, y: r.y + r.height / 2};
})(%s)`

type spot struct{ X, Y float64 }

func (t *tab) find(name string) spot {
	t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	at := eval[*spot](t, fmt.Sprintf(find, quoted))
	if at == nil {
		t.Fatalf("there is no control called %q; the page says:\n%s", name, t.says())
	}
	return *at
}

// press clicks on a button, link, box or menu by its name.
func (t *tab) press(name string) {
	t.Helper()
	at := t.find(name)
	t.run(chromedp.MouseClickXY(at.X, at.Y))
}

// fill types into the input with a label, in place of what is in it.
func (t *tab) fill(label, text string) {
	t.Helper()
	t.find(label)
	t.run(chromedp.Focus(chromedp.CSS("[data-found]")), chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-found]").select()`))
	t.run(chromedp.SendKeys(chromedp.CSS("[data-found]"), text))
}

// choose chooses a file for the input with a label.
func (t *tab) choose(label, name, content string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.find(label)
	t.run(chromedp.SetUploadFiles(chromedp.CSS("[data-found]"), []string{file}))
}

// key presses a key, as a person without a mouse does.
func (t *tab) key(key string) {
	t.Helper()
	t.run(chromedp.KeyEvent(key))
}

// signIn signs somebody of the house in.
func (t *tab) signIn(name string) {
	t.Helper()
	t.open("/sign-in")
	t.run(chromedp.SendKeys(chromedp.CSS("input[name=name]"), name+"@x.example"), chromedp.SendKeys(chromedp.CSS("input[name=password]"), password+"\r"))
	t.run(chromedp.WaitVisible(chromedp.CSS("nav")))
}

//go:embed testdata/axe/axe.min.js
var axe string

// accessible insists that axe finds nothing on the page that is open.
func (t *tab) accessible() {
	t.Helper()
	valid(t.T, eval[string](t, "location.pathname"), "<!DOCTYPE html>"+eval[string](t, "document.documentElement.outerHTML"))
	eval[chromedp.Void](t, axe+"; undefined")
	found := eval[[]struct {
		ID, Help string
		Nodes    []struct{ HTML string }
	}](t, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations)`, chromedp.EvalAwaitPromise)
	for _, v := range found {
		where := ""
		if len(v.Nodes) > 0 {
			where = v.Nodes[0].HTML
		}
		t.Errorf("%s: %s (%d places, first %.200s)", v.ID, v.Help, len(v.Nodes), where)
	}
}

// shows emulates a screen: its width, and whether its theme is dark.
func (t *tab) shows(width int64, dark bool) {
	t.Helper()
	theme := map[bool]string{true: "dark", false: "light"}[dark]
	t.run(chromedp.EmulateViewport(width, 900))
	t.call(chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}))
}

// picture keeps a picture of the whole page where MEIBO_SCREENSHOTS says.
func (t *tab) picture(name string) {
	t.Helper()
	folder := os.Getenv("MEIBO_SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
