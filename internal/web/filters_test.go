package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

// filters are the saved filters that the owner sees, by name.
func (h *house) filters() map[string]store.Filter {
	h.Helper()
	all, err := h.svc.Filters(h.Context(), h.owner)
	if err != nil {
		h.Fatal(err)
	}
	found := map[string]store.Filter{}
	for _, f := range all {
		found[f.Name] = f
	}
	return found
}

// someRows is a form of conditions: all of two, one of which is any of two.
var someRows = []string{"mode", "rows", "root.join", "all", "root.0.attr", "email", "root.0.op", "ew", "root.0.value", "@x.example",
	"root.1.join", "any", "root.1.0.attr", "system_permission", "root.1.0.op", "eq", "root.1.0.value", "admin",
	"root.1.1.attr", "created_at", "root.1.1.op", "lt", "root.1.1.anchor", "end-of-next-month", "root.1.1.distance", "-2", "root.1.1.unit", "d"}

const someText = `email ew "@x.example" and (system_permission eq "admin" or created_at lt end-of-next-month-2d)`

func with(form []string, pairs ...string) []string {
	return append(append([]string{}, form...), pairs...)
}

func TestG4_RowsOfConditionsBecomeOneExpression(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.post("/filters/preview", someRows...).wants(h.T, http.StatusOK, someText, "5 members", "Dave", "Gus")
		a := b.post("/filters", with(someRows, "name", "Ours", "share", "everyone")...)
		f := h.filters()["Ours"]
		a.leadsTo(h.T, fmt.Sprintf("/filters?saved=%d", f.ID))
		b.get(a.location).wants(h.T, http.StatusOK, "The filter “Ours” is saved.", someText, "everyone")
		if f.Expression != someText || f.Share != store.ShareEveryone || f.OwnerID != 3 {
			h.Errorf("%+v", f)
		}
		b.get("/members?filter=Ours").wants(h.T, http.StatusOK, "5 members")
	})
}

func TestG4_AnExpressionIsShownAsRowsAndAsTextAgain(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		rows := b.post("/filters/build", "mode", "text", "expression", someText, "do", "rows").wants(h.T, http.StatusOK, "Edit as text")
		for _, part := range []string{`name="root.1.join"`, `value="@x.example"`, `<option value="end-of-next-month" selected`, `name="root.1.1.distance" value="-2"`} {
			if !strings.Contains(rows.body, part) {
				h.Errorf("no %s", part)
			}
		}
		b.post("/filters/build", with(someRows, "do", "text")...).wants(h.T, http.StatusOK, someText, "Edit as rows")
		b.post("/filters/build", "mode", "text", "expression", `email ne null`, "do", "rows").
			wants(h.T, http.StatusOK, "These conditions cannot be shown as rows", `email ne null`)
		b.post("/filters/build", "mode", "text", "expression", `email eq`, "do", "rows").wants(h.T, http.StatusOK, "email eq", "Edit as rows")
		b.post("/filters/preview", "mode", "text", "expression", `email eq`).wants(h.T, http.StatusOK, "The filter cannot be read")
	})
}

func TestRowsAreAddedAndRemovedWithoutLosingWhatWasTyped(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		for do, want := range map[string]string{"add:root": `name="root.2.attr"`, "add:root.1": `name="root.1.2.attr"`, "nest:root": `name="root.2.0.attr"`,
			"remove:root.1.0": `value="@x.example"`, "remove:root.1": `value="@x.example"`, "remove:root.0": `name="root.0.1.attr"`,
			"add:root.7": `name="root.1.1.attr"`, "remove:root.9": `name="root.1.1.attr"`, "remove:": `name="root.1.1.attr"`, "nonsense": `name="root.1.1.attr"`} {
			a := b.post("/filters/build", with(someRows, "do", do, "name", "Half done")...).wants(h.T, http.StatusOK)
			if !strings.Contains(a.body, want) || !strings.Contains(a.body, `value="Half done"`) {
				h.Errorf("%s: no %s", do, want)
			}
		}
		// Another attribute asks for another operator and another input; the text stays.
		a := b.post("/filters/build", "mode", "rows", "root.join", "all", "root.0.attr", "groups", "root.0.op", "gt", "root.0.value", "Tokyo")
		if !strings.Contains(a.body, `<option value="eq" selected`) || !strings.Contains(a.body, `<option value="Tokyo" selected`) {
			h.Errorf("after choosing groups: %s", a.text)
		}
	})
}

