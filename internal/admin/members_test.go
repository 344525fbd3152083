package admin_test

import (
	"strconv"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// add adds members by one edit each.
func (h *house) add(logins ...string) {
	h.Helper()
	edits := make([]admin.Edit, len(logins))
	for i, login := range logins {
		edits[i].Attributes = map[member.Attribute]string{member.LoginID: login, member.Name: "N. " + login}
	}
	if _, err := h.svc.Edit(h.Context(), h.owner, edits); err != nil {
		h.Fatalf("add: %v", err)
	}
}

func TestP9_OneEditOfNobodyIsNotFoundAndInABatchARejectedRow(t *testing.T) {
	each(t, func(h *house) {
		h.crowd(1, "remarks", "x")
		forbid := map[member.Attribute]string{member.LoginAllowed: "0"}
		imp, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: 99, Attributes: forbid}})
		if h.codeOf(err) != problem.MemberUnknown || imp.ID != 0 {
			t.Errorf("one: import %d, %v", imp.ID, err)
		}
		imp, err = h.svc.PlanEdit(h.Context(), h.owner, []admin.Edit{{MemberID: 2, Attributes: forbid}, {MemberID: 99, Attributes: forbid}})
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 1, 0, 0, 1} {
			t.Errorf("batch: counts = %v", got)
		}
		for _, c := range h.rejected(imp) {
			if c.Problems[0].Code != problem.MemberUnknown {
				t.Errorf("batch: problems = %v", c.Problems)
			}
		}
	})
}

func TestMembersAreFoundByAnyPartOfWhatNamesThem(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,email,name\nann,ann@x.example,田中 アン\nbob,,Bob 100%\n,cy_1@y.example,Ｃｙ\n", plan.Options{})
		for search, want := range map[string]string{"": "1 2 3 4", "ANN": "2", "アン": "2", "x.EXAMPLE": "2", "100%": "3", "%": "3", "_": "4",
			"cy": "4", "3": "3", "1": "1 3 4", "nobody": ""} {
			found, err := h.svc.Members(h.Context(), h.owner, admin.Which{}, search, 10)
			if err != nil {
				h.Fatalf("%q: %v", search, err)
			}
			var ids []string
			for _, m := range found.Members {
				ids = append(ids, strconv.FormatInt(m.ID, 10))
			}
			if got := strings.Join(ids, " "); got != want || found.Total != int64(len(ids)) {
				h.Errorf("%q: %q of %d, want %q", search, got, found.Total, want)
			}
		}
		found, err := h.svc.Members(h.Context(), h.owner, admin.Which{Filter: `login_id pr`}, "example", 1)
		if err != nil || found.Total != 1 || found.Members[0].ID != 2 {
			h.Errorf("filter and search: %+v, %v", found, err)
		}
		found, err = h.svc.Members(h.Context(), h.owner, admin.Which{}, "", 2)
		if err != nil || len(found.Members) != 2 || found.Total != 4 {
			h.Errorf("limit: %d of %d, %v", len(found.Members), found.Total, err)
		}
	})
}

func TestAMemberIsNamedByIDAddressOrLoginID(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,email,name\nann,ann@x.example,Ann\n", plan.Options{})
		for _, who := range []string{"2", "ANN@x.example", " ann ", "Ann"} {
			if m, err := h.svc.Member(h.Context(), h.owner, who); err != nil || m.ID != 2 {
				h.Errorf("%q: member %d, %v", who, m.ID, err)
			}
		}
		for who, want := range map[string]problem.Code{"99": problem.MemberUnknown, "zoe": problem.MemberNotFound, "": problem.MemberNotFound} {
			if _, err := h.svc.Member(h.Context(), h.owner, who); h.codeOf(err) != want {
				h.Errorf("%q: %v, want %s", who, err, want)
			}
		}
	})
}

func TestM8_TheHistorySaysWhenWhoFromWhereAndWhat(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,name,remarks\nann,Ann,old\n", plan.Options{})
		ann := h.as("owner@acme.example")
		if _, err := h.svc.Edit(h.Context(), ann, []admin.Edit{{MemberID: 2, Attributes: map[member.Attribute]string{member.Remarks: ""}}}); err != nil {
			h.Fatal(err)
		}
		pasts, names, err := h.svc.History(h.Context(), h.owner, 2)
		if err != nil || len(pasts) != 2 {
			h.Fatalf("%d changes, %v", len(pasts), err)
		}
		edit, creation := pasts[0], pasts[1]
		if edit.ActorID != 1 || names[1] != "O. Ito" || edit.Kind != store.EditImport || edit.AppliedAt != h.now.UnixMicro() {
			h.Errorf("edit by %d %q, %s, at %d", edit.ActorID, names[1], edit.Kind, edit.AppliedAt)
		}
		if creation.Import != first.ID || creation.Line != 2 || creation.FileName != "test.csv" || creation.ActorID != 0 {
			h.Errorf("creation from import %d line %d %q by %d", creation.Import, creation.Line, creation.FileName, creation.ActorID)
		}
		masters, err := h.svc.Masters(h.Context(), h.owner)
		if err != nil {
			h.Fatal(err)
		}
		ds := admin.Differences(&edit.Change, h.owner, masters)
		if len(ds) != 1 || ds[0].Attribute != "remarks" || ds[0].Before != "old" || ds[0].After != "" {
			h.Errorf("differences = %+v", ds)
		}
		if _, _, err := h.svc.History(h.Context(), h.owner, 99); h.codeOf(err) != problem.MemberUnknown {
			h.Errorf("history of nobody: %v", err)
		}
	})
}

