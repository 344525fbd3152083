package main

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// How much of a plan a terminal shows; the report has everything.
const (
	shownChanges  = 10 // of each action
	shownProblems = 20
)

// showPlan shows a plan as a person would want to read it: what it comes to,
// what it changes, and what is wrong with it. What to do next is for the caller
// to say, who knows whether a yes was given already.
func (a *app) showPlan(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import) error {
	if a.json {
		return a.printPlan(ctx, svc, actor, imp)
	}
	masters, err := svc.PastMasters(ctx, actor)
	if err != nil {
		return err
	}
	found, err := svc.Problems(ctx, actor, imp, shownProblems)
	if err != nil {
		return err
	}
	for _, g := range imp.Outcome.NewGroups {
		masters.AddGroup(g) // applying will make it; a reader wants its name
	}
	s := &planShow{app: a, paint: a.painter(), svc: svc, actor: actor, imp: imp, masters: masters}
	s.heading()
	s.counts()
	if err := s.changes(ctx); err != nil {
		return err
	}
	s.problems("plan.problems", red, found.Problems, imp.Outcome.ProblemsTotal)
	s.problems("plan.warnings", yellow, found.Warnings, imp.Outcome.WarningsTotal)
	s.brakes()
	s.next(found.Problems)
	return nil
}

type planShow struct {
	*app
	paint   painter
	svc     *admin.Service
	actor   admin.Actor
	imp     store.Import
	masters *plan.Masters
}

func (s *planShow) heading() {
	imp := s.imp
	s.tell("")
	switch imp.Kind {
	case store.UndoImport:
		s.tell("%s", s.paint(bold, s.say.Say("plan.title.undo", "id", imp.ID, "import", imp.UndoOf)))
		return
	case store.EditImport:
		s.tell("%s", s.paint(bold, s.say.Say("plan.title.edit", "id", imp.ID)))
		return
	default:
		s.tell("%s", s.paint(bold, s.say.Say("plan.title", "id", imp.ID, "file", imp.FileName)))
	}
	layout := s.say.Say("layout." + string(imp.Layout))
	switch {
	case imp.Layout == "":
	case imp.Outcome.Sheet != "":
		s.tell("%s", s.say.Say("plan.read.workbook", "rows", imp.Rows, "sheet", imp.Outcome.Sheet, "layout", layout))
	case imp.Charset != "":
		s.tell("%s", s.say.Say("plan.read", "rows", imp.Rows, "charset", imp.Charset, "layout", layout))
	}
	if imp.Outcome.Guessed && len(imp.Outcome.Sample) > 0 {
		s.tell("%s", s.say.Say("plan.charset.guessed", "charset", imp.Charset, "sample", imp.Outcome.Sample[0]))
	}
}

var countColours = map[plan.Action]colour{plan.Create: green, plan.Invite: green, plan.Update: cyan, plan.Delete: red, plan.Keep: dim, plan.Reject: red}

// counts come first: they are what most people look for.
func (s *planShow) counts() {
	out := s.imp.Outcome
	if out.Counts == (plan.Counts{}) && s.imp.State == store.Rejected {
		return // of a file that was refused as a whole there is nothing to count
	}
	s.tell("")
	for _, action := range plan.Actions {
		n := out.Counts[action]
		if action == plan.Delete {
			n -= min(n, out.Cancelled)
		}
		if n > 0 {
			s.tell("  %s", s.paint(countColours[action], s.say.Say(s.countKey(action), "n", n)))
		}
	}
	if out.Cancelled > 0 {
		s.tell("  %s", s.paint(red, s.say.Say("plan.count.cancel", "n", out.Cancelled)))
	}
	if n := out.Absent[plan.Delete]; n > 0 {
		s.tell("  %s", s.paint(red, s.say.Say("plan.count.delete_absent", "n", n)))
	}
	if out.Counts == (plan.Counts{}) {
		s.tell("  %s", s.say.Say("plan.nothing"))
	}
	s.tell("")
	if out.Seats.Limit == nil {
		s.tell("%s", s.say.Say("plan.seats.unlimited", "before", out.Seats.Before, "after", out.Seats.After))
	} else {
		s.tell("%s", s.say.Say("plan.seats", "before", out.Seats.Before, "after", out.Seats.After, "limit", *out.Seats.Limit))
	}
	if s.imp.Mails > 0 {
		key := "plan.mails"
		if s.imp.Options.HoldMails {
			key = "plan.mails.held"
		}
		s.tell("%s", s.say.Say(key, "n", s.imp.Mails))
	}
}

func (s *planShow) countKey(action plan.Action) string {
	key := "plan.count." + action.String()
	switch {
	case action == plan.Update && s.imp.Layout == plan.Memberships:
		return key + "_memberships" // several of one member are several rows
	case s.imp.Kind == store.UndoImport && (action == plan.Keep || action == plan.Reject):
		return key + "_undo" // which has no rows
	}
	return key
}

// changes shows the first changes of each action, old → new.
func (s *planShow) changes(ctx context.Context) error {
	for _, action := range []plan.Action{plan.Create, plan.Invite, plan.Update, plan.Delete} {
		total := s.imp.Outcome.Counts[action] + s.imp.Outcome.Absent[action]
		if total == 0 {
			continue
		}
		s.tell("")
		s.tell("%s", s.paint(bold, s.say.Say("plan.heading."+action.String(), "n", total)))
		q := store.ChangeQuery{Actions: []plan.Action{action}, Limit: shownChanges}
		for c, err := range s.svc.Changes(ctx, s.actor, s.imp, q) {
			if err != nil {
				return err
			}
			s.change(&c.Change)
		}
		if total > shownChanges {
			s.tell("  %s", s.paint(dim, s.say.Say("plan.shown.report", "shown", shownChanges, "total", total, "command", s.follow("report", number(s.imp.ID), "-o", "FILE"))))
		}
	}
	return nil
}