func TestG4_ConditionsWithoutAValueAreNeitherDroppedNorSaved(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		open := with(someRows, "root.2.attr", "name", "root.2.op", "co", "root.2.value", "")
		b.post("/filters/preview", open...).wants(h.T, http.StatusOK, "1 condition has no value yet", someText)
		b.post("/filters", with(open, "name", "Open", "share", "me")...).wants(h.T, http.StatusUnprocessableEntity, "1 condition has no value yet")
		b.post("/filters", "mode", "rows", "root.join", "all", "name", "Empty", "share", "me").wants(h.T, http.StatusUnprocessableEntity)
		b.post("/filters", with(someRows, "name", "", "share", "me")...).wants(h.T, http.StatusUnprocessableEntity)
		b.post("/filters", with(someRows, "name", "For groups", "share", "groups")...).wants(h.T, http.StatusUnprocessableEntity, "Choose at least one group")
		b.post("/filters", "mode", "rows", "root.join", "all", "root.0.attr", "display_order", "root.0.op", "eq", "root.0.value", "many", "name", "Wrong", "share", "me").
			wants(h.T, http.StatusUnprocessableEntity)
		if n := len(h.filters()); n != 0 {
			h.Errorf("%d filters were saved", n)
		}
	})
}

func TestG4_FiltersAreChangedAndDeletedByWhoMadeThemAndAdministrators(t *testing.T) {
	each(t, func(h *house) {
		access, err := member.ParseAccess([]string{"members"}, []string{"filters"})
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.SetDefaultAccess(h.Context(), h.owner, func(member.Access) (member.Access, error) { return access, nil }); err != nil {
			h.Fatal(err)
		}
		g, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "Tokyo", Enabled: true})
		if err != nil {
			h.Fatal(err)
		}
		eve, gus := h.as("eve"), h.as("gus")
		eve.post("/filters", with(someRows, "name", "Ours", "share", "everyone")...)
		eve.post("/filters", with(someRows, "name", "Mine", "share", "groups", "group", fmt.Sprint(g.ID))...)
		ours, mine := fmt.Sprintf("/filters/%d", h.filters()["Ours"].ID), fmt.Sprintf("/filters/%d", h.filters()["Mine"].ID)
		gus.get("/filters").wants(h.T, http.StatusOK, "Ours")
		gus.get(ours).wants(h.T, http.StatusOK, "Only who made this filter", someText, "5 members")
		gus.get(mine).wants(h.T, http.StatusNotFound)
		gus.post(ours, with(someRows, "name", "Theirs", "share", "me")...).wants(h.T, http.StatusForbidden)
		gus.post(ours+"/delete").wants(h.T, http.StatusForbidden)
		h.bring("member_id,groups\n5,Tokyo\n")
		gus.get(mine).wants(h.T, http.StatusOK, someText)
		eve.post(mine, "mode", "text", "expression", `name eq "Gus"`, "name", "Renamed", "share", "me").wants(h.T, http.StatusSeeOther)
		if f := h.filters()["Renamed"]; f.Expression != `name eq "Gus"` || f.Share != store.ShareMe {
			h.Errorf("%+v", f)
		}
		eve.get(mine).wants(h.T, http.StatusOK, "Delete “Renamed”")
		a := eve.post(mine + "/delete")
		eve.get(a.location).wants(h.T, http.StatusOK, "The filter is deleted.")
		if _, there := h.filters()["Renamed"]; there {
			h.Error("it is still there")
		}
	})
}

func TestAFilterThatAsksForAFieldThatIsGoneIsShownAsText(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "room", LabelEN: "Room", LabelJA: "部屋", Type: member.Text})
		b := h.as("eve")
		b.post("/filters", "mode", "rows", "root.join", "all", "root.0.attr", "room", "root.0.op", "pr", "name", "Rooms", "share", "me").wants(h.T, http.StatusSeeOther)
		if _, err := h.svc.DeleteField(h.Context(), h.owner, "room", admin.FieldDeletion{}); err != nil {
			h.Fatal(err)
		}
		b.get(fmt.Sprintf("/filters/%d", h.filters()["Rooms"].ID)).wants(h.T, http.StatusOK, "room", "Edit as rows")
	})
}

func TestG4_TheListHandsItsExpressionToTheBuilder(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.get("/filters").wants(h.T, http.StatusOK, "No filters yet")
		a := b.get("/filters/new?expression=name+co+%22a%22").wants(h.T, http.StatusOK, `name co "a"`, "2 members")
		if !strings.Contains(a.body, `<option value="co" selected`) {
			h.Error("it is not shown as a row")
		}
	})
}
