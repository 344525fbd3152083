package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestM6_OwnersSeeAndChangeHowManySeatsThereAre(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/seats").wants(h.T, http.StatusOK, "In use 5", "In all Unlimited")
		b.follow(b.post("/seats", "seats", "20")).wants(h.T, http.StatusOK, "Saved.", "Free 15", "5 of 20 seats are in use", "Base 15 seats", "Add-on 5 seats", "500 JPY each, 2,500 JPY a month in all")
		if a := b.post("/seats", "seats", "4").wants(h.T, http.StatusConflict, "5 seats are in use"); !strings.Contains(a.body, `value="4"`) {
			h.Error("what was typed is gone")
		}
		b.post("/seats", "seats", "many").wants(h.T, http.StatusUnprocessableEntity, "“many” is not a number of seats")
		b.follow(b.post("/seats", "seats", "")).wants(h.T, http.StatusOK, "Unlimited")
	})
}

func TestP16_APlanThatLacksSeatsLeadsToThemAndNotToCells(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.follow(b.post("/seats", "seats", "5"))
		a := b.get(b.sent("a.csv", "email,name\nhal@x.example,Hal\n")).wants(h.T, http.StatusOK, "1 seat is missing: the limit is 5.", "Seats")
		if strings.Contains(a.text, "Correct the cells") || !strings.Contains(a.body, `<p><a href="/seats">`) {
			h.Error("no cell is wrong, but cells are to be corrected")
		}
		a = b.get(b.sent("b.csv", "email,name\nnowhere,Hal\n", "bad_rows", "stop"))
		if !strings.Contains(a.text, "orrect the cells") {
			h.Errorf("a wrong cell: %s", a.text)
		}
	})
}

func TestG7_WhoMayImportSeesSeatsAndOnlyOwnersChangeThem(t *testing.T) {
	each(t, func(h *house) {
		for _, name := range []string{"eve", "fay"} {
			b := h.as(name)
			if a := b.get("/seats").wants(h.T, http.StatusOK, "In use 5", "Only owners change"); strings.Contains(a.body, `action="/seats"`) {
				h.Errorf("%s is offered the form", name)
			}
			b.post("/seats", "seats", "50").wants(h.T, http.StatusForbidden)
		}
		h.as("gus").get("/seats").wants(h.T, http.StatusForbidden, "Not allowed You may not see or change seats", "To the first page")
	})
}
