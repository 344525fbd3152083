package web

import (
	"slices"
	"strconv"

	"meibo/internal/problem"
	"meibo/internal/store"
)

// What the pages of groups, fields, brands, policies and roles have in common:
// a list, a form to add, a page of one thing to edit, and a page that says what
// deleting would do before it is done.

// administrationRoutes are the pages of what an organisation defines.
var administrationRoutes = slices.Concat(groupRoutes, fieldRoutes, brandRoutes, policyRoutes, roleRoutes, accessRoutes, seatRoutes, invitationRoutes, mailRoutes, settingRoutes)

// A trouble is what was wrong with a form; it is shown with the form and with
// what was typed. The zero trouble is none.
type trouble struct {
	Sentence string
	Reason   problem.Code
	Status   int
}

// trouble returns what a person can mend in a form. An error that is no problem
// is not one of these, nor is that the page is not for them.
func (q *request) trouble(err error) (trouble, bool) {
	p, ok := asProblem(err)
	if !ok || p.Code == problem.ActorForbidden || p.Code == problem.OwnerOnly {
		return trouble{}, false
	}
	sentence := q.say.Problem(p)
	switch p.Code { // the sentences speak of flags; the page has the numbers
	case problem.InUse:
		sentence = q.say.Say("web.delete.in_use")
	case problem.BrakesNotAccepted:
		sentence = q.say.Say("web.brake.accept")
	}
	return trouble{sentence, p.Code, statusOf(p)}, true
}

// checked reports whether a box of the form was ticked.
func (q *request) checked(name string) bool { return q.value(name) != "" }

// values are all values of a name in the form.
func (q *request) values(name string) []string {
	q.value(name) // reads the form
	return q.r.Form[name]
}

// number is a whole number of the form or the query, from 0; anything else is 0.
func (q *request) number(name string) int64 {
	n, err := strconv.ParseInt(plainDigits(q.value(name)), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, n)
}

// said are the sentences that a page may begin with after something was done.
var said = map[string]string{
	"added": "web.said.added", "changed": "web.said.changed", "deleted": "web.said.deleted", "moved": "web.said.moved",
	"invited": "web.said.invited", "group_deleted": "web.said.group_deleted",
	"password": "web.password.changed", "email": "web.sign_in.email_set", "asked": "web.profile.email.asked",
}

// A done is what was just done: the page that follows a form begins with it.
type done struct {
	Key    string       // of the sentence; empty: nothing was done
	Import store.Import // the plan that changed members first; zero if none did
}

// did is the key of what the plan did to members.
func (d done) did() string {
	if d.Key == said["group_deleted"] {
		return "web.said.taken_out"
	}
	return "web.said.members"
}

// done reads what was done from the address. A plan that the reader may not see
// is left out.
func (q *request) done() (done, error) {
	d := done{Key: said[q.value("said")]}
	id := q.number("import")
	if d.Key == "" || id == 0 {
		return d, nil
	}
	imp, err := q.svc.Import(q.r.Context(), q.actor, id)
	if _, unseen := asProblem(err); unseen {
		return d, nil
	}
	d.Import = imp
	return d, err
}

// after is the address of a page with what was done, and the plan that did it.
func after(path, what string, imp store.Import) string {
	path += "?said=" + what
	if imp.ID != 0 {
		path += "&import=" + number(imp.ID)
	}
	return path
}

// A successor is a role or policy that may take the place of one that goes.
type successor struct{ Code, Name string }
