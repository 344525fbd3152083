package web_test

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"meibo/internal/admin"
	"meibo/internal/storetest"
)

// mainPages are those that people see most; {plan} is one that waits for review.
var mainPages = []string{"/members", "/members/4", "/members/new", "/batch", "/imports", "/imports/{plan}", "/imports/{done}", "{upload}", "/invitations", "/mails", "/groups", "/groups/1", "/fields",
	"/fields/shared", "/filters", "/filters/1", "/brands", "/brands/b1", "/policies", "/policies/P1", "/roles", "/roles/R1", "/access", "/exports", "/seats", "/settings", "/profile"}

// What a page looks like does not hang on the database: one is enough.
func TestPagesAreAccessibleAndFitAPhoneInABrowser(t *testing.T) {
	h := start(t, storetest.SQLite(t))
	h.furnish()
	h.likeness("営業本部 Sales", "b1", "P1", "", "shared", "paper")
	h.invite(true, "guest-with-a-long-name@subsidiary.example", "second@x.example")
	_, err := h.svc.Export(t.Context(), h.owner, admin.Export{}, io.Discard, func(int64) {}, nil)
	h.try(err)
	_, err = h.svc.SubmitExport(t.Context(), h.owner, admin.Export{}, "members-of-everything.csv")
	h.try(err)
	done := h.bring("email,name,remarks,groups\nmiyamoto-with-a-long-name@subsidiary.example,宮本 さくら,長い備考が入っているメンバーです,営業本部 Sales\n")
	plan := h.plan("email,name\nnew@x.example,新田 一郎\nnowhere,Nobody\n")
	upload := h.as("owner").uploaded("members.csv", "メールアドレス,名前,所属グループ,備考\r\nhal@x.example,春 太郎,,長い備考が入っているメンバーです\r\n")
	fill := strings.NewReplacer("{plan}", strconv.FormatInt(plan.ID, 10), "{done}", strconv.FormatInt(done.ID, 10), "{upload}", upload)
	for _, screen := range []struct {
		language string
		width    int64
		dark     bool
	}{{"en", 1280, false}, {"ja", 390, true}} {
		b := h.tab(screen.language)
		b.shows(screen.width, screen.dark)
		b.signIn("owner")
		b.call(nil, chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](`fetch("/language", {method: "POST", body: new URLSearchParams({language: "`+screen.language+`"})}).then(() => undefined)`, chromedp.EvalAwaitPromise)))
		for _, path := range mainPages {
			b.open(fill.Replace(path))
			b.run(chromedp.WaitVisible(chromedp.CSS("h1")))
			if language := eval[string](b, `document.documentElement.lang`); language != screen.language {
				t.Errorf("%s is in %q", path, language)
			}
			eval[chromedp.Void](b, `document.querySelectorAll("details.pop").forEach((d) => { d.open = true; }); undefined`)
			if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s scrolls sideways by %d at %d with its menus open", path, wide, screen.width)
			}
			eval[chromedp.Void](b, `document.querySelectorAll("details.pop").forEach((d) => { d.open = false; }); undefined`)
			if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s scrolls sideways by %d at %d", path, wide, screen.width)
			}
			if wide := eval[string](b, `[...document.querySelectorAll(".table")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")).join()`); wide != "" {
				t.Errorf("%s has tables that scroll sideways at %d: %s", path, screen.width, wide)
			}
			t.Run(path+" "+screen.language, func(t *testing.T) {
				b.house.T = t
				b.accessible()
			})
			b.house.T = t
			b.picture(strings.ReplaceAll(strings.Trim(path, "/{}"), "/", "-") + "-" + screen.language)
		}
	}
}
