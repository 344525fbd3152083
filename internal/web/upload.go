package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var uploadRoutes = []route{
	{http.MethodPost, "/uploads", writing(member.ImportsArea).withFile(), (*request).upload},
	{http.MethodGet, "/uploads/{id}", writing(member.ImportsArea), (*request).lookAtUpload},
	{http.MethodPost, "/uploads/{id}/look", writing(member.ImportsArea), (*request).lookAgain},
	{http.MethodPost, "/uploads/{id}/plan", writing(member.ImportsArea), (*request).planUpload},
	{http.MethodPost, "/uploads/{id}/files", writing(member.ImportsArea).withFile(), (*request).uploadFiles},
	{http.MethodPost, "/uploads/{id}/mapping", writing(member.ImportsArea), (*request).saveMapping},
	{http.MethodPost, "/uploads/{id}/discard", writing(member.ImportsArea), (*request).discardUpload},
}

// formSlack is how much longer than its file the body of a form may be.
const formSlack = 64 << 10

// upload keeps the file of a form as it comes in: neither in memory nor, unsealed,
// on a disk (SPEC F11).
func (q *request) upload() error {
	limit, err := q.svc.UploadLimit(q.actor)
	if err != nil {
		return err
	}
	var u store.Upload
	err = q.receive(limit, problem.FileTooLarge, func(name string, content io.Reader) (err error) {
		u, err = q.svc.KeepUpload(q.r.Context(), q.actor, name, content)
		return err
	})
	if err == nil {
		err = q.refuseUnreadable(u)
	}
	if p, ok := asProblem(err); ok {
		return q.showBatch(statusOf(p), batchForm{Problem: q.say.Problem(p)})
	}
	if err != nil {
		return err
	}
	path := "/uploads/" + u.ID
	if q.r.URL.Query().Get("box") == invitationBox { // not of the form, whose body is read
		path += "?box=" + invitationBox
	}
	return q.redirect(path)
}

// invitationBox is where somebody puts a file who has the invitation layout in mind.
const invitationBox = "invitation"

// refuseUnreadable gives up an upload that nothing makes readable: it leaves nothing
// but the sentence that says what is wrong.
func (q *request) refuseUnreadable(u store.Upload) error {
	look, err := q.svc.Look(q.r.Context(), q.actor, u.ID, plan.Options{})
	if err != nil {
		return err
	}
	why := look.Unreadable()
	if why == nil {
		return nil
	}
	return errors.Join(why, q.svc.DropUpload(q.r.Context(), q.actor, u.ID))
}

// receive hands the file of a form that is being sent to keep. A body that says it
// is too long is refused before it is read.
func (q *request) receive(limit int64, tooLarge problem.Code, keep func(name string, content io.Reader) error) error {
	if err := q.limited(); err != nil {
		return err
	}
	refused := problem.Of(problem.TooLarge, tooLarge, "limit", strconv.FormatInt(limit, 10), "what", "bytes")
	if q.r.ContentLength > limit+formSlack {
		q.w.Header().Set("Connection", "close")
		return refused
	}
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, limit+formSlack)
	form, err := q.r.MultipartReader()
	if err != nil {
		return problem.New(problem.UploadMissing)
	}
	part, err := filePart(form)
	if err == nil {
		err = keep(part.FileName(), part)
	}
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return refused
	}
	return err
}

// filePart finds the file in a form. Its problem is UploadMissing.
func filePart(form *multipart.Reader) (*multipart.Part, error) {
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.New(problem.UploadMissing)
		case err != nil:
			return nil, err
		case part.FormName() == "file" && part.FileName() != "":
			return part, nil
		}
	}
}

// An uploadForm is what the page of an upload shows.
type uploadForm struct {
	admin.Look
	Asked    plan.Options // as the form says, without the defaults of the layout
	Replaces int64        // the import of the same file that this is to take the place of; 0: none
	Mapping  string       // name of the saved mapping that is used
	Problems []string     // of the file, as sentences
	Warnings []string
	Mappings []string // names of the saved ones
	Filters  []string // names of the saved ones
}

func (q *request) lookAtUpload() error {
	f := uploadForm{Replaces: q.seq("replaces")}
	if f.Replaces == 0 {
		if q.value("box") == invitationBox {
			look, err := q.svc.Look(q.r.Context(), q.actor, q.r.PathValue("id"), f.Asked)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(look.Warnings, func(p problem.Problem) bool { return p.Code == problem.LayoutMaybeInvitation }) {
				f.Asked.Layout = plan.InviteSheet // a CSV of it, put where invitations are
			}
		}
		return q.showUpload(http.StatusOK, f)
	}
	was, err := q.svc.Import(q.r.Context(), q.actor, f.Replaces)
	if err != nil {
		return err
	}
	f.Asked = was.Options
	f.Asked.Layout, f.Asked.Files = was.Layout, "" // the zip is sent anew
	return q.showUpload(http.StatusOK, f)
}

func (q *request) lookAgain() error {
	f, err := q.uploadForm()
	if p, ok := asProblem(err); ok {
		return q.showUpload(statusOf(p), f, p)
	}
	if err != nil {
		return err
	}
	return q.showUpload(http.StatusOK, f)
}

