package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// formRoom is how much a form may be larger than the file in it, bytes.
const formRoom = 1 << 20

// formFile returns the file of a form. Nothing is read of who may not use the page:
// admin, which is given an empty file then, refuses them. Its problem is
// FileTooLarge, told before the whole body was read.
func (q *request) formFile(name string) (u admin.Upload, closeFile func(), err error) {
	nothing := admin.Upload{Content: strings.NewReader("")}
	if !q.route.Needs.allows(q) {
		return nothing, func() {}, nil
	}
	limit := q.actor.Org.Settings.Count(plan.LimitFileBytes)
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, limit+formRoom)
	file, head, err := q.r.FormFile(name)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nothing, nil, problem.Of(problem.TooLarge, problem.FileTooLarge, "limit", number(limit))
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		return nothing, func() {}, nil
	case err != nil:
		return nothing, nil, problem.New(problem.UploadBroken)
	}
	return admin.Upload{Name: head.Filename, Content: file, Size: head.Size}, func() {
		_ = file.Close()                  // it was only read
		_ = q.r.MultipartForm.RemoveAll() // temporary files; the system's cleaning takes what stays
	}, nil
}

// attach sends a text as a file to be kept.
func (q *request) attach(name, mimeType, content string) error {
	h := q.w.Header()
	h.Set("Content-Type", mimeType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	if _, err := io.WriteString(q.w, content); err != nil {
		q.log.Debug("file not delivered", "request", q.id) // the reader has gone
	}
	return nil
}
