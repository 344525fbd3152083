package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/storetest"
)

// Setting up that was broken off between the organisation and its owner is finished
// on the page: no second organisation comes of it.
func TestM3_TheFirstRunGoesOnWhereItWasBrokenOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		h := start(t, database)
		none := int64(0) // no owner fits in
		if _, _, err := h.svc.SetUp(t.Context(), admin.NewOrganisation{Name: "Acme", OwnerEmail: "a@x.example", OwnerName: "A", OwnerPassword: password, Zone: time.UTC, Seats: &none}); err == nil {
			t.Fatal("an owner without a seat")
		}
		b := h.browser()
		b.get("/sign-in").leadsTo(t, "/setup")
		page := b.get("/setup").wants(t, http.StatusOK, "broken off before there was an owner")
		if !strings.Contains(page.body, `name="org" value="Acme"`) || !strings.Contains(page.body, "readonly") {
			t.Errorf("the organisation is not named: %s", page.body)
		}
		b.post("/setup", "org", "Other", "name", "伊藤", "email", "ito@x.example", "password", password, "zone", "Asia/Tokyo", "seats", "15").leadsTo(t, "/")
		b.get("/members").wants(t, http.StatusOK, "Acme", "伊藤", "1 member")
		h.browser().get("/sign-in").wants(t, http.StatusOK, "Acme")
		h.browser().get("/setup").leadsTo(t, "/sign-in")
	})
}

// A demo organisation that was broken off after it had its owner is finished by them.
func TestR0_ADemoThatWasBrokenOffIsFinishedByItsOwner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		h := start(t, database)
		n := admin.NewOrganisation{Name: "Hanamizuki", OwnerEmail: "owner@x.example", OwnerName: "A", OwnerPassword: password, Zone: time.UTC, Settings: plan.Settings{}.WithDemoUnfinished(true)}
		_, _, err := h.svc.SetUp(t.Context(), n)
		h.try(err)
		b := h.as("owner")
		b.get("/members").wants(t, http.StatusOK, "1 member", "was broken off", "Finish making it")
		b.post("/setup/demo").leadsTo(t, "/members")
		if page := b.get("/members").wants(t, http.StatusOK, "301 members"); strings.Contains(page.text, "broken off") {
			t.Error("it is still said to be broken off")
		}
		b.get("/imports").wants(t, http.StatusOK, "all members.csv", "changes this month.csv")
	})
}

// Where the owner was still missing, one chooses again what it is to be.
func TestR0_ADemoMayBeginAnewWhereNobodyWasMadeYet(t *testing.T) {
	h := start(t, storetest.SQLite(t))
	none := int64(0) // no owner fits in
	if _, _, err := h.svc.SetUp(t.Context(), admin.NewOrganisation{Name: "Acme", OwnerEmail: "a@x.example", OwnerName: "A", OwnerPassword: password, Zone: time.UTC, Seats: &none}); err == nil {
		t.Fatal("an owner without a seat")
	}
	b := h.browser()
	b.post("/setup", "what", "demo", "org", "Acme", "name", "Ito", "email", "ito@x.example", "password", password, "zone", "Asia/Tokyo").leadsTo(t, "/")
	b.get("/members").wants(t, http.StatusOK, "301 members")
}
