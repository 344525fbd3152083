package web

import (
	"net/http"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var invitationRoutes = []route{
	{http.MethodGet, "/invitations", reading(member.InvitationsArea), (*request).invitations},
	{http.MethodPost, "/invitations", writing(member.InvitationsArea), (*request).invite},
	{http.MethodPost, "/invitations/resend", writing(member.InvitationsArea), (*request).resendInvitations},
	{http.MethodPost, "/invitations/cancel", writing(member.InvitationsArea), (*request).cancelInvitations},
	{http.MethodPost, "/invitations/link", writing(member.InvitationsArea), (*request).invitationLink},
}

// An inviteForm is what was typed to invite people.
type inviteForm struct {
	Addresses                      string // one a line
	Role, Permission, Policy, Code string
	Hold                           bool
	Wrong                          []string // why nobody of several was invited, as sentences
	trouble
}

// An invitationsList is a page of the list of invitations.
type invitationsList struct {
	Query       store.InvitationQuery
	Invitations []plan.Invitation
	Total       int64
	Failed      map[int64]store.Mail // of those whose mail did not arrive, by the ID of the invitation
	Now         int64
	Masters     *plan.Masters
	Inviting    inviteForm
	Done        done
	Sent        string  // what was done, as a sentence
	Acting      trouble // of resending or cancelling
	Chosen      []string
	Mails       int64 // to be typed in, because there are more than usual; 0: nothing is
	Link        string
	LinkOf      string // the address that Link is for
}

var invitationStates = []plan.InvitationState{plan.InvitationOpen, plan.InvitationExpired, plan.InvitationAccepted, plan.InvitationCancelled}

func invitationsPath(of store.InvitationQuery) string {
	path := "/invitations?search=" + escape(of.Search)
	if of.State != 0 {
		path += "&state=" + of.State.String()
	}
	return path
}

// next is the page of older ones; empty if there is none.
func (l invitationsList) next() string {
	if len(l.Invitations) < shownRows {
		return ""
	}
	return invitationsPath(l.Query) + "&before=" + number(l.Invitations[len(l.Invitations)-1].ID)
}

// undelivered says why the mail of an open invitation did not arrive; empty if none failed.
func (l invitationsList) undelivered(q *request, i plan.Invitation) string {
	m, failed := l.Failed[i.ID]
	if !failed || i.StateAt(l.Now) != plan.InvitationOpen {
		return ""
	}
	p, _ := m.Problem()
	return q.say.What(p)
}

func (q *request) invitations() error {
	return q.showInvitations(http.StatusOK, invitationsList{Inviting: inviteForm{Role: member.Regular.String(), Permission: member.Write.String()}})
}

// showInvitations shows the part of the list that the address asks for; after a
// form has failed, the newest.
func (q *request) showInvitations(status int, l invitationsList) (err error) {
	l.Query = store.InvitationQuery{Limit: shownRows}
	if q.r.Method == http.MethodGet {
		l.Query.Search, l.Query.Before = q.value("search"), q.number("before")
		for _, s := range invitationStates {
			if q.value("state") == s.String() {
				l.Query.State = s
			}
		}
	}
	if l.Invitations, l.Total, err = q.svc.Invitations(q.r.Context(), q.actor, l.Query); err != nil {
		return err
	}
	if l.Failed, err = q.svc.FailedInvitationMails(q.r.Context(), q.actor, l.Invitations); err != nil {
		return err
	}
	if l.Masters, err = q.svc.Masters(q.r.Context(), q.actor); err != nil {
		return err
	}
	if l.Done, err = q.done(); err != nil {
		return err
	}
	if q.value("said") == "resent" {
		l.Sent = q.say.Say("invitations.resent", "n", q.number("n"))
	}
	l.Now = q.svc.Now()
	if q.partial() {
		return q.show(status, invitationRows(q, l))
	}
	return q.pageAs(status, q.say.Say("web.nav.invitations"), invitationsPage(q, l))
}

// invite invites one person at once. Of more a plan is made, to be looked at.
func (q *request) invite() error {
	f := inviteForm{Addresses: q.r.PostFormValue("addresses"), Role: q.value("system_role"), Permission: q.value("system_permission"),
		Policy: q.value("policy"), Code: q.value("role"), Hold: q.checked("hold")}
	invitees := f.invitees()
	imp, err := q.svc.PlanInvite(q.r.Context(), q.actor, invitees, f.Hold)
	if err == nil && imp.Rows == 1 {
		imp, err = q.inviteOne(imp)
	}
	if err == nil && imp.State == store.Rejected {
		return q.notInvited(f, imp)
	}
	var ok bool
	if f.trouble, ok = q.trouble(err); ok {
		return q.showInvitations(f.Status, invitationsList{Inviting: f})
	}
	if err != nil {
		return err
	}
	if imp.State == store.Applied {
		return q.redirect(after("/invitations", "invited", store.Import{}))
	}
	return q.redirect("/imports/" + number(imp.ID))
}

// notInvited shows the form again with every address of several that is wrong.
func (q *request) notInvited(f inviteForm, imp store.Import) error {
	found, err := q.svc.Problems(q.r.Context(), q.actor, imp, shownProblems)
	if err != nil {
		return err
	}
	for _, p := range found.Problems {
		f.Wrong = append(f.Wrong, q.say.Say("web.invitations.wrong_one", "place", q.place(p), "what", q.say.Problem(p.Problem)))
	}
	f.trouble = trouble{Sentence: q.say.Say("web.invitations.wrong"), Status: http.StatusUnprocessableEntity}
	return q.showInvitations(f.Status, invitationsList{Inviting: f})
}

// invitees are the addresses, one a line or separated by commas, with what is
// chosen for all of them.
func (f inviteForm) invitees() []admin.Invitee {
	attributes := map[member.Attribute]string{}
	for a, text := range map[member.Attribute]string{member.SystemRole: f.Role, member.SystemPermission: f.Permission, member.BrandPolicy: f.Policy, member.Role: f.Code} {
		if text != "" {
			attributes[a] = text
		}
	}
	var all []admin.Invitee
	for i, line := range strings.Split(f.Addresses, "\n") {
		for _, address := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",;、，；", r) }) {
			if address = member.Trim(address); address != "" {
				all = append(all, admin.Invitee{Line: int64(i + 1), Email: address, Attributes: attributes})
			}
		}
	}
	return all
}

