package admin_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// edit changes cells of an exported file: the row by its login ID, the column
// by its header.
func (h *house) edit(file string, cells map[[2]string]string) string {
	h.Helper()
	rows := h.records(file)
	changed := 0
	for _, row := range rows[1:] {
		for i, header := range rows[0] {
			if text, ok := cells[[2]string{row[1], header}]; ok {
				row[i] = text
				changed++
			}
		}
	}
	if changed != len(cells) {
		h.Fatalf("changed %d cells of %d", changed, len(cells))
	}
	return h.join(rows)
}

func (h *house) join(rows [][]string) string {
	h.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		h.Fatal(err)
	}
	return b.String()
}

// codes are the codes of the first problems of a plan.
func (h *house) codes(imp store.Import) []problem.Code {
	h.Helper()
	found, err := h.svc.Problems(h.Context(), h.owner, imp, 10)
	if err != nil {
		h.Fatal(err)
	}
	var codes []problem.Code
	for _, p := range found.Problems {
		codes = append(codes, p.Code)
	}
	return codes
}

// onlyUpdate returns the only update of a plan that has nothing else but keep.
func (h *house) onlyUpdate(imp store.Import) store.StoredChange {
	h.Helper()
	if got := counts(imp); got[2] != 1 || got[0]+got[1]+got[3]+got[5] != 0 {
		h.Fatalf("counts = %v, want one update; %s", got, h.firstNews(imp))
	}
	for c, err := range h.svc.Changes(h.Context(), h.owner, imp, store.ChangeQuery{Actions: []plan.Action{plan.Update}}) {
		if err != nil {
			h.Fatal(err)
		}
		return c
	}
	h.Fatal("no update")
	return store.StoredChange{}
}

// meanwhile exports, and changes Ann and Bob after that.
func (h *house) meanwhile(db *store.DB) string {
	h.Helper()
	h.people(db)
	file := h.export(admin.Export{})
	h.apply("login_id,name,remarks,groups,score\nann,Anna,since,大阪,7\nbob,Bobby,,,\n", plan.Options{Match: []string{"login_id"}})
	return file
}

func TestP9_AnUntouchedRowStaysKeepThoughTheMemberChanged(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.allKeep(h.plan(h.meanwhile(db), plan.Options{}), 6)
	})
}

func TestP9_AnEditedCellChangesOnlyThatCell(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		file := h.edit(h.meanwhile(db), map[[2]string]string{{"ann", "display_order"}: "9"})
		c := h.onlyUpdate(h.plan(file, plan.Options{}))
		if c.After.DisplayOrder != 9 || c.After.Name != "Anna" || c.After.Remarks != "since" || c.After.Fields["score"] != "7" {
			h.Errorf("after = %+v", c.After)
		}
		masters, err := h.svc.Masters(h.Context(), h.owner)
		if err != nil {
			h.Fatal(err)
		}
		if ds := admin.Differences(&c.Change, h.owner, masters); len(ds) != 1 || ds[0].Attribute != "display_order" {
			h.Errorf("differences = %v", ds)
		}
	})
}

func TestP9_AnEditOfWhatChangedSinceIsAConflict(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		exported := h.meanwhile(db)
		for header, text := range map[string]string{"name": "Annie", "remarks": "mine", "groups": "東京|大阪", "score": "8"} {
			imp := h.plan(h.edit(exported, map[[2]string]string{{"ann", header}: text}), plan.Options{})
			if got := h.codes(imp); len(got) != 1 || got[0] != problem.CellConflict || counts(imp) != [6]int64{0, 0, 0, 0, 5, 1} {
				h.Errorf("%s: counts = %v, problems = %v", header, counts(imp), got)
			}
		}
		won := h.plan(h.edit(exported, map[[2]string]string{{"ann", "name"}: "Annie"}), plan.Options{Conflicts: "file"})
		if c := h.onlyUpdate(won); c.After.Name != "Annie" || c.After.Remarks != "since" {
			h.Errorf("file wins: %+v", c.After)
		}
		same := h.edit(exported, map[[2]string]string{{"ann", "name"}: "Anna"})
		h.allKeep(h.plan(same, plan.Options{}), 6)
	})
}

func TestP9_ACopiedRowIsNotThatMember(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		rows := h.records(h.export(admin.Export{}))
		// Dan's row made of Cas's: his own keys, everything else hers.
		dan := append([]string(nil), rows[4]...)
		dan[0], dan[1], dan[2] = rows[5][0], rows[5][1], rows[5][2]
		rows[5] = dan
		c := h.onlyUpdate(h.plan(h.join(rows), plan.Options{}))
		if c.MemberID != 5 || c.After.Name != "Cas" || c.After.LoginAllowed {
			h.Errorf("change = %+v", c.Change)
		}
		if c.Notes == nil || c.Notes[0].Code != problem.BaseOtherMember {
			h.Errorf("notes = %v", c.Notes)
		}
	})
}

