package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// hides insists that a reader does not see a text.
func (a answer) hides(t *testing.T, texts ...string) answer {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.text, text) {
			t.Errorf("the page says %q:\n%s", text, a.text)
		}
	}
	return a
}

func TestP10_APlanThatChangesNothingIsNotOfferedToBeApplied(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\ngus@x.example,Gus\n", "match", "email")
		b.get(path).wants(h.T, http.StatusOK, "Nothing to change", "There is nothing to apply").hides(h.T, "Apply this plan?", "Sum:")
		b.follow(b.post(path+"/discard")).wants(h.T, http.StatusOK, "discarded")
	})
}

func TestA6_WhatWasUndoneIsNotOfferedToBeUndone(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\ngus@x.example,Gustav\neve@x.example,Eva\n", "match", "email")
		b.applied(path)
		b.get(path).wants(h.T, http.StatusOK, "2 changes can be taken back")
		h.bring("member_id,name\n3,Evi\n") // changed since: left alone
		undo := b.post(path + "/undo").location
		b.applied(undo)
		b.get(path).wants(h.T, http.StatusOK, "Undone by import", "The undo left 1 change alone", "Undo the rest").hides(h.T, "can be taken back.")
		b.follow(b.post(path+"/undo")).wants(h.T, http.StatusOK, "Put back those who changed since, too")
	})
}

func TestA6_WhatStandsAgainIsOfferedToBeUndone(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\ngus@x.example,Gustav\n", "match", "email")
		b.applied(path)
		undo := b.post(path + "/undo").location
		b.applied(undo)
		b.get(path).wants(h.T, http.StatusOK, "Undone by import").hides(h.T, "can be taken back", "Undo the rest")
		b.follow(b.post(path+"/undo")).wants(h.T, http.StatusOK, "Nothing to change", "There is nothing left to undo")
		b.applied(b.post(undo + "/undo").location)
		b.get(path).wants(h.T, http.StatusOK, "1 change can be taken back").hides(h.T, "Undone by import")
	})
}

func TestA7_APlanThatCannotBeAppliedAnnouncesNoMail(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\nhal@x.example,Hal\nnowhere,X\n", "new", "invite", "match", "email", "bad_rows", "stop")
		b.get(path).wants(h.T, http.StatusOK, "is not an e-mail address").hides(h.T, "will be sent", "in use now")
	})
}
