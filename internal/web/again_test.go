package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// A plan with problems leads back to its options, filled in as they were, with the
// same file; the new plan takes the place of the old one.
func TestF11_APlanIsMadeAgainWithOtherOptionsOfTheSameFile(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("groups.csv", "email,name,groups\nhal@x.example,Hal,Nowhere\nida@x.example,Ida,\n", "match", "email", "conflicts", "file")
		b.get(path).wants(h.T, http.StatusOK, "1 problem", "Plan again with other options")
		a := b.post(path + "/options")
		upload, _, ok := strings.Cut(a.location, "?replaces="+path[len("/imports/"):])
		if a.status != http.StatusSeeOther || !ok {
			h.Fatalf("%d %s %s", a.status, a.location, a.text)
		}
		page := b.get(a.location).wants(h.T, http.StatusOK, "groups.csv", "Make groups that are not there")
		for _, set := range []string{`name="match" value="email" checked`, `name="conflicts" value="file" checked`, `name="replaces" value="` + path[len("/imports/"):]} {
			if !strings.Contains(page.body, set) {
				h.Errorf("no %s on the page:\n%s", set, page.body)
			}
		}
		b.get(path).wants(h.T, http.StatusOK, "planned, not applied")
		again := b.post(upload+"/plan", "replaces", path[len("/imports/"):], "match", "email", "create_groups", "1")
		b.get(again.location).wants(h.T, http.StatusOK, "Apply 2 changes")
		b.get(path).wants(h.T, http.StatusOK, "discarded", "Plan again with other options")
	})
}

// Passwords are not kept, and neither is a file that was given back: then the page
// says so and leads to where the file is chosen again.
func TestF11_AFileWithPasswordsIsChosenAgain(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("p.csv", "email,name,password\nhal@x.example,,"+password+"\n")
		page := b.get(path).wants(h.T, http.StatusOK, "its passwords were not kept", "Choose the file again")
		if strings.Contains(page.text, "Plan again with other options") {
			h.Error("other options are offered without the passwords")
		}
		b.post(path+"/options").wants(h.T, http.StatusConflict, "its passwords were not kept")
	})
}

func TestA6_AnUndoneImportSaysByWhichItWasUndone(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\nhal@x.example,Hal\n")
		b.applied(path)
		if page := b.get("/imports"); strings.Contains(page.text, "Undone by") {
			h.Errorf("undone before it is: %s", page.text)
		}
		undo := b.post(path + "/undo").location
		if page := b.get(path); strings.Contains(page.text, "Undone by") {
			h.Error("undone by what only waits")
		}
		b.applied(undo)
		by := "Undone by import " + undo[len("/imports/"):]
		page := b.get(path).wants(h.T, http.StatusOK, by)
		if !strings.Contains(page.body, `href="`+undo+`"`) {
			h.Error("no link to the undo")
		}
		b.get(undo).wants(h.T, http.StatusOK, "Undoes", "Import "+path[len("/imports/"):])
		b.get("/imports").wants(h.T, http.StatusOK, by, "Undoes import "+path[len("/imports/"):])
	})
}
