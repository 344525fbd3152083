package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var uploadRoutes = []route{
	{http.MethodPost, "/uploads", writing(member.ImportsArea), (*request).upload},
	{http.MethodGet, "/uploads/{id}", writing(member.ImportsArea), (*request).lookAtUpload},
	{http.MethodPost, "/uploads/{id}/look", writing(member.ImportsArea), (*request).lookAgain},
	{http.MethodPost, "/uploads/{id}/plan", writing(member.ImportsArea), (*request).planUpload},
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
	if p, ok := asProblem(err); ok {
		return q.showBatch(statusOf(p), q.say.Problem(p))
	}
	if err != nil {
		return err
	}
	return q.redirect("/uploads/" + u.ID)
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
	Problems []string     // of the file, as sentences
	Warnings []string
}

func (q *request) lookAtUpload() error { return q.showUpload(http.StatusOK, plan.Options{}) }

func (q *request) lookAgain() error { return q.showUpload(http.StatusOK, q.planOptions()) }

// showUpload shows what was found out about an upload, read with options, and more
// problems before its own.
func (q *request) showUpload(status int, o plan.Options, more ...problem.Problem) error {
	look, err := q.svc.Look(q.r.Context(), q.actor, q.r.PathValue("id"), o)
	if err != nil {
		return err
	}
	f := uploadForm{Look: look, Asked: o}
	for _, p := range append(more, look.Problems...) {
		f.Problems = append(f.Problems, q.say.Problem(p))
	}
	for _, p := range look.Warnings {
		f.Warnings = append(f.Warnings, q.say.Problem(p))
	}
	if q.partial() {
		return q.show(status, uploadLook(q, f))
	}
	return q.pageAs(status, look.Upload.Name, uploadPage(q, f))
}

// planOptions reads the options of a form.
func (q *request) planOptions() plan.Options {
	return plan.Options{Layout: plan.Layout(q.value("layout")), Charset: q.value("charset"), Delimiter: q.value("delimiter"), Sheet: q.value("sheet")}
}

func (q *request) planUpload() error {
	o := q.planOptions()
	imp, err := q.svc.PlanUpload(q.r.Context(), q.actor, q.r.PathValue("id"), o, nil)
	if err != nil {
		return err
	}
	return q.redirect("/imports/" + number(imp.ID))
}

func (q *request) discardUpload() error {
	if err := q.svc.DropUpload(q.r.Context(), q.actor, q.r.PathValue("id")); err != nil {
		return err
	}
	return q.redirect("/batch")
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