func TestP21_DeletingManyAtOnceNeedsTheNumberAndOneDoesNot(t *testing.T) {
	each(t, func(h *house) {
		var logins []string
		for i := range 12 {
			logins = append(logins, "m"+strconv.Itoa(i))
		}
		h.add(logins...)
		var edits []admin.Edit
		for id := int64(2); id <= 13; id++ {
			edits = append(edits, admin.Edit{MemberID: id, Delete: true})
		}
		imp, err := h.svc.PlanEdit(h.Context(), h.owner, edits)
		if err != nil || imp.State != store.NeedsAcceptance {
			h.Fatalf("12 of 13: %s, %v", imp.State, err)
		}
		if _, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Accept: map[string]int64{"deletes": 11}}); h.codeOf(err) != problem.BrakesNotAccepted {
			h.Errorf("with 11 accepted: %v", err)
		}
		if _, err := h.svc.Edit(h.Context(), h.owner, edits); h.codeOf(err) != problem.BrakesNotAccepted {
			h.Errorf("at once: %v", err)
		}
		done, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Accept: map[string]int64{"deletes": 12}})
		if err != nil || counts(done) != [6]int64{0, 0, 0, 12, 0, 0} {
			h.Errorf("with 12 accepted: %v, %v", counts(done), err)
		}
		owner := map[member.Attribute]string{member.SystemRole: "owner", member.Email: "two@acme.example", member.Name: "Two"}
		if _, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{Attributes: owner}}); err != nil {
			h.Errorf("one owner on a page: %v", err)
		}
	})
}

func TestP21_AnUndoThatClearsLessThanHalfOfItsMembersIsNotHeld(t *testing.T) {
	each(t, func(h *house) {
		add, change := "login_id,name\n", "login_id,name,remarks\n"
		for i := range 50 {
			n := strconv.Itoa(i)
			add += "m" + n + ",M\n"
			remarks := ""
			if i < 21 { // more than 20, fewer than 25
				remarks = "x"
			}
			change += "m" + n + ",New," + remarks + "\n"
		}
		h.apply(add, plan.Options{})
		done := h.apply(change, plan.Options{Match: []string{"login_id"}})
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, done.ID, plan.Options{}, nil)
		if err != nil || counts(undo) != [6]int64{0, 0, 50, 0, 0, 0} || len(undo.Outcome.Brakes) != 0 {
			h.Errorf("counts %v, brakes %v, %v", counts(undo), undo.Outcome.Brakes, err)
		}
	})
}

func TestP8_TwoEditsOfTheSameMemberAreAProblemAndTwoDeletionsAreOne(t *testing.T) {
	each(t, func(h *house) {
		h.add("ann", "bob")
		name := admin.Edit{MemberID: 2, Attributes: map[member.Attribute]string{member.Name: "Anna"}}
		remarks := admin.Edit{MemberID: 2, Attributes: map[member.Attribute]string{member.Remarks: "R"}}
		gone := admin.Edit{MemberID: 2, Delete: true}
		for what, edits := range map[string][]admin.Edit{"two edits": {name, remarks}, "an edit and a deletion": {name, gone}} {
			if _, err := h.svc.Edit(t.Context(), h.owner, edits); h.codeOf(err) != problem.DuplicateMember {
				t.Errorf("%s: %v, want %s", what, err, problem.DuplicateMember)
			}
		}
		if m, err := h.svc.Member(t.Context(), h.owner, "2"); err != nil || m.Name != "N. ann" || m.Remarks != "" {
			t.Errorf("after refused edits: %q %q, %v", m.Name, m.Remarks, err)
		}
		imp, err := h.svc.Edit(t.Context(), h.owner, []admin.Edit{gone, {MemberID: 3, Delete: true}, gone})
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 0, 2, 0, 0} || imp.Rows != 2 {
			t.Errorf("counts = %v of %d rows", got, imp.Rows)
		}
	})
}
