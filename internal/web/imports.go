package web

import (
	"net/http"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

var historyRoutes = []route{
	{http.MethodGet, "/imports", reading(member.ImportsArea), (*request).imports},
}

// shownImports is how many imports a page of the history has.
const shownImports = 30

// An importList is a page of the history of imports, newest first.
type importList struct {
	Imports []store.Import
	Names   map[int64]string // of who made them
	Undone  map[int64]int64  // by which import each was undone
	Edits   bool             // with edits of members
	First   bool
	Next    int64 // ID before which the next page begins; 0 if there is none
}

func (q *request) imports() error {
	l := importList{Edits: q.value("edits") != ""}
	query := store.ImportQuery{Kinds: []store.Kind{store.FileImport, store.UndoImport}, Approvals: true, Before: q.seq("before"), Limit: shownImports + 1}
	if l.Edits {
		query.Kinds = nil
	}
	l.First = query.Before == 0
	var err error
	if l.Imports, err = q.svc.Imports(q.r.Context(), q.actor, query); err != nil {
		return err
	}
	if len(l.Imports) > shownImports {
		l.Imports = l.Imports[:shownImports]
		l.Next = l.Imports[shownImports-1].ID
	}
	if l.Names, err = q.svc.Authors(q.r.Context(), q.actor, l.Imports...); err != nil {
		return err
	}
	if l.Undone, err = q.svc.UndoneBy(q.r.Context(), q.actor, l.Imports...); err != nil {
		return err
	}
	return q.page(q.say.Say("web.nav.imports"), importsPage(q, l))
}

// shownCounts are the actions that the history counts, keep is not one of them.
var shownCounts = []plan.Action{plan.Create, plan.Invite, plan.Update, plan.Delete, plan.Reject}

func editsQuery(on bool) string {
	if on {
		return "?edits=1"
	}
	return ""
}

func editsMore(on bool) string {
	if on {
		return "&edits=1"
	}
	return ""
}
