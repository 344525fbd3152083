package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A memberForm is a member in inputs: as they are, or as somebody typed them.
type memberForm struct {
	Member   member.Member // ID 0: somebody new
	Masters  *plan.Masters
	Standing admin.MemberAbout
	Values   map[string]string   // what the inputs show, by identifier; several values joined by |
	Problems map[string][]string // sentences, by identifier
	General  []string            // sentences about nothing that has an input
	Closed   string              // key of why nothing can be changed; empty if it can
}

// Parts of names of inputs: those of fields stand apart from all others.
const (
	fieldPrefix  = "f."
	filePrefix   = "file."
	removePrefix = "remove."
)

// formAttributes are those with an input; the password is never shown.
var formAttributes = []member.Attribute{member.Name, member.Email, member.LoginID, member.LoginAllowed, member.LoginUntil, member.Groups,
	member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role, member.Remarks, member.DisplayOrder}

// newForm is the form of a member as they are.
func (q *request) newForm(m member.Member, masters *plan.Masters, st admin.MemberAbout) *memberForm {
	f := &memberForm{Member: m, Masters: masters, Standing: st, Values: map[string]string{}, Problems: map[string][]string{}}
	show := admin.Show(q.actor, masters)
	for _, a := range formAttributes {
		f.Values[a.String()] = show(&m, a.String())
	}
	f.Values[member.Groups.String()] = joinIDs(m.Groups)
	for i := range masters.Fields {
		field := &masters.Fields[i]
		f.Values[field.Identifier] = q.inputText(field, m.Fields[field.Identifier], show(&m, field.Identifier))
	}
	switch {
	case m.Role.IsOwner() && !q.actor.IsOwner():
		f.Closed = "web.member.closed.owner"
	case m.Permission == member.Admin && !q.actor.IsAdministrator():
		f.Closed = "web.member.closed.admin"
	case !q.may(member.MembersArea, member.WriteAccess):
		f.Closed = "web.member.closed.right"
	}
	return f
}

// inputText is what an input of a field's type takes: moments without an offset,
// in the organisation's time zone.
func (q *request) inputText(f *member.Field, canonical, shown string) string {
	if f.Type != member.DateTime || canonical == "" {
		return shown
	}
	t, err := time.Parse(time.RFC3339, canonical)
	if err != nil {
		return shown
	}
	return t.In(q.actor.Org.Zone).Format("2006-01-02T15:04:05")
}

func joinIDs(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, "|")
}

// somebodyNew is the form of who is not a member yet.
func (q *request) somebodyNew(masters *plan.Masters) *memberForm {
	m := member.Member{LoginAllowed: q.actor.Org.Settings.Is(plan.LoginAllowedDefault), Role: member.Regular, Permission: member.Write}
	for _, g := range masters.Groups {
		if g.Default && g.Enabled {
			m.Groups = append(m.Groups, g.ID)
		}
	}
	return q.newForm(m, masters, admin.MemberAbout{})
}

// has reports whether one of several values of an input is chosen.
func (f *memberForm) has(identifier, value string) bool {
	return slices.Contains(member.SplitValues(f.Values[identifier]), value)
}

// owned reports whether an input is closed because it is the member's own (I3).
func (f *memberForm) owned(a member.Attribute) bool {
	return f.Standing.Owned && (a == member.Name || a == member.Email)
}

// mayGive reports whether the reader may give system roles, permissions, policies
// and roles (G7): for what is offered; the plan decides.
func (q *request) mayGive() bool { return q.actor.IsAdministrator() }

// rolesToGive are the system roles that the reader may give.
func (q *request) rolesToGive() []string {
	if q.actor.IsOwner() {
		return []string{member.Regular.String(), member.Owner.String(), member.PrimaryOwner.String()}
	}
	return []string{member.Regular.String()}
}

// mostUpload is how many bytes a form of a member may have: its files, and its texts.
func (q *request) mostUpload(masters *plan.Masters) int64 {
	most, file := int64(8<<20), q.actor.Org.Settings.Count(plan.LimitFieldFile)
	for i := range masters.Fields {
		if f := &masters.Fields[i]; f.Type == member.FileType {
			most += f.MostBytes(file) + 1<<20
		}
	}
	return most
}

// uploadMemory is how much of a form is held in memory; the rest is on the disk.
const uploadMemory = 1 << 20

