package web_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// mainPages are those that people see most; {plan} is one that waits for review.
var mainPages = []string{"/members", "/members/4", "/members/new", "/batch", "/imports", "/imports/{plan}", "/invitations", "/mails", "/groups", "/fields",
	"/filters", "/brands", "/policies", "/roles", "/access", "/exports", "/seats", "/settings", "/profile"}

// What a page looks like does not hang on the database: one is enough.
func TestPagesAreAccessibleAndFitAPhoneInABrowser(t *testing.T) {
	h := enter(t, furnished.SQLite(t))
	h.bring("email,name,remarks\nmiyamoto@x.example,宮本 さくら,長い備考が入っているメンバーです\n")
	plan := h.plan("email,name\nnew@x.example,新田 一郎\nnowhere,Nobody\n")
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
			b.open(strings.ReplaceAll(path, "{plan}", strconv.FormatInt(plan.ID, 10)))
			b.run(chromedp.WaitVisible(chromedp.CSS("h1")))
			if language := eval[string](b, `document.documentElement.lang`); language != screen.language {
				t.Errorf("%s is in %q", path, language)
			}
			if wide := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s scrolls sideways by %d at %d", path, wide, screen.width)
			}
			t.Run(path+" "+screen.language, func(t *testing.T) {
				b.house.T = t
				b.accessible()
			})
			b.house.T = t
			b.picture(strings.ReplaceAll(strings.Trim(path, "/"), "/", "-") + "-" + screen.language)
		}
	}
}
