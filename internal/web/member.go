package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var oneMemberRoutes = []route{
	{http.MethodGet, "/members/new", writing(member.MembersArea), (*request).newMember},
	{http.MethodPost, "/members/new", writing(member.MembersArea).withFile(), (*request).addMember},
	{http.MethodGet, "/members/{id}", reading(member.MembersArea), (*request).member},
	{http.MethodPost, "/members/{id}", writing(member.MembersArea).withFile(), (*request).saveMember},
	{http.MethodPost, "/members/{id}/delete", writing(member.MembersArea), (*request).deleteMember},
	{http.MethodPost, "/members/{id}/erase", writing(member.MembersArea), (*request).eraseMember},
	{http.MethodPost, "/members/{id}/second-factor", writing(member.MembersArea), (*request).unlockMember},
	{http.MethodPost, "/members/{id}/password-link", writing(member.MembersArea), (*request).sendPasswordLink},
	{http.MethodGet, "/members/{id}/files/{file}", reading(member.MembersArea), (*request).memberFile},
}

// A memberView is the page of a member.
type memberView struct {
	Form      *memberForm
	Said      deed
	MayUnlock bool   // the reader may take off the member's second factor
	Done      string // what was done just now; empty for nothing
	Pasts     []past // newest first; nil where the reader may not see them
}

// A past is one line of the history.
type past struct {
	store.Past
	Who         string
	Differences []plan.Difference
}

// pathID is the member that the address names.
func (q *request) pathID() (int64, error) { return admin.MemberID(q.r.PathValue("id")) }

func memberPath(id int64) string { return "/members/" + strconv.FormatInt(id, 10) }

func (q *request) member() error {
	v, err := q.memberView()
	if err != nil {
		return err
	}
	if v.Said, err = q.deed(); err != nil {
		return err
	}
	return q.page(v.Form.Member.Name, memberPage(q, v))
}

// memberView reads a member with all that their page shows.
func (q *request) memberView() (*memberView, error) {
	ctx := q.r.Context()
	m, err := q.svc.Member(ctx, q.actor, q.r.PathValue("id"))
	if err == nil {
		_, err = q.pathID() // addresses name members by ID only
	}
	if err != nil {
		return nil, err
	}
	masters, err := q.svc.PastMasters(ctx, q.actor) // for the history
	if err != nil {
		return nil, err
	}
	st, err := q.svc.AboutMember(ctx, q.actor, m.ID)
	if err != nil {
		return nil, err
	}
	v := &memberView{Form: q.newForm(m, masters, st), MayUnlock: st.MayUnlock}
	switch q.r.URL.Query().Get("said") { // not of the form, which is not read yet
	case "unlocked":
		v.Done = q.say.Say("web.member.unlocked", "name", m.Name)
	case "link":
		v.Done = q.say.Say("web.member.link.sent", "name", m.Name)
	case "link_waits":
		v.Done = q.say.Say("web.member.link.waits", "name", m.Name)
	}
	if q.may(member.HistoryArea, member.ReadAccess) {
		v.Pasts, err = q.pasts(m.ID, masters)
	}
	return v, err
}

func (q *request) pasts(id int64, masters *plan.Masters) ([]past, error) {
	all, names, err := q.svc.History(q.r.Context(), q.actor, id)
	if err != nil {
		return nil, err
	}
	pasts := make([]past, len(all))
	for i, p := range all {
		who := names[p.ActorID]
		switch {
		case p.ActorID == 0 && p.Kind == store.AcceptImport:
			who = q.say.Say("web.member.themselves")
		case p.ActorID == 0:
			who = q.say.Say("word.operator")
		case who == "":
			who = "#" + strconv.FormatInt(p.ActorID, 10) // erased
		}
		pasts[i] = past{p, who, admin.Differences(&p.Change, q.actor, masters)}
	}
	return pasts, nil
}

// unlockMember takes off the second factor and passkeys of a member who lost them.
func (q *request) unlockMember() error {
	id, err := q.pathID()
	if err == nil {
		err = q.svc.TakeOffSecondFactor(q.r.Context(), q.actor, id)
	}
	if err != nil {
		return err
	}
	return q.redirect(memberPath(id) + "?said=unlocked")
}

// sendPasswordLink mails a member a link to a password.
func (q *request) sendPasswordLink() error {
	id, err := q.pathID()
	if err != nil {
		return err
	}
	sent, err := q.svc.SendPasswordLink(q.r.Context(), q.actor, id)
	if p, ok := asProblem(err); ok && p.Kind == problem.Conflict {
		return q.memberAgain(p)
	}
	if err != nil {
		return err
	}
	if !sent {
		return q.redirect(memberPath(id) + "?said=link_waits")
	}
	return q.redirect(memberPath(id) + "?said=link")
}

