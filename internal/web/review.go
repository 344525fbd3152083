package web

import (
	"context"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var importRoutes = []route{
	{http.MethodGet, "/imports/{id}", reading(member.ImportsArea), (*request).imported},
	{http.MethodGet, "/imports/{id}/changes", reading(member.ImportsArea), (*request).importedChanges},
	{http.MethodPost, "/imports/{id}/apply", writing(member.ImportsArea), (*request).applyImport},
	{http.MethodPost, "/imports/{id}/discard", writing(member.ImportsArea), (*request).discardImport},
	{http.MethodPost, "/imports/{id}/again", writing(member.ImportsArea), (*request).planAgain},
	{http.MethodPost, "/imports/{id}/options", writing(member.ImportsArea), (*request).planOtherwise},
	{http.MethodPost, "/imports/{id}/undo", writing(member.ImportsArea), (*request).undoImport},
	{http.MethodGet, "/imports/{id}/report", reading(member.ImportsArea), (*request).report},
	{http.MethodGet, "/imports/{id}/progress", reading(member.ImportsArea), (*request).progress},
	{http.MethodPost, "/imports/{id}/cancel", writing(member.ImportsArea), (*request).cancelImport},
	{http.MethodPost, "/imports/{id}/passwords", writing(member.ImportsArea), (*request).passwords},
	{http.MethodPost, "/imports/{id}/first-passwords", writing(member.MembersArea), (*request).sendFirstPasswords},
	{http.MethodPost, "/imports/{id}/release", writing(member.ImportsArea), (*request).releaseMails},
}

// shownProblems is how many problems, and how many warnings, the page of an import
// shows; the report has all. shownAddresses is how many of the people are named who
// get a mail.
const (
	shownProblems  = 100
	shownAddresses = 5
)

// An importView is what the page of an import shows, whatever its state.
type importView struct {
	Imp            store.Import
	Who            string // made it
	Approver       string // empty if nobody had to
	Masters        *plan.Masters
	Found          admin.Found
	Problems       []admin.Fold // those that have no table of their own
	Warnings       []admin.Fold
	Changes        changeList
	Addresses      []string       // of some who get a mail
	Standing       admin.Standing // while it is planned or applied
	FirstPasswords struct {       // that can be mailed links to
		N      int64
		Braked bool // their number must be typed in
	}
	UndoneBy int64  // the import that turned it back; 0 if it stands
	Rest     int64  // changes that UndoneBy left as they are
	Stale    string // why it cannot be applied any more
	Mails    mailCounts
	Problem  string            // why what was asked for was not done
	Done     string            // what was done just now
	Typed    map[string]string // numbers that were typed in for brakes
	Hold     bool
}

// theImport is the import that the path names.
func (q *request) theImport() (store.Import, error) {
	id, err := strconv.ParseInt(q.r.PathValue("id"), 10, 64)
	if err != nil {
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
func (q *request) showImport(status int, v importView) error {
	ctx := q.r.Context()
	for _, complete := range []func(context.Context, *importView) error{q.completePeople, q.completeStanding, q.completeChanges, q.completeMails, q.completeStale, q.completeUndone} {
		if err := complete(ctx, &v); err != nil {
			return err
		}
	}
	return q.pageAs(status, q.titleOf(v.Imp), importPage(q, v))
}

// completePeople finds out who made and who approved an import.
func (q *request) completePeople(ctx context.Context, v *importView) error {
	if !q.may(member.ImportsArea, member.ReadAccess) { // their own
		v.Who = q.session.Member.Name
		return nil
	}
	names, err := q.svc.Authors(ctx, q.actor, v.Imp, store.Import{ActorID: v.Imp.ApproverID})
	v.Who = q.nameOf(v.Imp.ActorID, names)
	if v.Imp.ApproverID != 0 {
		v.Approver = q.nameOf(v.Imp.ApproverID, names)
	}
	return err
}

// nameOf is who made an import or export, as people read it.
func (q *request) nameOf(id int64, names map[int64]string) string {
	switch {
	case id == 0:
		return q.say.Say("word.operator")
	case names[id] == "":
		return "#" + number(id) // erased, or without a name
	}
	return names[id]
}

func (q *request) completeChanges(ctx context.Context, v *importView) (err error) {
	if v.Imp.State == store.Planning { // they are not all there
		return nil
	}
	if v.Masters, err = q.mastersOf(ctx, v.Imp); err != nil {
		return err
	}
	if v.Found, err = q.svc.Problems(ctx, q.actor, v.Imp, shownProblems); err != nil {
		return err
	}
	if v.Problems, v.Warnings, err = q.svc.Folded(ctx, q.actor, v.Imp, v.Found); err != nil {
		return err
	}
	v.Changes, err = q.changeList(v.Imp, v.Masters)
	return err
}

// mastersOf are the names in a plan, those that applying would make included.
func (q *request) mastersOf(ctx context.Context, imp store.Import) (*plan.Masters, error) {
	masters, err := q.svc.PastMasters(ctx, q.actor)
	if err != nil {
		return nil, err
	}
	for _, g := range imp.Outcome.NewGroups {
		if !masters.HasGroup(g.ID) {
			masters.AddGroup(g)
		}
	}
	return masters, nil
}

// completeMails finds out who would get a mail, or how many got theirs.
func (q *request) completeMails(ctx context.Context, v *importView) (err error) {
	switch {
	case v.Imp.Mails == 0 || v.Imp.State == store.Planning:
		return nil
	case v.Imp.State == store.Applied && q.may(member.ImportsArea, member.ReadAccess):
		v.Mails, err = q.mailCounts(ctx, v.Imp)
		return err
	}
	mailed := store.ChangePage{Action: plan.Invite, Limit: shownAddresses}
	if v.Imp.Outcome.Counts[plan.Invite] == 0 {
		mailed.Action = plan.Create // of welcome
	}
	changes, err := q.svc.ChangePage(ctx, q.actor, v.Imp, "", mailed)
	for _, c := range changes {
		if c.After.Email != "" {
			v.Addresses = append(v.Addresses, c.After.Email)
		}
	}
	return err
}

func (q *request) completeStale(ctx context.Context, v *importView) error {
	if v.Imp.State != store.Stale {
		return nil
	}
	p, err := q.svc.WhyStale(ctx, q.actor, v.Imp)
	v.Stale = q.say.Problem(p)
	return err
}

// completeUndone finds out what became of an import since it was applied.
func (q *request) completeUndone(ctx context.Context, v *importView) error {
	if v.Imp.State != store.Applied {
		return nil
	}
	by, err := q.undoOf(ctx, v.Imp)
	if err != nil {
		return err
	}
	v.UndoneBy, v.Rest = by.ID, by.Outcome.Counts[plan.Reject]
	v.FirstPasswords.N, v.FirstPasswords.Braked, err = q.svc.FirstPasswordsMissing(ctx, q.actor, v.Imp)
	return err
}

// undoOf is the import that turned imp back; zero if it stands, be it because the
// undo was itself undone.
func (q *request) undoOf(ctx context.Context, imp store.Import) (store.Import, error) {
	by, err := q.svc.UndoneBy(ctx, q.actor, imp)
	if err != nil || by[imp.ID] == 0 {
		return store.Import{}, err
	}
	return q.svc.Import(ctx, q.actor, by[imp.ID])
}

// changesNothing reports whether there is nothing to apply in a plan that waits.
func changesNothing(imp store.Import) bool { return imp.State.Waits() && imp.Applied() == 0 }

// mayHappen reports whether what a plan would do may still be done, or was.
func mayHappen(imp store.Import) bool {
	return imp.State.Waits() || isUnderWay(imp) || imp.State == store.Applied
}

// titleOf is the heading of an import's page.
func (q *request) titleOf(imp store.Import) string {
	switch {
	case imp.Kind == store.UndoImport:
		return q.say.Say("web.import.undo", "id", imp.ID, "import", imp.UndoOf)
	case imp.FileName != "":
		return q.say.Say("web.import.file", "id", imp.ID, "file", imp.FileName)
	}
	return q.say.Say("web.import.file", "id", imp.ID, "file", q.kindOf(imp))
}

// kindOf says what an import without a file is: of an edit of many in one way, that.
func (q *request) kindOf(imp store.Import) string {
	if imp.Kind == store.EditImport && onlyCancels(imp) {
		return q.say.Say("web.edit.cancel", "n", imp.Outcome.Cancelled)
	}
	if a := onlyAction(imp); imp.Kind == store.EditImport && a != 0 {
		return q.say.Say("web.edit."+a.String(), "n", countOf(imp, a))
	}
	return q.say.Say("kind."+string(imp.Kind), "import", imp.UndoOf)
}

// applyWord is what is on the button that applies a plan.
func (q *request) applyWord(imp store.Import) string {
	switch {
	case imp.State == store.NeedsApproval:
		return q.say.Say("web.import.approve", "n", imp.Applied())
	case imp.Kind == store.EditImport && onlyAction(imp) != 0:
		return q.kindOf(imp)
	}
	return q.say.Say("web.import.apply", "n", imp.Applied())
}

func (q *request) applyImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	v := importView{Imp: imp, Typed: map[string]string{}, Hold: q.value("hold_mails") != ""}
	o := admin.ApplyOptions{Accept: map[string]int64{}, HoldMails: v.Hold}
	for _, b := range imp.Outcome.Brakes {
		typed := plainDigits(q.value("accept." + b.Kind))
		v.Typed[b.Kind] = typed
		if typed == number(b.Count) { // the very number (SPEC P21)
			o.Accept[b.Kind] = b.Count
		}
	}
	if o.Sum, err = admin.ParseSum(q.value("sum")); err == nil {
		_, err = q.svc.SendApply(q.r.Context(), q.actor, imp, o)
	}
	return q.after(v, imp.ID, err)
}

// thousands is a number with separators, as pages print it and people type it.
var thousands = regexp.MustCompile(`^[0-9]{1,3}([,\s][0-9]{3})+$`)

// plainDigits is a number as people may type it, in ASCII and without the separators
// of its thousands; anything else stays, and is no number.
func plainDigits(typed string) string {
	typed = strings.Map(func(r rune) rune {
		switch {
		case '０' <= r && r <= '９':
			return r - '０' + '0'
		case r == '，':
			return ','
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, member.Trim(typed))
	if thousands.MatchString(typed) {
		return strings.NewReplacer(",", "", " ", "").Replace(typed)
	}
	return typed
}

// after leads to the page of an import after something was done with v's; where it
// was not, it shows v with the reason.
func (q *request) after(v importView, id int64, err error) error {
	p, ok := asProblem(err)
	switch {
	case !ok && err != nil:
		return err
	case !ok:
		return q.redirect("/imports/" + number(id))
	}
	if v.Imp, err = q.theImport(); err != nil { // it may be stale now
		return err
	}
	if v.Problem = q.say.Problem(p); p.Code == problem.BrakesNotAccepted {
		v.Problem = q.say.Say("web.import.type_numbers") // there is no --accept here
	}
	if v.Imp.State == store.Stale {
		v.Problem = ""
	}
	return q.showImport(statusOf(p), v)
}

func (q *request) discardImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	return q.after(importView{Imp: imp}, imp.ID, q.svc.Discard(q.r.Context(), q.actor, imp.ID))
}

// planAgain plans what there is to a plan anew; the form may choose that the file
// wins where both changed, or that members who changed since are put back, too.
func (q *request) planAgain() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	again, err := q.svc.PlanAgain(q.r.Context(), q.actor, imp.ID, func(o *plan.Options) {
		if q.value("conflicts") == "file" {
			o.Conflicts = "file"
		}
		o.ChangedToo = o.ChangedToo || q.value("changed_too") != ""
	})
	return q.after(importView{Imp: imp}, again.ID, err)
}

// planOtherwise leads to the page of the import's file, with its options as they
// were, to plan it with others. A plan that waits does so until then.
func (q *request) planOtherwise() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	u, err := q.svc.BringAgain(q.r.Context(), q.actor, imp)
	if err != nil {
		return q.after(importView{Imp: imp}, imp.ID, err)
	}
	return q.redirect("/uploads/" + u.ID + "?replaces=" + number(imp.ID))
}

func (q *request) undoImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	undo, err := q.svc.SendUndo(q.r.Context(), q.actor, imp, plan.Options{})
	return q.after(importView{Imp: imp}, undo.ID, err)
}