func TestP9_AForgedTokenIsAProblem(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		file := h.meanwhile(db)
		token := h.column(file, "_base")[1]
		for _, forged := range []string{"b" + strings.Repeat("A", len(token)-1), token[:len(token)-1], "c" + token[1:], "1", "b"} {
			imp := h.plan(h.edit(file, map[[2]string]string{{"ann", "_base"}: forged}), plan.Options{})
			if got := h.codes(imp); counts(imp) != [6]int64{0, 0, 0, 0, 5, 1} || got[0] != problem.BaseForged {
				h.Errorf("a token of %d characters: counts = %v, problems = %v", len(forged), counts(imp), got)
			}
		}
		// Another version in the token of the same form: its binding does not fit.
		imp := h.plan(h.edit(file, map[[2]string]string{{"ann", "_base"}: "bAg" + token[3:]}), plan.Options{})
		if c := h.onlyUpdate(imp); len(c.Notes) != 1 || c.Notes[0].Code != problem.BaseOtherMember {
			h.Errorf("notes = %v", c.Notes)
		}
	})
}

func TestP9_AFileSortedWithoutTheColumnIsAProblem(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		rows := h.records(h.export(admin.Export{}))
		last := len(rows[0]) - 1
		first := rows[1][last]
		for i := 1; i < len(rows)-1; i++ {
			rows[i][last] = rows[i+1][last]
		}
		rows[len(rows)-1][last] = first
		imp := h.plan(h.join(rows), plan.Options{})
		if got := h.codes(imp); imp.State != store.Rejected || len(got) == 0 || got[0] != problem.BaseManyDisagree {
			h.Errorf("state = %s, problems = %v", imp.State, got)
		}
	})
}

func TestP9_RowsInAnotherOrderWithTheColumnAreKept(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		rows := h.records(h.meanwhile(db))
		rows[1], rows[6], rows[2], rows[4] = rows[6], rows[1], rows[4], rows[2]
		h.allKeep(h.plan(h.join(rows), plan.Options{}), 6)
	})
}

func TestL1_TheInvitationTemplateHasEveryMemberAndIsAllKeep(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		for lang, want := range map[string]string{
			"en": "User Name,Email,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Delete,_base",
			"ja": "ユーザー名,メールアドレス,システムロール種別,システム権限種別,ブランドアクセスポリシーコード,ロールコード,削除,_base",
		} {
			file := h.template(admin.Template{Layout: plan.InviteSheet, Lang: lang})
			rows := h.records(file)
			if got := strings.Join(rows[0], ","); got != want || len(rows) != 7 {
				h.Errorf("%s: %d rows under %s", lang, len(rows), got)
			}
			if got := strings.Join(rows[2][:7], ","); got != "Ann,ann@x.example,member,write,,," {
				h.Errorf("row = %s", got)
			}
			h.allKeep(h.plan(file, plan.Options{Layout: plan.InviteSheet}), 6)
		}
		records, _, err := h.svc.Exports(h.Context(), h.owner, 10)
		if err != nil || len(records) != 2 || records[0].Members != 6 {
			h.Errorf("records = %v, %v", records, err)
		}
	})
}

func (h *house) template(t admin.Template) string {
	h.Helper()
	var b strings.Builder
	if err := h.svc.Template(h.Context(), h.owner, t, &b); err != nil {
		h.Fatal(err)
	}
	return b.String()
}

func TestE5_TheSampleRegisterFileOnlyCreatesMembers(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.everything(db)
		h.requireFields(db)
		for _, lang := range []string{"en", "ja"} {
			file := h.template(admin.Template{Lang: lang})
			imp := h.plan(file, plan.Options{})
			if got := counts(imp); imp.State != store.Planned || got != [6]int64{3, 0, 0, 0, 0, 0} || imp.Outcome.WarningsTotal > 0 {
				h.Errorf("%s: state %s, counts %v, %d warnings; %s\n%s", lang, imp.State, got, imp.Outcome.WarningsTotal, h.firstNews(imp), file)
			}
		}
		if records, _, err := h.svc.Exports(h.Context(), h.owner, 10); err != nil || len(records) > 0 {
			h.Errorf("a sample of nobody was recorded: %v, %v", records, err)
		}
	})
}

// requireFields adds fields that must be filled in, with restrictions.
func (h *house) requireFields(db *store.DB) {
	h.Helper()
	h.write(db, func(tx *store.Tx) error {
		var errs []error
		for _, f := range []member.Field{
			{Identifier: "r_long", Type: member.Text, MinLength: 20},
			{Identifier: "r_short", Type: member.Text, MaxLength: 2},
			{Identifier: "r_phone", Type: member.Text, Format: member.TelephoneFormat},
			{Identifier: "r_post", Type: member.Text, Format: member.PostalCodeFormat},
			{Identifier: "r_mail", Type: member.Text, Format: member.EmailFormat},
			{Identifier: "r_page", Type: member.Text, Format: member.URLFormat},
			{Identifier: "r_digits", Type: member.Text, Format: member.DigitsFormat, MinLength: 7, MaxLength: 7},
			{Identifier: "r_number", Type: member.Number}, {Identifier: "r_date", Type: member.Date},
			{Identifier: "r_moment", Type: member.DateTime}, {Identifier: "r_bool", Type: member.Boolean},
			{Identifier: "r_radio", Type: member.Radio, Choices: []member.Choice{{Key: "k"}}},
		} {
			f.LabelEN, f.LabelJA, f.Required = f.Identifier, f.Identifier, true
			errs = append(errs, tx.SaveField(h.Context(), h.owner.Org.ID, &f))
		}
		return errors.Join(errs...)
	})
}

