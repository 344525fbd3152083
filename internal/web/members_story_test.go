package web_test

import (
	"fmt"
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

		// How many are selected is said as they are.
		for _, want := range []string{"1 selected", "2 selected"} {
			eval[chromedp.Void](b, `document.querySelector("tbody input[type=checkbox]:not(:checked)").click(); undefined`)
			if got := eval[string](b, `document.querySelector("[data-chosen]").innerText`); got != want {
				h.Errorf("selected = %q, want %q", got, want)
			}
		}
		eval[chromedp.Void](b, `document.querySelectorAll("tbody input[type=checkbox]:checked").forEach((box) => box.click()); undefined`)
		if !eval[bool](b, `document.querySelector("[data-chosen]").hidden`) {
			h.Error("none is selected, but a number is said")
		}

		// Searched while typing.
		b.fill("Name, e-mail, login ID or member ID", "staff 6")
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

// row is a control of a row of conditions, whose ID says its path, for a script.
func (t *tab) row(path, part string) string {
	return `document.getElementById("root.` + path + `.` + part + `")`
}

// chooses takes an option of a select as a person does, who may be quicker than the
// server: the page is told, and what it does about it goes on meanwhile.
func (t *tab) chooses(path, part, value string) {
	t.Helper()
	eval[chromedp.Void](t, fmt.Sprintf(`{ const s = %s; s.focus(); s.value = %q; s.dispatchEvent(new Event("input", {bubbles: true})); s.dispatchEvent(new Event("change", {bubbles: true})); }; undefined`, t.row(path, part), value))
}

// typesInto types into a row at once, wherever the page is with what was done before.
func (t *tab) typesInto(path, part, text string) {
	t.Helper()
	eval[chromedp.Void](t, t.row(path, part)+`.focus(); undefined`)
	t.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.select(); undefined`), chromedp.KeyEvent(text))
}

// Several rows, a group in a group, dates that move with today; all of them while the
// page looks up whom they choose.
func TestG4_ConditionsOfSeveralRowsAndGroupsAreBuiltInABrowser(t *testing.T) {
	once(t, func(h *house) {
		h.types()
		h.staff(40)
		b := h.tab("en")
		b.signIn("eve")
		b.open("/filters/new")
		b.fill("Value", "a")
		b.waits(`name co "a"`)
		b.press("Condition")
		b.waits("1 condition has no value yet")
		b.chooses("1", "attr", "created_at")
		b.waits("Remove the condition on Created")
		b.chooses("1", "value-anchor", "today")
		b.waits(`created_at eq today`)
		b.chooses("1", "op", "ge")
		b.waits(`created_at ge today`)
		b.typesInto("1", "value-distance", "-30")
		b.waits(`created_at ge today-30d`)
		b.chooses("1", "value-unit", "m")
		b.waits(`name co "a" and created_at ge today-30m`)
		b.waits("42 members") // Staff 1 to 40, Dave, Fay
		b.waits("The first 20")

		// A group in a group.
		b.press("Group of conditions")
		b.waits("1 condition has no value yet")
		b.chooses("2.0", "attr", "login_allowed")
		b.waits("Remove the condition on Login")
		b.chooses("2.0", "value", "true")
		b.waits(`and login_allowed eq true`)
		eval[chromedp.Void](b, `document.getElementById("do-nest:root.2").click(); undefined`)
		b.waits("1 condition has no value yet")
		b.typesInto("2.1.0", "value", "Staff 7")
		b.waits(`(login_allowed eq true or name co "Staff 7")`)
		eval[chromedp.Void](b, `{ const s = document.getElementById("root.2.join"); s.value = "none"; s.dispatchEvent(new Event("input", {bubbles: true})); s.dispatchEvent(new Event("change", {bubbles: true})); }; undefined`)
		b.waits(`not (login_allowed eq true or name co "Staff 7")`)
		b.accessible()

		// Quicker than the server: what is typed while a select rebuilds the rows stays.
		eval[chromedp.Void](b, fmt.Sprintf(`{ const s = %s, v = %s; v.focus(); s.value = "sw"; s.dispatchEvent(new Event("change", {bubbles: true})); v.value = "Staff 8"; v.dispatchEvent(new Event("input", {bubbles: true})); }; undefined`,
			b.row("0", "op"), b.row("2.1.0", "value")))
		b.waits(`name sw "a"`)
		b.waits(`name co "Staff 8"`)
		if got := eval[string](b, b.row("2.1.0", "value")+".value + \" \" + document.activeElement.id"); got != "Staff 8 root.2.1.0.value" {
			h.Errorf("what was typed meanwhile: %q", got)
		}

		// A row between others goes; the others stay as they are.
		b.press("Remove the condition on Created")
		b.waits(`name sw "a" and not (login_allowed eq true or name co "Staff 8")`)
		b.press("Remove this group of conditions")
		b.shows(390, false)
		if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
			h.Error("the builder is wider than a phone")
		}
	})
}