func (q *request) newMember() error {
	f, err := q.emptyForm()
	if err != nil {
		return err
	}
	return q.page(q.say.Say("web.members.new"), newMemberPage(q, f))
}

// emptyForm is the form of somebody new, for who may add members.
func (q *request) emptyForm() (*memberForm, error) {
	if err := q.actor.Insist(member.MembersArea, member.WriteAccess); err != nil {
		return nil, err
	}
	masters, err := q.svc.Masters(q.r.Context(), q.actor)
	if err != nil {
		return nil, err
	}
	return q.somebodyNew(masters), nil
}

func (q *request) addMember() error {
	f, err := q.emptyForm()
	if err != nil {
		return err
	}
	imp, err := q.saveTyped(f)
	if err != nil {
		return err
	}
	if imp.State != store.Applied {
		return q.pageAs(http.StatusUnprocessableEntity, q.say.Say("web.members.new"), newMemberPage(q, f))
	}
	return q.redirect(memberPath(imp.FirstMember) + "?done=" + strconv.FormatInt(imp.ID, 10))
}

func (q *request) saveMember() error {
	v, err := q.memberView()
	if err != nil {
		return err
	}
	imp, err := q.saveTyped(v.Form)
	if err != nil {
		return err
	}
	if imp.State != store.Applied {
		return q.pageAs(http.StatusUnprocessableEntity, v.Form.Member.Name, memberPage(q, v))
	}
	return q.redirect(memberPath(v.Form.Member.ID) + "?done=" + strconv.FormatInt(imp.ID, 10))
}

// saveTyped reads and saves a form; its files go, whatever happens.
func (q *request) saveTyped(f *memberForm) (store.Import, error) {
	e, err := q.readForm(f)
	if p, ok := asProblem(err); ok {
		f.General = append(f.General, q.say.Problem(p))
		return store.Import{}, nil
	}
	var imp store.Import
	if err == nil {
		imp, err = q.saveForm(f, e)
	}
	return imp, errors.Join(err, q.closeFiles(e))
}

// closeFiles closes and removes what was uploaded.
func (q *request) closeFiles(e admin.Edit) (err error) {
	for _, f := range e.Files {
		if c, ok := f.Content.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	if q.r.MultipartForm != nil {
		err = errors.Join(err, q.r.MultipartForm.RemoveAll())
	}
	return err
}

// formError says what was wrong with a form that cannot be read.
func formError(err error, limit int64) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem.Of(problem.TooLarge, problem.FormTooLarge, "limit", strconv.FormatInt(limit, 10))
	}
	return problem.New(problem.UploadBroken)
}

func (q *request) deleteMember() error {
	id, err := q.pathID()
	if err != nil {
		return err
	}
	imp, err := q.svc.Edit(q.r.Context(), q.actor, []admin.Edit{{MemberID: id, Delete: true}})
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden && p.Kind != problem.NotFound {
		return q.memberAgain(p)
	}
	if err != nil {
		return err
	}
	return q.redirect("/members?done=" + strconv.FormatInt(imp.ID, 10))
}

// memberAgain shows a member's page with what went wrong.
func (q *request) memberAgain(p problem.Problem) error {
	v, err := q.memberView()
	if err != nil {
		return err
	}
	v.Form.General = append(v.Form.General, q.say.Problem(p))
	return q.pageAs(statusOf(p), v.Form.Member.Name, memberPage(q, v))
}

// eraseMember erases a member for good, once their ID was typed in.
func (q *request) eraseMember() error {
	v, err := q.memberView()
	if err != nil {
		return err
	}
	if q.value("typed") != strconv.FormatInt(v.Form.Member.ID, 10) {
		v.Form.General = append(v.Form.General, q.say.Say("web.member.erase.mistyped", "id", v.Form.Member.ID))
		return q.pageAs(http.StatusUnprocessableEntity, v.Form.Member.Name, memberPage(q, v))
	}
	err = q.svc.Erase(q.r.Context(), q.actor, v.Form.Member.ID)
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		return q.memberAgain(p)
	}
	if err != nil {
		return err
	}
	return q.redirect("/members?erased=" + strconv.FormatInt(v.Form.Member.ID, 10))
}

// memberFile hands out the file of a field: always to be kept, never to be shown
// as a page of ours.
func (q *request) memberFile() (err error) {
	id, err := q.pathID()
	if err != nil {
		return err
	}
	f, err := q.svc.MemberFile(q.r.Context(), q.actor, id, q.r.PathValue("file"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := q.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "no-store")
	http.ServeContent(q.w, q.r, "", time.Time{}, io.NewSectionReader(f, 0, f.Size()))
	return nil
}
