package admin_test

import (
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// refield deletes the field memo or dept and adds another of the same identifier.
func (r *ruled) refield(identifier string) {
	r.Helper()
	r.exec(`DELETE FROM field WHERE identifier = '` + identifier + `'`)
	if _, err := r.svc.AddField(r.Context(), r.owner, member.Field{Identifier: identifier, LabelEN: identifier, LabelJA: identifier, Type: member.Number}); err != nil {
		r.Fatal(err)
	}
}

func TestA3_AFieldOfTheSameNameIsNotTheFieldThatWasUsed(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan("member_id,dept\n3,Ops\n", plan.Options{})
		r.apply("member_id,dept\n2,{clear}\n", plan.Options{})
		r.refield("dept")
		r.stale(imp, "field", "")
	})
}

func TestA3_AnUndoRestoresNobodyIntoAnotherFieldOfTheSameName(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,delete\n2,1\n", plan.Options{}) // ann, whose dept is Sales
		undo, err := r.svc.PlanUndo(r.Context(), r.owner, done.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.refield("dept")
		r.stale(undo, "field", "")
		again, err := r.svc.PlanUndo(r.Context(), r.owner, done.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ps := r.problems(again)["field-gone"]; len(ps) != 1 || ps[0].Values["value"] != "dept" {
			t.Errorf("planned since: %v", r.problems(again))
		}
	})
}
