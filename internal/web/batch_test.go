package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// bringFile sends a file by the form at path, with other inputs of it, if there
// are any: pairs of name and value.
func (b *browser) bringFile(path, name, content string, pairs ...string) answer {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		b.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if err := form.WriteField(pairs[i], pairs[i+1]); err != nil {
			b.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.Fatal(err)
	}
	return b.send(http.MethodPost, path, &body, form.FormDataContentType())
}

// uploaded sends a file and returns the path of its page.
func (b *browser) uploaded(name, content string) string {
	b.Helper()
	a := b.bringFile("/uploads", name, content)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/uploads/") {
		b.Fatalf("upload: %d %s %s", a.status, a.location, a.text)
	}
	return a.location
}

// sum is the sum of the plan that a page shows.
func (a answer) sum(t *testing.T) string {
	t.Helper()
	_, rest, _ := strings.Cut(a.body, `name="sum" value="`)
	sum, _, ok := strings.Cut(rest, `"`)
	if !ok || len(sum) != 64 {
		t.Fatalf("the page has no sum: %s", a.text)
	}
	return sum
}

func TestA1_AFileIsUploadedReviewedAppliedAndUndone(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("fay")
		page := b.uploaded("staff.csv", "email,name\nhal@x.example,Hal\ndave@x.example,\n")
		b.get(page).wants(h.T, http.StatusOK, "staff.csv", "Send")
		b.post(page+"/plan").leadsTo(h.T, "/imports/3")
		plan := b.get("/imports/3").wants(h.T, http.StatusOK, "staff.csv", "Hal", "hal@x.example", "Apply")
		b.post("/imports/3/apply", "sum", plan.sum(h.T)).leadsTo(h.T, "/imports/3")
		b.get("/imports/3").wants(h.T, http.StatusOK, "Undo")
		b.post("/imports/3/undo").leadsTo(h.T, "/imports/4")
		undo := b.get("/imports/4").wants(h.T, http.StatusOK, "undo of 3")
		b.post("/imports/4/apply", "sum", undo.sum(h.T)).leadsTo(h.T, "/imports/4")
		if a := b.get("/members?search=hal"); strings.Contains(a.text, "hal@x.example") {
			h.Errorf("the new member is still there: %s", a.text)
		}
	})
}
