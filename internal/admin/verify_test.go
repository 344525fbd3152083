package admin_test

import (
	"slices"
	"strings"
	"testing"

	"meibo/internal/plan"
	"meibo/internal/problem"
)

// aTown is an organisation in which a little of everything happened.
func (h *house) aTown() {
	h.Helper()
	first := h.apply("login_id,email,name,system_role\nann,ann@x.example,Ann,\nbob,bob@x.example,Ｂｏｂ,owner\ncy,,Cy,\nBad,x,y,\n", plan.Options{})
	h.apply("member_id,delete\n4,1\n", plan.Options{})
	h.invite("eve@x.example", "fay@x.example")
	h.cancel("fay@x.example")
	h.plan("login_id,name\nzoe,Zoe\n", plan.Options{}) // waits
	h.plan("no,known,header\n1,2,3\n", plan.Options{}) // rejected as a whole
	h.undo(h.apply("login_id,name\ntom,Tom\n", plan.Options{}))
	if first.State != "applied" {
		h.Fatal(first.State)
	}
}

func TestM8_VerifyFindsNothingWrongInAnOrganisationAtWork(t *testing.T) {
	each(t, func(h *house) {
		h.aTown()
		v, err := h.svc.Verify(h.Context(), h.owner)
		if err != nil || !v.Right() {
			h.Fatalf("broken %v, findings %+v, %v", v.Broken, v.Findings, err)
		}
		if v.Members != 3 || v.Journal.Entries != 7 || v.Imports != 8 {
			h.Errorf("%d members, %d entries, %d imports", v.Members, v.Journal.Entries, v.Imports)
		}
	})
}

// Each rule, and what breaks it behind the program's back.
func TestM2ToM7_VerifyFindsEachInvariantThatIsBroken(t *testing.T) {
	const ann, owner, bob = `id = 2`, `id = 1`, `id = 3`
	tests := []struct {
		kind, ids, table  string
		where, hurt, heal string
	}{
		{"contact", "2", "member", ann, `email = NULL, email_key = NULL, login_id = NULL, login_key = NULL`,
			`email = 'ann@x.example', email_key = 'ann@x.example', login_id = 'ann', login_key = 'ann'`},
		{"primary_owner", "", "member", owner, `system_role = 2`, `system_role = 1`},
		{"primary_owner", "1 3", "member", bob, `system_role = 1`, `system_role = 2`},
		{"owner_rights", "1", "member", owner, `system_permission = 2`, `system_permission = 1`},
		{"owner_rights role_misplaced role_missing", "3", "member", bob, `role_id = 9`, `role_id = NULL`},
		{"role_misplaced role_missing", "2", "member", ann, `role_id = 9, system_permission = 1`, `role_id = NULL, system_permission = 2`},
		{"owner_rights policy_misplaced policy_missing", "3", "member", bob, `policy_id = 9`, `policy_id = NULL`},
		{"keys_kept", "4", "member", `id = 4`, `login_key = 'cy'`, `login_key = NULL`},
		{"membership_member", "4", "membership", ``, `(4, 1)`, ``},
		{"membership_group", "2", "membership", ``, `(2, 9)`, ``},
		{"invitation_of_member invitation_keys", "1", "invitation", owner, `email_key = 'ann@x.example'`, `email_key = 'eve@x.example'`},
		{"invitation_primary_owner", "1", "invitation", owner, `system_role = 1`, `system_role = 3`},
		{"seats", "", "organisation", owner, `seats = 3`, `seats = NULL`},
		{"member_keys", "3", "member", bob, `name_key = 'Ｂｏｂ'`, `name_key = 'bob'`},
		{"member_keys", "2", "member", ann, `email_key = 'other@x.example'`, `email_key = 'ann@x.example'`},
	}
	eachAt(t, func(h *house, url string) {
		h.aTown()
		h.group("東京")
		for _, tt := range tests {
			hurt, heal := `UPDATE `+tt.table+` SET `+tt.hurt+` WHERE `+tt.where, `UPDATE `+tt.table+` SET `+tt.heal+` WHERE `+tt.where
			if tt.table == "membership" {
				hurt, heal = `INSERT INTO membership (org_id, member_id, group_id) SELECT 1, x.* FROM (VALUES `+tt.hurt+`) x`, `DELETE FROM membership`
			}
			rawly(h.T, url, hurt)
			kinds, ids := h.findings()
			if kinds != tt.kind || ids != tt.ids {
				h.Errorf("%s: found %q with %q, want %q with %q", hurt, kinds, ids, tt.kind, tt.ids)
			}
			rawly(h.T, url, heal)
		}
		if kinds, ids := h.findings(); kinds != "" {
			h.Errorf("when all is healed: %q with %q", kinds, ids)
		}
	})
}

// findings are the kinds of what Verify finds, and the IDs of the first.
func (h *house) findings() (kinds, ids string) {
	h.Helper()
	v, err := h.svc.Verify(h.Context(), h.owner)
	if err != nil {
		h.Fatal(err)
	}
	var all []string
	for _, f := range v.Findings {
		all = append(all, f.Kind)
		ids = spaced(v.Findings[0].IDs)
	}
	return strings.Join(all, " "), ids
}

func spaced(ids []int64) string {
	var words []string
	for _, id := range ids {
		words = append(words, string(rune('0'+id)))
	}
	return strings.Join(words, " ")
}

func TestA5_VerifyFindsRowsThatAreMissing(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.aTown()
		rawly(h.T, url, `DELETE FROM change WHERE import_id = 2 AND action = 6`)
		v, err := h.svc.Verify(h.Context(), h.owner)
		if err != nil {
			h.Fatal(err)
		}
		if v.Broken == nil || v.Broken.Code != problem.JournalBroken || v.Broken.Values["import"] != "2" {
			h.Errorf("broken = %v", v.Broken)
		}
		if len(v.Findings) != 1 || v.Findings[0].Kind != "row_sums" || !slices.Equal(v.Findings[0].IDs, []int64{2}) {
			h.Errorf("findings = %+v", v.Findings)
		}
	})
}

func TestM8_VerifyFindsAChangeThatWasChanged(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.aTown()
		rawly(h.T, url, `UPDATE change SET name = 'Eve' WHERE import_id = 2 AND seq = 1`)
		v, err := h.svc.Verify(h.Context(), h.owner)
		if err != nil || v.Broken == nil || v.Right() {
			h.Errorf("broken = %v, %v", v.Broken, err)
		}
	})
}