// sumOf is the sum of a plan as forms carry it.
func sumOf(imp store.Import) string { return hex.EncodeToString(imp.Sum) }

// mayPlanOtherwise reports whether the reader is offered other options for a file.
func mayPlanOtherwise(q *request, imp store.Import) bool {
	switch imp.State {
	case store.Planning, store.Applying, store.Applied:
		return false
	}
	return imp.Kind == store.FileImport && q.may(member.ImportsArea, member.WriteAccess)
}

// whyNot says what is wrong; empty for any other error.
func (q *request) whyNot(err error) string {
	p, ok := asProblem(err)
	if !ok {
		return ""
	}
	return q.say.What(p)
}

// mayHandle reports whether the reader is offered to do something with an import.
func (q *request) mayHandle(imp store.Import) bool {
	own := imp.Kind == store.EditImport && imp.ActorID == q.actor.MemberID
	return q.may(member.ImportsArea, member.WriteAccess) || own
}

// mayApply reports whether the reader is offered to apply a plan.
func (q *request) mayApply(imp store.Import) bool {
	second := imp.State != store.NeedsApproval || imp.ActorID != q.actor.MemberID
	return imp.State.Waits() && q.mayHandle(imp) && second
}

// ownTables are the codes of what is shown in a table of its own.
var ownTables = []problem.Code{problem.CellConflict, problem.RenameLikely}

// elsewhere are those of folds that no other table shows.
func elsewhere(folds []admin.Fold) []admin.Fold {
	return slices.DeleteFunc(slices.Clone(folds), func(f admin.Fold) bool { return slices.Contains(ownTables, f.Code) })
}

// countOfCode is how many of a code there are.
func countOfCode(folds []admin.Fold, code problem.Code) int64 {
	n := int64(0)
	for _, f := range folds {
		if f.Code == code {
			n += f.Count
		}
	}
	return n
}

// totalOf is how many problems folds hold.
func totalOf(folds []admin.Fold) int64 {
	n := int64(0)
	for _, f := range folds {
		n += f.Count
	}
	return n
}

// withCode are those of problems that have a code.
func withCode(all []admin.RowProblem, code problem.Code) []admin.RowProblem {
	return slices.DeleteFunc(slices.Clone(all), func(p admin.RowProblem) bool { return p.Code != code })
}