// inviteOne applies the plan of one invitation. Why it cannot is the error; one
// that needs a number typed in or somebody else's yes waits to be looked at.
func (q *request) inviteOne(imp store.Import) (store.Import, error) {
	switch imp.State {
	case store.Planned:
		if imp.Applied() == 0 {
			return imp, q.giveUp(imp, problem.Of(problem.Conflict, problem.AlreadyInvited))
		}
		return q.svc.Apply(q.r.Context(), q.actor, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
	case store.Rejected:
		found, err := q.svc.Problems(q.r.Context(), q.actor, imp, 1)
		if err != nil {
			return imp, err
		}
		if len(found.Problems) > 0 {
			return imp, found.Problems[0].Problem
		}
	}
	return imp, nil
}

// giveUp discards a plan that does nothing, because of why.
func (q *request) giveUp(imp store.Import, why error) error {
	if err := q.svc.Discard(q.r.Context(), q.actor, imp.ID); err != nil {
		return err
	}
	return why
}

func (q *request) resendInvitations() error {
	chosen := q.values("address")
	accept := map[string]int64{}
	if typed := q.number("accept"); typed == int64(len(chosen)) { // the very number that was shown (P21)
		accept[plan.MailsBrake] = typed
	}
	n, err := q.svc.Resend(q.r.Context(), q.actor, chosen, accept)
	if t, ok := q.trouble(err); ok {
		l := invitationsList{Acting: t, Chosen: chosen}
		if t.Reason == problem.BrakesNotAccepted {
			l.Mails = int64(len(chosen))
		}
		return q.showInvitations(t.Status, l)
	}
	if err != nil {
		return err
	}
	return q.redirect("/invitations?said=resent&n=" + number(int64(n)))
}

// cancelInvitations makes the plan that cancels invitations: as any deletion it is
// looked at, be it of one.
func (q *request) cancelInvitations() error {
	chosen := q.values("address")
	imp, err := q.svc.PlanCancel(q.r.Context(), q.actor, chosen)
	if t, ok := q.trouble(err); ok {
		return q.showInvitations(t.Status, invitationsList{Acting: t, Chosen: chosen})
	}
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + number(imp.ID))
}

// invitationLink shows the link of an invitation, which is made when it is asked
// for: who looks at the list sees none.
func (q *request) invitationLink() error {
	address := q.value("link")
	link, err := q.svc.InvitationLink(q.r.Context(), q.actor, address)
	if t, ok := q.trouble(err); ok {
		if q.partial() {
			return q.show(http.StatusOK, complain(t))
		}
		return q.showInvitations(t.Status, invitationsList{Acting: t})
	}
	if err != nil {
		return err
	}
	if q.partial() {
		return q.show(http.StatusOK, linkShown(q, address, link))
	}
	return q.showInvitations(http.StatusOK, invitationsList{Link: link, LinkOf: address})
}
