package admin_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// mostStatements is how many statements a step may take for each 2,000 rows more, by
// the step's first word: one more than what it took when this was written, on
// whichever database and whatever the rows were.
var mostStatements = map[string]int64{"plan": 8, "apply": 2, "export": 3}

// TestF11_AnImportTakesNoStatementForARow counts statements, where timing would
// tell nothing on a machine with other work.
func TestF11_AnImportTakesNoStatementForARow(t *testing.T) {
	const few, many = 6_000, 12_000     // from some thousand on SQLite makes indexes anew, with some statements more
	took := map[bool]map[string]int64{} // with few rows, by whether it is PostgreSQL, and step
	each(t, func(h *house) { took[store.IsPostgres(h.url)] = h.statements(few) })
	each(t, func(h *house) {
		before := took[store.IsPostgres(h.url)]
		for step, n := range h.statements(many) {
			word, _, _ := strings.Cut(step, " ")
			if more, most := n-before[step], (many-few)/2_000*mostStatements[word]; more > most {
				h.Errorf("%s: %d statements for %d rows and %d for %d, want at most %d more", step, before[step], few, n, many, most)
			}
		}
	})
}

// statements returns how many statements each step of imports of n rows takes.
func (h *house) statements(n int) map[string]int64 {
	h.Helper()
	took := map[string]int64{}
	count := func(step string, f func()) {
		before := h.svc.Statements()
		f()
		took[step] = h.svc.Statements() - before
	}
	planned := func(what string, of func() store.Import, want [6]int64) (imp store.Import) {
		h.Helper()
		count("plan "+what, func() { imp = of() })
		if got := counts(imp); got != want {
			h.Errorf("%s: %v, want %v", what, got, want)
		}
		return imp
	}
	applied := func(what string, of func() store.Import, want [6]int64) store.Import {
		h.Helper()
		imp := planned(what, of, want)
		count("apply "+what, func() { imp = h.do(imp) })
		return imp
	}
	file := func(header, row string, o plan.Options) func() store.Import {
		var b strings.Builder
		b.WriteString(header + "\n")
		for i := range n {
			b.WriteString(strings.ReplaceAll(row, "#", fmt.Sprint(i)) + "\n")
		}
		return func() store.Import { return h.plan(b.String(), o) }
	}
	undo := func(imp store.Import) func() store.Import {
		return func() store.Import {
			undo, err := h.svc.PlanUndo(h.Context(), h.owner, imp.ID, plan.Options{}, nil)
			if err != nil {
				h.Fatal(err)
			}
			return undo
		}
	}
	if _, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "Staff", Enabled: true}); err != nil {
		h.Fatal(err)
	}
	const header, row = "login_id,email,name,groups,remarks", "u#,u#@x.example,U #,Staff,old"
	rows, match := int64(n), plan.Options{Match: []string{"login_id"}}
	created := applied("new", file(header, row, plan.Options{}), [6]int64{rows})
	planned("unchanged", file(header, row, match), [6]int64{0, 0, 0, 0, rows})
	planned("rejected", file("login_id,email", "u#,nowhere", match), [6]int64{0, 0, 0, 0, 0, rows})
	count("export", func() {
		if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{}, io.Discard, nil, nil); err != nil {
			h.Fatal(err)
		}
	})
	deleted := applied("an undo of new", undo(created), [6]int64{0, 0, 0, rows})
	applied("an undo of that", undo(deleted), [6]int64{rows})
	changed := applied("changed", file("login_id,groups,remarks", "u#,,new", match), [6]int64{0, 0, rows})
	applied("an undo of changed", undo(changed), [6]int64{0, 0, rows})
	applied("invited", file("email", "i#@x.example", plan.Options{New: "invite"}), [6]int64{0, rows})
	return took
}