func TestP13_CellsThatSayWhatTheySaidAreNoProblemOfWhoBecameAnOwnerSince(t *testing.T) {
	each(t, func(h *house) {
		h.brands("n")
		h.policy("P1", "n")
		h.policy("P2", "n")
		h.role("R1")
		h.apply("login_id,email,name,brand_policy,role\nann,ann@x.example,Ann,P1,R1\nbob,bob@x.example,Bob,P1,R1\n", plan.Options{})
		exported := h.export(admin.Export{})
		h.apply("login_id,system_role\nann,owner\n", plan.Options{Match: []string{"login_id"}})
		named := map[[2]string]string{{"ann", "name"}: "Annie"}
		if c := h.onlyUpdate(h.plan(h.edit(exported, named), plan.Options{})); c.After.Name != "Annie" || c.After.Role != member.Owner || c.After.PolicyID+c.After.RoleID != 0 {
			t.Errorf("after = %+v", c.After)
		}
		copied := map[[2]string]string{{"ann", "system_role"}: "owner", {"ann", "system_permission"}: "admin", {"ann", "_base"}: h.column(exported, "_base")[2]}
		promoted := map[[2]string]string{{"bob", "system_role"}: "owner", {"bob", "system_permission"}: "admin"}
		c := h.onlyUpdate(h.plan(h.edit(exported, promoted), plan.Options{}))
		if len(c.Notes) != 1 || c.Notes[0].Code != problem.StrippedByRoleChange || c.After.PolicyID+c.After.RoleID != 0 {
			t.Errorf("notes = %v, after = %+v", c.Notes, c.After)
		}
		for what, tt := range map[string]struct {
			file string
			want []problem.Code
		}{
			"another policy":   {h.edit(exported, map[[2]string]string{{"ann", "brand_policy"}: "P2"}), []problem.Code{problem.CellConflict}},
			"without a _base":  {"member_id,name,brand_policy,role\n2,Annie,P1,R1\n", []problem.Code{problem.PolicyOnOwner, problem.RoleOnOwner}},
			"_base of another": {h.edit(exported, copied), []problem.Code{problem.PolicyOnOwner, problem.RoleOnOwner}},
			"making an owner":  {"member_id,system_role,brand_policy,role\n3,owner,P1,R1\n", []problem.Code{problem.PolicyOnOwner, problem.RoleOnOwner}},
		} {
			if got := h.codes(h.plan(tt.file, plan.Options{})); !slices.Equal(got, tt.want) {
				t.Errorf("%s: problems = %v, want %v", what, got, tt.want)
			}
		}
	})
}

func TestP13_ARoleThatTheFileSaidIsNoProblemOfWhoBecameAdminSince(t *testing.T) {
	each(t, func(h *house) {
		h.role("R1")
		h.apply("login_id,email,name,role\nann,ann@x.example,Ann,R1\n", plan.Options{})
		file := h.edit(h.export(admin.Export{}), map[[2]string]string{{"ann", "name"}: "Annie"})
		h.apply("login_id,system_permission\nann,admin\n", plan.Options{Match: []string{"login_id"}})
		if c := h.onlyUpdate(h.plan(file, plan.Options{})); c.After.Name != "Annie" || c.After.Permission != member.Admin || c.After.RoleID != 0 {
			t.Errorf("after = %+v", c.After)
		}
	})
}

func TestF13_AReplacedCellThatStillShowsTheReplacementIsNoChange(t *testing.T) {
	eachWithStore(t, func(h *house, _ *store.DB) {
		h.apply("login_id,name,remarks\nkim,髙 😀,é 木\n", plan.Options{})
		file := h.export(admin.Export{Charset: "windows-1252", Replace: true})
		if strings.Count(file, ",? ?,") != 1 || strings.Count(file, ",kim,") != 1 {
			h.Fatalf("exported %q", file)
		}
		for edit, want := range map[[2]string][3]string{
			{",kim,", ",kimi,"}: {"kimi", "髙 😀", "é 木"},
			{",? ?,", ",Kim,"}:  {"kim", "Kim", "é 木"},
		} {
			c := h.onlyUpdate(h.plan(strings.Replace(file, edit[0], edit[1], 1), plan.Options{}))
			if got := [3]string{c.After.LoginID, c.After.Name, c.After.Remarks}; got != want {
				h.Errorf("%s: %q, want %q", edit[1], got, want)
			}
		}
	})
}
