package web

import (
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/problem"
)

// batchEdit does one thing with the selected rows, or with all whom the list
// names. More than one member, or a deletion, is a plan to be looked at first;
// one member is changed at once, with a way to undo it.
func (q *request) batchEdit() error {
	e, known := q.batchAction()
	list := q.listQuery()
	w, search := list.which(), list.Search
	if q.value("all") == "" {
		w, search = admin.Which{IDs: q.selectedIDs()}, ""
	}
	if !known {
		return q.listAgain(problem.New(problem.BatchNothing))
	}
	if len(w.IDs) == 1 && !e.Delete {
		return q.editOne(list, w.IDs[0], e)
	}
	imp, err := q.svc.SendBatch(q.r.Context(), q.actor, w, search, e)
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		return q.listAgain(p)
	}
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + strconv.FormatInt(imp.ID, 10))
}

// editOne changes one member at once.
func (q *request) editOne(list listQuery, id int64, e admin.Edit) error {
	e.MemberID = id
	imp, err := q.svc.Edit(q.r.Context(), q.actor, []admin.Edit{e})
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		return q.listAgain(p)
	}
	if err != nil {
		return err
	}
	return q.redirect(list.path("done", strconv.FormatInt(imp.ID, 10)))
}

// listAgain shows the list as it was, with what went wrong.
func (q *request) listAgain(p problem.Problem) error {
	list, err := q.memberList()
	if also, ok := asProblem(err); err != nil && (!ok || also.Kind == problem.Forbidden) {
		return err
	}
	list.Problem = q.say.Problem(p)
	return q.pageAs(statusOf(p), q.say.Say("web.nav.members"), membersPage(q, &list))
}

// selectedIDs are the checked rows, never nil.
func (q *request) selectedIDs() []int64 {
	ids := []int64{}
	for _, text := range q.r.PostForm["id"] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// batchAction is what the pressed button asks for; known is false if it asks for
// nothing.
func (q *request) batchAction() (e admin.Edit, known bool) {
	set := func(a member.Attribute, value string) admin.Edit {
		return admin.Edit{Attributes: map[member.Attribute]string{a: value}}
	}
	group := q.value("of_group")
	switch q.value("do") {
	case "allow":
		return set(member.LoginAllowed, "1"), true
	case "forbid":
		return set(member.LoginAllowed, "0"), true
	case "delete":
		return admin.Edit{Delete: true}, true
	case "enter": // the key, in the input of the order
		return set(member.DisplayOrder, q.value("order")), q.value("order") != ""
	case "order":
		return set(member.DisplayOrder, q.value("order")), true
	case "join":
		return set(member.Groups, "+"+group), group != ""
	case "leave":
		return set(member.Groups, "-"+group), group != ""
	}
	return e, false
}