// read takes what was typed into the form, and returns the edit that it means.
func (q *request) readForm(f *memberForm) (admin.Edit, error) {
	e := admin.Edit{MemberID: f.Member.ID, Attributes: map[member.Attribute]string{}, Fields: map[string]string{}, Files: map[string]admin.EditFile{}}
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, q.mostUpload(f.Masters))
	if err := q.r.ParseMultipartForm(uploadMemory); err != nil {
		if strings.HasPrefix(q.r.Header.Get("Content-Type"), "multipart/") {
			return e, formError(err, q.mostUpload(f.Masters))
		}
	}
	e.Version, _ = strconv.ParseInt(q.value("version"), 10, 64)
	for _, a := range formAttributes {
		values, sent := q.r.PostForm[a.String()]
		if !sent || f.owned(a) {
			continue
		}
		text := inputText(values, a == member.Groups)
		word := a == member.SystemRole || a == member.SystemPermission
		if word && (text == "" || text == f.Values[a.String()]) && f.Member.ID != 0 || word && text == "" {
			continue // who is made an owner is an administrator: only what was chosen is asked for
		}
		e.Attributes[a], f.Values[a.String()] = text, text
	}
	if clear := q.r.PostFormValue(member.Password.String()); clear != "" {
		e.Attributes[member.Password] = clear
	}
	for i := range f.Masters.Fields {
		q.readField(&f.Masters.Fields[i], f, &e)
	}
	return e, q.readFiles(f, &e)
}

// inputText is the value of an input: the last one of its name, or all that are not empty.
func inputText(values []string, several bool) string {
	if !several {
		return values[len(values)-1]
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(values), isEmpty), "|")
}

// readField takes the input of a field that holds no file.
func (q *request) readField(field *member.Field, f *memberForm, e *admin.Edit) {
	id := field.Identifier
	values, sent := q.r.PostForm[fieldPrefix+id]
	if !sent || field.Type == member.FileType {
		return
	}
	text := inputText(values, field.Type == member.Checkbox)
	e.Fields[id], f.Values[id] = text, text
}

// readFiles takes the files of file fields, and which are to be removed.
func (q *request) readFiles(f *memberForm, e *admin.Edit) error {
	if q.r.MultipartForm == nil {
		return nil
	}
	for i := range f.Masters.Fields {
		id := f.Masters.Fields[i].Identifier
		if f.Masters.Fields[i].Type != member.FileType {
			continue
		}
		if files := q.r.MultipartForm.File[filePrefix+id]; len(files) > 0 && files[0].Filename != "" {
			content, err := files[0].Open() // closed when the form is removed
			if err != nil {
				return err
			}
			e.Files[id] = admin.EditFile{Name: files[0].Filename, Content: content}
		} else if q.value(removePrefix+id) != "" {
			e.Fields[id] = ""
		}
	}
	return nil
}

// saveForm plans an edit, and applies it if nothing is wrong with it; otherwise
// the problems stand in the form. What was applied has the state applied.
func (q *request) saveForm(f *memberForm, e admin.Edit) (store.Import, error) {
	ctx := q.r.Context()
	imp, err := q.svc.PlanEdit(ctx, q.actor, []admin.Edit{e})
	if err == nil && imp.State == store.Planned {
		imp, err = q.svc.Apply(ctx, q.actor, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
	}
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		f.General = append(f.General, q.say.Problem(p))
		return imp, nil
	}
	if err != nil || imp.State != store.Rejected {
		return imp, err
	}
	found, err := q.svc.Problems(ctx, q.actor, imp, admin.MostProblems)
	for _, p := range found.Problems {
		q.putProblem(f, p.Problem)
	}
	return imp, err
}

// putProblem puts a problem where it belongs.
func (q *request) putProblem(f *memberForm, p problem.Problem) {
	sentence, at := q.say.Problem(p), p.Place.Attribute
	if p.Code == problem.CellConflict {
		sentence = q.say.Say("web.member.conflict", "was", q.worded(f.Masters, at, p.Values["was"]), "now", q.worded(f.Masters, at, p.Values["now"]))
	}
	if _, shown := f.Values[at]; !shown && at != member.Password.String() {
		f.General = append(f.General, sentence)
		return
	}
	f.Problems[at] = append(f.Problems[at], sentence)
}
