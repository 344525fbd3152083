package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

var importRoutes = []route{
	{http.MethodGet, "/imports/{id}", reading(member.ImportsArea), (*request).imported},
	{http.MethodGet, "/imports/{id}/changes", reading(member.ImportsArea), (*request).importedChanges},
	{http.MethodPost, "/imports/{id}/apply", writing(member.ImportsArea), (*request).applyImport},
	{http.MethodPost, "/imports/{id}/discard", writing(member.ImportsArea), (*request).discardImport},
	{http.MethodPost, "/imports/{id}/again", writing(member.ImportsArea), (*request).planAgain},
	{http.MethodPost, "/imports/{id}/undo", writing(member.ImportsArea), (*request).undoImport},
}

// shownProblems is how many problems, and how many warnings, the page of an import
// shows; the report has all.
const shownProblems = 100

// An importPage is what the page of an import shows, whatever its state.
type importView struct {
	Imp     store.Import
	Who     string
	Masters *plan.Masters
	Found   admin.Found
	Changes changeList
	Problem string            // why what was asked for was not done
	Typed   map[string]string // numbers that were typed in for brakes
}

// theImport is the import that the path names.
func (q *request) theImport() (store.Import, error) {
	id, err := strconv.ParseInt(q.r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		id = 0 // unknown, if they may ask at all
	}
	return q.svc.Import(q.r.Context(), q.actor, id)
}

func (q *request) imported() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	return q.showImport(http.StatusOK, importView{Imp: imp})
}

// showImport completes what the page of an import shows.
func (q *request) showImport(status int, v importView) (err error) {
	ctx := q.r.Context()
	if v.Masters, err = q.mastersOf(ctx, v.Imp); err != nil {
		return err
	}
	if v.Found, err = q.svc.Problems(ctx, q.actor, v.Imp, shownProblems); err != nil {
		return err
	}
	if v.Changes, err = q.changeList(v.Imp, v.Masters); err != nil {
		return err
	}
	return q.pageAs(status, q.titleOf(v.Imp), importPage(q, v))
}

// mastersOf are the names in a plan, those that applying would make included.
func (q *request) mastersOf(ctx context.Context, imp store.Import) (*plan.Masters, error) {
	masters, err := q.svc.Masters(ctx, q.actor)
	if err != nil {
		return nil, err
	}
	if imp.State != store.Applied {
		for _, g := range imp.Outcome.NewGroups {
			masters.AddGroup(g)
		}
	}
	return masters, nil
}

// titleOf is the heading of an import's page.
func (q *request) titleOf(imp store.Import) string {
	switch {
	case imp.Kind == store.UndoImport:
		return q.say.Say("web.import.undo", "id", imp.ID, "import", imp.UndoOf)
	case imp.FileName != "":
		return q.say.Say("web.import.file", "id", imp.ID, "file", imp.FileName)
	}
	return q.say.Say("web.import.edit", "id", imp.ID)
}

func (q *request) applyImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	v := importView{Imp: imp, Typed: map[string]string{}}
	o := admin.ApplyOptions{Accept: map[string]int64{}}
	for _, b := range imp.Outcome.Brakes {
		typed := q.value("accept." + b.Kind)
		v.Typed[b.Kind] = typed
		if typed == number(b.Count) { // the very number (SPEC P21)
			o.Accept[b.Kind] = b.Count
		}
	}
	if o.Sum, err = admin.ParseSum(q.value("sum")); err == nil {
		_, err = q.svc.Apply(q.r.Context(), q.actor, imp.ID, o)
	}
	if p, ok := asProblem(err); ok {
		if v.Imp, err = q.theImport(); err != nil { // it may be stale now
			return err
		}
		v.Problem = q.say.Problem(p)
		return q.showImport(statusOf(p), v)
	}
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + number(imp.ID))
}

func (q *request) discardImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	if err := q.svc.Discard(q.r.Context(), q.actor, imp.ID); err != nil {
		return err
	}
	return q.redirect("/imports/" + number(imp.ID))
}

func (q *request) planAgain() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	again, err := q.svc.PlanAgain(q.r.Context(), q.actor, imp.ID, nil)
	if p, ok := asProblem(err); ok {
		return q.showImport(statusOf(p), importView{Imp: imp, Problem: q.say.Problem(p)})
	}
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + number(again.ID))
}

func (q *request) undoImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	undo, err := q.svc.PlanUndo(q.r.Context(), q.actor, imp.ID, plan.Options{ChangedToo: q.value("changed_too") != ""}, nil)
	if p, ok := asProblem(err); ok {
		return q.showImport(statusOf(p), importView{Imp: imp, Problem: q.say.Problem(p)})
	}
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + number(undo.ID))
}

// sumOf is the sum of a plan as forms carry it.
func sumOf(imp store.Import) string { return hex.EncodeToString(imp.Sum) }

// mayApply reports whether the reader is offered to apply a plan.
func (q *request) mayApply(imp store.Import) bool {
	own := imp.ActorID == q.actor.MemberID
	return imp.State.Waits() && (q.may(member.ImportsArea, member.WriteAccess) || imp.Kind == store.EditImport && own) &&
		!(imp.State == store.NeedsApproval && own)
}
