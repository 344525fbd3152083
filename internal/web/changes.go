package web

import (
	"net/http"
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// shownChanges is how many changes a page of the list has.
const shownChanges = 50

// A changeList is a page of the changes of an import.
type changeList struct {
	Imp    store.Import
	Action plan.Action // only these; 0: all
	Rows   []changeRow
	Next   int64 // seq after which the next page begins; 0 if this is the last
	First  bool
}

// A changeRow is a change as it is shown.
type changeRow struct {
	Line        int64
	Action      plan.Action
	MemberID    int64
	Name        string
	Key         string // e-mail, else login ID
	Differences []plan.Difference
	Notes       []problem.Problem
	Bad         []problem.Problem
	Erased      bool
}

func (q *request) importedChanges() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	masters, err := q.mastersOf(q.r.Context(), imp)
	if err != nil {
		return err
	}
	list, err := q.changeList(imp, masters)
	if err != nil {
		return err
	}
	if q.partial() {
		return q.show(http.StatusOK, changesPart(q, list, masters))
	}
	return q.redirect("/imports/" + number(imp.ID) + "?" + q.r.URL.RawQuery)
}

// changeList is the page of changes that the request asks for.
func (q *request) changeList(imp store.Import, masters *plan.Masters) (changeList, error) {
	l := changeList{Imp: imp}
	query := store.ChangeQuery{Limit: shownChanges + 1}
	if i := slices.IndexFunc(plan.Actions, func(a plan.Action) bool { return a.String() == q.value("action") }); i >= 0 {
		l.Action = plan.Actions[i]
		query.Actions = []plan.Action{l.Action}
	}
	query.After, _ = strconv.ParseInt(q.value("after"), 10, 64) // anything else is the first page
	l.First = query.After == 0
	last := int64(0)
	for c, err := range q.svc.Changes(q.r.Context(), q.actor, imp, query) {
		if err != nil {
			return l, err
		}
		if len(l.Rows) == shownChanges {
			l.Next = last
			break
		}
		last = c.Seq
		l.Rows = append(l.Rows, q.changeRow(&c, masters))
	}
	return l, nil
}

func (q *request) changeRow(c *store.StoredChange, masters *plan.Masters) changeRow {
	r := changeRow{Line: c.Line, Action: c.Action, MemberID: c.MemberID, Name: c.After.Name, Key: c.After.Email,
		Notes: c.Notes, Bad: c.Problems, Erased: c.IsErased()}
	if r.Key == "" {
		r.Key = c.After.LoginID
	}
	if !r.Erased {
		r.Differences = admin.Differences(&c.Change, q.actor, masters)
	}
	return r
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