// showUpload shows what was found out about an upload, read as f asks, and more
// problems before its own.
func (q *request) showUpload(status int, f uploadForm, more ...problem.Problem) (err error) {
	ctx := q.r.Context()
	id := q.r.PathValue("id")
	if f.Look, err = q.svc.Look(ctx, q.actor, id, f.Asked); err != nil {
		return err
	}
	if was := q.layoutWas(); was != "" && was != f.Options.Layout { // as on another sheet
		f.forgetDefaults()
		if f.Look, err = q.svc.Look(ctx, q.actor, id, f.Asked); err != nil {
			return err
		}
	}
	if f.Mappings, err = q.svc.Mappings(ctx, q.actor); err != nil {
		return err
	}
	if f.Filters, err = q.filterNames(); err != nil {
		return err
	}
	f.Problems = q.sentences(append(more, f.Look.Problems...))
	f.Warnings = q.sentences(f.Look.Warnings)
	if q.partial() {
		return q.show(status, uploadLook(q, f))
	}
	return q.pageAs(status, f.Upload.Name, uploadPage(q, f))
}

func (q *request) sentences(ps []problem.Problem) []string {
	sentences := make([]string, len(ps))
	for i, p := range ps {
		sentences[i] = q.say.Problem(p)
	}
	return sentences
}

// filterNames are the saved filters that the reader may use, if any.
func (q *request) filterNames() ([]string, error) {
	if !q.may(member.FiltersArea, member.ReadAccess) {
		return nil, nil
	}
	filters, err := q.svc.Filters(q.r.Context(), q.actor)
	names := make([]string, len(filters))
	for i, f := range filters {
		names[i] = f.Name
	}
	return names, err
}

// planUpload plans an upload. Where its rows could not be read the form comes
// again, to be sent with other options.
func (q *request) planUpload() error {
	f, err := q.uploadForm()
	var imp store.Import
	if err == nil {
		imp, err = q.svc.SendUpload(q.r.Context(), q.actor, q.r.PathValue("id"), f.Asked, q.value("background") != "")
	}
	if p, ok := asProblem(err); ok {
		return q.showUpload(statusOf(p), f, p)
	}
	if err != nil {
		return err
	}
	if imp.State != store.Rejected || admin.HasOwnFile(imp) {
		if err := q.replaced(f.Replaces, imp.ID); err != nil {
			return err
		}
		return q.redirect("/imports/" + number(imp.ID))
	}
	found, err := q.svc.Problems(q.r.Context(), q.actor, imp, shownProblems)
	if err != nil {
		return err
	}
	var problems []problem.Problem
	for _, p := range found.Problems {
		problems = append(problems, p.Problem)
	}
	return q.showUpload(http.StatusUnprocessableEntity, f, problems...)
}

// replaced gives up the plan that another one takes the place of, if it still waits.
func (q *request) replaced(id, by int64) error {
	if id == 0 || id == by {
		return nil
	}
	was, err := q.svc.Import(q.r.Context(), q.actor, id)
	if err == nil && was.State.Waits() {
		err = q.svc.Discard(q.r.Context(), q.actor, id)
	}
	if _, ok := asProblem(err); ok { // somebody was faster
		return nil
	}
	return err
}

func (q *request) discardUpload() error {
	if err := q.svc.DropUpload(q.r.Context(), q.actor, q.r.PathValue("id")); err != nil {
		return err
	}
	return q.redirect("/batch")
}

// saveMapping saves what the columns are chosen to mean under a name.
func (q *request) saveMapping() error {
	if _, err := q.svc.Upload(q.r.Context(), q.actor, q.r.PathValue("id")); err != nil {
		return err
	}
	f, err := q.uploadForm()
	name := q.value("mapping_name")
	switch {
	case err != nil:
	case name == f.Mapping && name != "":
		err = q.svc.EditMapping(q.r.Context(), q.actor, name, q.chosenColumns())
	default:
		err = q.svc.AddMapping(q.r.Context(), q.actor, name, q.chosenColumns())
	}
	if p, ok := asProblem(err); ok {
		return q.showUpload(statusOf(p), f, p)
	}
	if err != nil {
		return err
	}
	f.Mapping = name
	return q.showUpload(http.StatusOK, f)
}

// uploadFiles keeps a zip of files beside an upload; without a file it takes the
// one away that is there.
func (q *request) uploadFiles() error {
	limit, err := q.svc.UploadFilesLimit(q.actor)
	if err != nil {
		return err
	}
	id := q.r.PathValue("id")
	if _, err := q.svc.Upload(q.r.Context(), q.actor, id); err != nil {
		return err
	}
	err = q.receive(limit, problem.FilesTooMuch, func(name string, content io.Reader) error {
		_, err := q.svc.KeepUploadFiles(q.r.Context(), q.actor, id, name, content)
		return err
	})
	if errors.Is(err, problem.New(problem.UploadMissing)) {
		err = q.svc.DropUploadFiles(q.r.Context(), q.actor, id)
	}
	if p, ok := asProblem(err); ok {
		return q.showUpload(statusOf(p), uploadForm{}, p)
	}
	if err != nil {
		return err
	}
	return q.redirect("/uploads/" + id)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