func (s *planShow) change(c *plan.Change) {
	where := ""
	if c.Line > 0 {
		where = s.paint(dim, s.say.Say("place.line", "line", c.Line)+"  ")
	}
	s.tell("  %s%s", where, s.who(c))
	if c.Action != plan.Update {
		return
	}
	for _, d := range admin.Differences(c, s.actor, s.masters) {
		s.tell("      %s", admin.DifferenceText(d, s.masters, s.say))
	}
}

// who names the member of a change: the name, and what tells them from others.
func (s *planShow) who(c *plan.Change) string {
	m := c.After
	m.ID = c.MemberID
	return s.person(m)
}

func (s *planShow) person(m member.Member) string {
	var parts []string
	for _, text := range []string{m.Name, m.Email} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if m.LoginID != "" && m.Email == "" {
		parts = append(parts, m.LoginID)
	}
	if m.ID > 0 {
		parts = append(parts, s.paint(dim, "#"+strconv.FormatInt(m.ID, 10)))
	}
	return strings.Join(parts, "  ")
}

func (s *planShow) problems(key string, c colour, ps []admin.RowProblem, total int64) {
	if total == 0 {
		return
	}
	s.tell("")
	s.tell("%s", s.paint(c, s.say.Say(key, "n", total)))
	for _, p := range ps {
		s.tell("  %s", s.say.Say("place.problem", "place", s.place(p), "message", s.say.Problem(p.Problem)))
	}
	if total > int64(len(ps)) {
		s.tell("  %s", s.paint(dim, s.say.Say("plan.shown.report", "shown", len(ps), "total", total, "command", s.follow("report", number(s.imp.ID), "-o", "FILE"))))
	}
}

// place says where something is wrong; where there is no line, with whom.
func (s *planShow) place(p admin.RowProblem) string {
	place := p.Place
	switch {
	case place.Line > 0 && place.Header != "":
		return s.say.Say("place.header", "line", place.Line, "column", place.Column, "header", place.Header)
	case place.Line > 0 && place.Column != "":
		return s.say.Say("place.cell", "line", place.Line, "column", place.Column)
	case place.Line > 0:
		return s.say.Say("place.line", "line", place.Line)
	case p.Member.ID != 0 || p.Member.Email != "":
		return s.person(p.Member)
	}
	return s.say.Say("place.file")
}

func (s *planShow) brakes() {
	if len(s.imp.Outcome.Brakes) == 0 {
		return
	}
	s.tell("")
	s.tell("%s", s.paint(yellow, s.say.Say("brake.title")))
	for _, b := range s.imp.Outcome.Brakes {
		s.tell("  %s", s.say.Say("brake."+b.Kind, "count", b.Count, "limit", b.Limit))
	}
}

// next says what can be applied. Where nothing can, what has a place in the file is
// to be corrected there; what concerns the plan as a whole says itself what to do.
func (s *planShow) next(ps []admin.RowProblem) {
	out := s.imp.Outcome
	rejects := out.Counts[plan.Reject]
	s.tell("")
	switch {
	case s.imp.State == store.Rejected:
		s.tell("%s", s.say.Say("plan.all_or_nothing"))
		inFile := func(p admin.RowProblem) bool { return p.Place.Line > 0 }
		if s.imp.Kind == store.FileImport && slices.ContainsFunc(ps, inFile) {
			s.tell("%s", s.say.Say("next.correct"))
		}
		return
	case rejects > 0:
		key := "plan.rows_left_out"
		if s.imp.Kind == store.UndoImport {
			key = "plan.changes_left_out"
		}
		s.tell("%s", s.say.Say(key, "n", rejects))
	}
	s.tell("%s", s.paint(dim, s.say.Say("plan.sum", "sum", hex.EncodeToString(s.imp.Sum))))
}

// acceptOf is what --accept must be given.
func acceptOf(brakes []plan.Brake) string {
	parts := make([]string, len(brakes))
	for i, b := range brakes {
		parts[i] = b.Kind + "=" + strconv.FormatInt(b.Count, 10)
	}
	return strings.Join(parts, ",")
}

// showApplied tells what became of a plan.
func (a *app) showApplied(imp store.Import) {
	counts := imp.Outcome.Counts
	a.tell("")
	if imp.Applied() == 0 {
		a.tell("%s", a.say.Say("apply.nothing", "id", imp.ID))
		return
	}
	a.tell("%s", a.say.Say("apply.done", "id", imp.ID, "created", counts[plan.Create], "invited", counts[plan.Invite],
		"updated", counts[plan.Update], "deleted", counts[plan.Delete]+imp.Outcome.Absent[plan.Delete],
		"kept", counts[plan.Keep], "rejected", counts[plan.Reject]))
	if imp.Kind == store.UndoImport {
		a.tell("%s", a.say.Say("undo.done", "undone", imp.UndoOf, "id", imp.ID))
	}
	a.tellUndo(imp)
	a.tell("%s", a.say.Say("next.report", "command", a.follow("report", number(imp.ID), "-o", "FILE")))
}

// timeOf is a stored time in the organisation's zone.
func timeOf(micros int64, actor admin.Actor) time.Time {
	return time.UnixMicro(micros).In(actor.Org.Zone)
}
