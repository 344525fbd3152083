package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"meibo/internal/plan"
)

// named is the name of what has the focus, as a screen reader reads it, and whether
// one sees that it has it.
const named = `(() => {
  const e = document.activeElement;
  const name = (e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.innerText).join(" ") || e.innerText || e.value || "").trim();
  const style = getComputedStyle(e);
  const seen = e === document.body || e.type === "file" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return {name, seen};
})()`

// tabTo presses the tabulator until what has a name has the focus.
func (t *tab) tabTo(name string) {
	t.Helper()
	for range 200 {
		t.key(kb.Tab)
		at := eval[struct {
			Name string
			Seen bool
		}](t, named)
		if !at.Seen {
			t.Errorf("one does not see that %q has the focus", at.Name)
		}
		if len(at.Name) >= len(name) && at.Name[:len(name)] == name {
			return
		}
	}
	t.Fatalf("the tabulator does not come to %q; the page says:\n%s", name, t.says())
}

// byKey goes to a button or link with the tabulator, and presses it.
func (t *tab) byKey(name string) {
	t.Helper()
	t.tabTo(name)
	t.key("\r")
}

// What keys do is the browser's affair, not the database's: one is enough.
func TestTheMainPathIsWalkedByKeyboardAloneInABrowser(t *testing.T) {
	h := enter(t, furnished.SQLite(t))
	h.bring(staff(12))
	h.setting(plan.BrakeDeletes, "1")
	file := filepath.Join(t.TempDir(), "staff.csv")
	if err := os.WriteFile(file, []byte("email,name,delete\npa@x.example,Renamed,\npb@x.example,,1\npc@x.example,,1\npd@x.example,,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := h.tab("en")
	b.open("/sign-in")
	b.focused("input[name=name]")
	b.key("owner@x.example")
	b.key(kb.Tab + password + "\r")
	b.waits("members")
	b.byKey("Batch process")
	b.waits("Drop a CSV")
	b.tabTo("Drop a CSV")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]:focus"), []string{file})) // the window that chooses a file is the system's
	b.waits("How the file is read")
	b.tabTo("Find the member by e-mail")
	b.key(" ")
	b.byKey("Send")
	b.waits("Apply this plan?")
	b.tabTo("3 members would be deleted")
	b.key("3")
	b.byKey("Apply 4 changes")
	b.waits("Applied on")
	b.byKey("Undo")
	b.waits("Apply this plan?")
	b.byKey("Apply 4 changes")
	b.waits("Applied on")
	b.byKey("Sign out")
	b.waits("You are signed out.")
	if m := h.member("6"); m.Name != "P" {
		t.Errorf("after the undo the name is %s", m.Name)
	}
}
