package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"meibo/internal/member"
)

func TestMembersInABrowser(t *testing.T) {
	once(t, func(h *house) {
		if _, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "Tokyo", Enabled: true}); err != nil {
			h.Fatal(err)
		}
		h.types()
		h.staff(60)
		b := h.tab("en")
		b.signIn("eve")
		b.waits("65 members")
		b.accessible()

		// Searched while typing.
		b.fill("Name, email, login ID or member ID", "staff 6")
		b.waits("2 members")
		if eval[bool](b, `document.body.innerText.includes("Dave")`) {
			h.Error("who does not fit is still there")
		}

		// One member, by the keyboard.
		b.find("Staff 60")
		b.run(chromedp.Focus(chromedp.CSS("[data-found]")))
		b.key("\r")
		b.waits("Before → after")
		b.accessible()
		b.fill("Remarks", "by keyboard")
		b.find("Save")
		b.run(chromedp.Focus(chromedp.CSS("[data-found]")))
		b.key("\r")
		b.waits("1 member changed.")
		if got := h.member("65").Remarks; got != "by keyboard" {
			h.Errorf("remarks = %q", got)
		}
		b.fill("The number", "many")
		b.press("Save")
		b.waits("1 entry is not right yet")
		b.accessible()

		b.open("/members/new")
		b.accessible()
	})
}

func TestG4_AFilterIsBuiltInABrowser(t *testing.T) {
	once(t, func(h *house) {
		h.types()
		b := h.tab("en")
		b.signIn("eve")
		b.open("/filters/new")
		b.waits("No condition: 5 members")
		b.accessible()
		b.fill("Value", "dave")
		b.waits("1 member")
		b.waits(`name co "dave"`)
		b.waits("dave@x.example") // of the first 20 below
		b.press("Condition")
		b.waits("1 condition has no value yet")
		// The new row is where one goes on; what was typed is there.
		if got := eval[string](b, `document.activeElement.id + " " + document.getElementById("root.0.value").value`); got != "root.1.attr dave" {
			h.Errorf("after adding a row: %q", got)
		}
		b.key(kb.ArrowDown) // from the name to what stands below it in the list
		b.waits("Remove the condition on Email")
		b.press("Edit as text")
		b.waits("Edit as rows")
		b.fill("Expression", `email ew "@x.example" and not (name co "a")`)
		b.waits("3 members")
		b.press("Edit as rows")
		b.waits("None of these")
		b.accessible()
		b.fill("Name", "Without a")
		b.press("Save")
		b.waits("The filter “Without a” is saved.")
		b.accessible()
		if got := h.filters()["Without a"].Expression; got != `email ew "@x.example" and not (name co "a")` {
			h.Errorf("saved as %s", got)
		}
	})
}
