package web

import (
	"slices"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// countOf is how many changes of an import do something, with and without a line.
func countOf(imp store.Import, a plan.Action) int64 {
	return imp.Outcome.Counts[a] + imp.Outcome.Absent[a]
}

// onlyAction is what all changes that an import makes do; 0: several things, or nothing.
func onlyAction(imp store.Import) (only plan.Action) {
	for _, a := range []plan.Action{plan.Create, plan.Invite, plan.Update, plan.Delete} {
		if countOf(imp, a) == 0 {
			continue
		}
		if only != 0 {
			return 0
		}
		only = a
	}
	return only
}

// onlyCancels reports whether whatever an import deletes is invitations.
func onlyCancels(imp store.Import) bool {
	return imp.Outcome.Cancelled > 0 && imp.Outcome.Cancelled == countOf(imp, plan.Delete)
}

// A bar is a part of the plot of an import, in thousandths of its width.
type bar struct {
	Action   plan.Action
	X, Width int64
}

// bars divide the width of the plot by actions; none of an action that is there is
// too narrow to be seen.
func bars(imp store.Import) []bar {
	const width, least = 1000, 4
	total, left := changesOf(imp), int64(width)
	for _, a := range plan.Actions {
		if countOf(imp, a) > 0 {
			left -= least
		}
	}
	var all []bar
	x := int64(0)
	for _, a := range plan.Actions {
		if n := countOf(imp, a); n > 0 {
			b := bar{a, x, least + left*n/total}
			x += b.Width
			all = append(all, b)
		}
	}
	return all
}

// lacksSeats reports whether the plan is stopped by nothing but seats: no row of the
// file can be corrected then.
func (v importView) lacksSeats() bool {
	return countOf(v.Imp, plan.Reject) == 0 && slices.ContainsFunc(v.Found.Problems, func(p admin.RowProblem) bool { return p.Code == problem.SeatsMissing })
}

// stateClass is how the badge of a state looks.
func stateClass(s store.State) string {
	switch s {
	case store.Applied:
		return "good"
	case store.Rejected, store.Failed:
		return "bad"
	case store.Stale, store.NeedsAcceptance, store.NeedsApproval:
		return "warn"
	case store.Planned, store.Planning, store.Applying:
		return "update"
	}
	return ""
}

// readAs says how a file was read.
func (q *request) readAs(imp store.Import) string {
	layout := q.say.Say("layout." + string(imp.Layout))
	switch {
	case imp.Kind != store.FileImport || imp.Layout == "":
		return q.kindOf(imp)
	case imp.Outcome.Sheet != "":
		return q.say.Say("plan.read.workbook", "rows", imp.Rows, "sheet", imp.Outcome.Sheet, "layout", layout)
	}
	return q.say.Say("plan.read", "rows", imp.Rows, "charset", imp.Charset, "layout", layout)
}

func (q *request) seats(imp store.Import) string {
	s, key := imp.Outcome.Seats, "web.review.seats"
	if imp.State == store.Applied {
		key = "web.result.seats"
	}
	if s.Limit == nil {
		return q.say.Say(key+".unlimited", "before", s.Before, "after", s.After)
	}
	return q.say.Say(key, "before", s.Before, "after", s.After, "limit", *s.Limit)
}

func (q *request) mails(imp store.Import) string {
	key := "plan.mails"
	if imp.Options.HoldMails {
		key = "plan.mails.held"
	}
	return q.say.Say(key, "n", imp.Mails)
}

// some names some of many.
func (q *request) some(names []string, total int64) string {
	text := strings.Join(names, ", ")
	if more := total - int64(len(names)); more > 0 && len(names) > 0 {
		return q.say.Say("web.and_more", "names", text, "n", more)
	}
	return text
}

// A chosenOption is an option of an import in words.
type chosenOption struct{ Name, Value string }

// chosenOptions are the options of an import that a reader may want to know.
func (q *request) chosenOptions(imp store.Import) []chosenOption {
	o, say := imp.Options, q.say.Say
	var all []chosenOption
	add := func(name, value string) { all = append(all, chosenOption{say(name), value}) }
	if imp.Kind != store.FileImport || imp.Layout == "" {
		return nil
	}
	if imp.Layout != plan.Memberships {
		if len(o.Match) > 0 {
			labels := make([]string, len(o.Match))
			for i, m := range o.Match {
				labels[i] = q.say.Attribute(m)
			}
			add("web.options.found_by", strings.Join(labels, ", "))
		}
		add("web.options.new", say("web.options.new."+o.New))
		add("web.options.blank", say("web.options.blank."+blankWord(imp.Layout, o.Blank)))
	}
	add("web.options.bad_rows", say("web.options.bad_rows."+o.BadRows))
	if o.Conflicts == "file" {
		add("web.options.conflicts", say("web.options.conflicts.file"))
	}
	if len(o.Only) > 0 {
		words := make([]string, len(o.Only))
		for i, w := range o.Only {
			words[i] = q.say.Action(w)
		}
		add("web.options.only", strings.Join(words, ", "))
	}
	if o.Sync {
		add("web.options.sync", strings.TrimSpace(say("web.options.sync.do")+" "+o.SyncWithin))
	}
	for _, x := range []struct {
		on  bool
		key string
	}{{o.RandomPassword, "web.options.random_passwords"}, {o.ResetPasswords, "web.options.reset_passwords"}, {o.CreateGroups, "web.options.create_groups"}} {
		if x.on {
			add("web.options", say(x.key))
		}
	}
	return all
}

// heading is what a change is called.
func (r changeRow) heading() string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Key != "":
		return r.Key
	case r.MemberID > 0:
		return "#" + number(r.MemberID)
	}
	return ""
}

// invalid marks a number of a brake that was typed wrongly.
func invalid(v importView, b plan.Brake) string {
	if typed, tried := v.Typed[b.Kind]; tried && typed != number(b.Count) {
		return "true"
	}
	return "false"
}

// blankWord is the end of the key that says what a blank cell does: in the
// invitation layout it clears policy and role whatever the option is (§5).
func blankWord(l plan.Layout, blank string) string {
	if l == plan.InviteSheet && blank == "keep" {
		return "keep_invitation"
	}
	return blank
}
