package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// shownChanges is how many changes a page of the list has.
const shownChanges = 50

// A changeList is a page of the changes of an import.
type changeList struct {
	Imp         store.Import
	Action      plan.Action // only these; 0: all
	Search      string
	Code        problem.Code // only rows with a problem or a note of it; empty: all
	Rows        []changeRow
	Begin, End  bool  // whether nothing is before, and nothing after it
	First, Last int64 // seq of the first and last change that was looked at
	Total       int64 // changes of the plan, whatever was asked for
}

// searchedAtOnce is among how many changes a text is looked for by one request, and
// codesAtOnce a problem or a note: as many as are read in a moment. The page goes on by
// itself.
const (
	searchedAtOnce = 1_000_000
	codesAtOnce    = 100_000
)

// A changeRow is a change as it is shown.
type changeRow struct {
	Line        int64
	Action      plan.Action
	Restores    bool
	Cancels     bool // an invitation
	MemberID    int64
	Name        string
	Key         string // e-mail, else login ID
	Differences []plan.Difference
	Problems    []problem.Problem
	Notes       []problem.Problem
	Erased      bool
}

func (q *request) importedChanges() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	if !q.partial() {
		return q.redirect("/imports/" + number(imp.ID) + "?" + q.r.URL.RawQuery)
	}
	masters, err := q.mastersOf(q.r.Context(), imp)
	if err != nil {
		return err
	}
	list, err := q.changeList(imp, masters)
	if err != nil {
		return err
	}
	q.w.Header().Set("HX-Replace-Url", q.path("/imports/"+number(imp.ID)+"?"+q.r.URL.RawQuery))
	return q.show(http.StatusOK, changesPart(q, list, masters))
}

// changeList is the page of changes that the request asks for.
func (q *request) changeList(imp store.Import, masters *plan.Masters) (changeList, error) {
	l := changeList{Imp: imp, Search: q.value("search"), Total: changesOf(imp)}
	if i := slices.IndexFunc(plan.Actions, func(a plan.Action) bool { return a.String() == q.value("action") }); i >= 0 {
		l.Action = plan.Actions[i]
	}
	if code := problem.Code(q.value("code")); imp.Outcome.ProblemCodes[code]+imp.Outcome.WarningCodes[code] > 0 {
		l.Code = code
	}
	page := store.ChangePage{Action: l.Action, Code: l.Code, Limit: shownChanges + 1, After: min(q.seq("after"), l.Total), Before: min(q.seq("before"), l.Total+1)}
	if q.value("page") == "last" {
		page.Before = l.Total + 1
	}
	switch {
	case l.Code != "":
		page.Within = codesAtOnce
	case l.Search != "":
		page.Within = searchedAtOnce
	}
	changes, err := q.svc.ChangePage(q.r.Context(), q.actor, imp, l.Search, page)
	if err != nil {
		return l, err
	}
	changes = l.bound(page, changes)
	for i := range changes {
		l.Rows = append(l.Rows, q.changeRow(&changes[i], masters))
	}
	return l, nil
}

// searches reports whether rows are looked for by what they say.
func (l changeList) searches() bool { return l.Search != "" || l.Code != "" }

// bound says what is before and after a page of changes, which were asked for with
// one more than it has.
func (l *changeList) bound(page store.ChangePage, changes []store.StoredChange) []store.StoredChange {
	more := len(changes) > shownChanges
	if page.Before != 0 {
		changes = changes[len(changes)-min(len(changes), shownChanges):]
		l.First, l.Last = 1, page.Before-1
		if page.Within > 0 {
			l.First = max(1, page.Before-page.Within)
		}
		if more {
			l.First = changes[0].Seq
		}
	} else {
		changes = changes[:min(len(changes), shownChanges)]
		l.First, l.Last = page.After+1, l.Total
		if page.Within > 0 {
			l.Last = min(l.Total, page.After+page.Within)
		}
		if more {
			l.Last = changes[len(changes)-1].Seq
		}
	}
	l.Begin, l.End = l.First <= 1, l.Last >= l.Total
	return changes
}

// changesOf is how many changes a plan has; their seqs count from 1.
func changesOf(imp store.Import) int64 {
	n := int64(0)
	for _, a := range plan.Actions {
		n += imp.Outcome.Counts[a] + imp.Outcome.Absent[a]
	}
	return n
}

// seq reads a place in a plan; anything that is none is no place.
func (q *request) seq(name string) int64 {
	n, err := strconv.ParseInt(q.value(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (q *request) changeRow(c *store.StoredChange, masters *plan.Masters) changeRow {
	r := changeRow{Line: c.Line, Action: c.Action, Restores: c.Restores(), Cancels: c.Action == plan.Delete && c.MemberID == 0, MemberID: c.MemberID, Name: c.After.Name, Key: c.After.Email,
		Notes: c.Notes, Problems: c.Problems, Erased: c.IsErased()}
	if r.Key == "" {
		r.Key = c.After.LoginID
	}
	if !r.Erased {
		r.Differences = admin.Differences(&c.Change, q.actor, masters)
	}
	return r
}

// path is the address of another page of the list, by pairs of name and value.
func (l changeList) path(q *request, part string, pairs ...string) string {
	v := url.Values{}
	if l.Action != 0 {
		v.Set("action", l.Action.String())
	}
	if l.Search != "" {
		v.Set("search", l.Search)
	}
	if l.Code != "" {
		v.Set("code", string(l.Code))
	}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	path := q.path("/imports/" + number(l.Imp.ID) + part)
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return path
}

// actionWord is the verb of a change.
func (q *request) actionWord(a plan.Action, restores bool) string {
	if restores {
		return q.say.Action("restore")
	}
	return q.say.Action(a.String())
}

// rowWord is the verb of a row of the list.
func (q *request) rowWord(r changeRow) string {
	if r.Cancels {
		return q.say.Action("cancel")
	}
	return q.actionWord(r.Action, r.Restores)
}

// countWord is what changes of an action are counted as: somebody whom an undo adds
// was there before.
func (q *request) countWord(imp store.Import, a plan.Action) string {
	switch {
	case imp.Kind == store.UndoImport && a == plan.Create:
		return q.say.Say("web.count.restore")
	case a == plan.Delete && onlyCancels(imp):
		return q.say.Say("web.count.cancel")
	}
	return q.say.Say("web.count." + a.String())
}

// codeWord is worded, with the code beside the name where files have the code.
func (q *request) codeWord(masters *plan.Masters, attribute, text string) string {
	words := q.worded(masters, attribute, text)
	if words == text || attribute != member.Role.String() && attribute != member.BrandPolicy.String() {
		return words
	}
	return words + " (" + text + ")"
}

// label is what an attribute or a field is called.
func (q *request) label(identifier string, masters *plan.Masters) string {
	f, ok := masters.Field(identifier)
	switch {
	case !ok:
		return q.say.Attribute(identifier)
	case q.say.Lang() == "ja":
		return f.LabelJA
	}
	return f.LabelEN
}
