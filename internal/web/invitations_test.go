package web_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// setting changes a setting of the organisation.
func (h *house) setting(name, value string) {
	h.Helper()
	if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
		h.Fatal(err)
	}
}

// invite invites addresses, and holds their mails or not.
func (h *house) invite(hold bool, addresses ...string) {
	h.Helper()
	var all []admin.Invitee
	for _, address := range addresses {
		all = append(all, admin.Invitee{Email: address})
	}
	imp, err := h.svc.PlanInvite(h.Context(), h.owner, all, hold)
	if err != nil {
		h.Fatal(err)
	}
	accept := map[string]int64{plan.MailsBrake: int64(len(all))}
	if imp, err = h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: accept}); err != nil || imp.State != store.Applied {
		h.Fatal(imp.State, err)
	}
}

func TestI1_OneIsInvitedAtOnceAndOfManyAPlanIsMade(t *testing.T) {
	each(t, func(h *house) {
		h.brand("umi")
		h.policy("p1", "umi")
		b := h.as("owner")
		b.get("/invitations").wants(h.T, http.StatusOK, "No invitations yet.", "Invite people", "Editors (R1)", "p1")
		b.follow(b.post("/invitations", "addresses", " ann@y.example \n", "system_role", "member", "system_permission", "write", "role", "R1", "policy", "p1")).
			wants(h.T, http.StatusOK, "Invited.", "1 invitation", "ann@y.example open", "Member · Write Editors (R1) p1")
		b.post("/invitations", "addresses", "ann@y.example").wants(h.T, http.StatusConflict, "already invited")
		many := b.post("/invitations", "addresses", "bob@y.example\n\ncy@y.example, dee@y.example\nbob@y.example", "system_role", "member", "system_permission", "write")
		if !strings.HasPrefix(many.location, "/imports/") {
			h.Fatalf("many lead to %q: %s", many.location, many.text)
		}
		b.get(many.location).wants(h.T, http.StatusOK, "bob@y.example", "cy@y.example", "dee@y.example")
		b.get("/invitations").wants(h.T, http.StatusOK, "1 invitation")
	})
}

func TestI1_AProblemOfAnInvitationStandsAtTheFormWithWhatWasTyped(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/invitations", "addresses", " \n").wants(h.T, http.StatusUnprocessableEntity, "No address was given.")
		if a := b.post("/invitations", "addresses", "not-an-address").wants(h.T, http.StatusUnprocessableEntity, "is not an e-mail address"); !strings.Contains(a.body, ">not-an-address</textarea>") {
			h.Error("what was typed is gone")
		}
		b.post("/invitations", "addresses", "x@y.example", "system_role", "member", "system_permission", "admin", "role", "R1").wants(h.T, http.StatusUnprocessableEntity)
		b.post("/invitations", "addresses", "dave@x.example").wants(h.T, http.StatusUnprocessableEntity, "already the address of member 2")
		b.get("/invitations").wants(h.T, http.StatusOK, "No invitations yet.")
		h.as("gus").post("/invitations").wants(h.T, http.StatusForbidden)
	})
}

// Several addresses of which one is wrong: nobody has to type the others again.
func TestI1_WhatIsWrongWithSeveralAddressesStandsAtTheFormWithAllOfThem(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		typed := "ann@y.example\nnowhere\ndave@x.example\nbob@y.example"
		a := b.post("/invitations", "addresses", typed, "system_role", "member", "system_permission", "write").
			wants(h.T, http.StatusUnprocessableEntity, "Nobody was invited yet", "line 2: “nowhere” is not an e-mail address", "line 3", "already the address of member 2")
		if !strings.Contains(a.body, ">"+typed+"</textarea>") {
			h.Error("what was typed is gone")
		}
		b.get("/invitations").wants(h.T, http.StatusOK, "No invitations yet.")
		many := b.post("/invitations", "addresses", "ann@y.example\nbob@y.example", "system_role", "member", "system_permission", "write")
		b.get(many.location).wants(h.T, http.StatusOK, "Invite 2 addresses")
	})
}

func TestI1_InvitationsAreFoundByStateAndSearchAndPaged(t *testing.T) {
	each(t, func(h *house) {
		var all []string
		for i := range 51 {
			all = append(all, fmt.Sprintf("p%02d@y.example", i))
		}
		h.invite(true, all...)
		b := h.as("owner")
		first := b.get("/invitations").wants(h.T, http.StatusOK, "51 invitations", "p50@y.example", "p01@y.example", "Older")
		if strings.Contains(first.text, "p00@") {
			h.Error("the first page has more than fifty")
		}
		b.get("/invitations?before=2").wants(h.T, http.StatusOK, "p00@y.example", "Newest", "51 invitations")
		b.get("/invitations?search=p4&state=open").wants(h.T, http.StatusOK, "10 invitations", "p40@y.example")
		b.get("/invitations?state=cancelled").wants(h.T, http.StatusOK, "No invitations.")
	})
}

func TestI1_InvitationsAreSentAgainAndCancelledInBulk(t *testing.T) {
	each(t, func(h *house) {
		h.invite(true, "ann@y.example", "bob@y.example", "cy@y.example")
		b := h.as("owner")
		b.follow(b.post("/invitations/resend", "address", "ann@y.example", "address", "bob@y.example")).wants(h.T, http.StatusOK, "2 invitations are mailed anew")
		b.post("/invitations/resend").wants(h.T, http.StatusUnprocessableEntity, "No address was given.")
		one := b.post("/invitations/cancel", "address", "ann@y.example")
		b.follow(one).wants(h.T, http.StatusOK, "Cancel 1 invitation", "Cancelled 1", "cancel ann@y.example", "It can be undone")
		b.get("/invitations?state=open").wants(h.T, http.StatusOK, "3 invitations")
		b.follow(b.post(one.location+"/apply", "sum", hex.EncodeToString(h.newest().Sum))).wants(h.T, http.StatusOK, "Cancel 1 invitation", "Cancelled 1", "Undo")
		b.get("/invitations").wants(h.T, http.StatusOK, "ann@y.example cancelled")
		b.post("/invitations/cancel", "address", "ann@y.example").wants(h.T, http.StatusConflict, "ann@y.example")
		b.post("/invitations/cancel").wants(h.T, http.StatusUnprocessableEntity, "No address was given.")
		many := b.post("/invitations/cancel", "address", "bob@y.example", "address", "cy@y.example")
		if !strings.HasPrefix(many.location, "/imports/") {
			h.Fatalf("many lead to %q: %s", many.location, many.text)
		}
		b.get(many.location).wants(h.T, http.StatusOK, "Cancel 2 invitations")
		b.get("/invitations?state=open").wants(h.T, http.StatusOK, "2 invitations")
	})
}

func TestP21_SendingManyAgainAsksForTheNumber(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.BrakeMails, "1")
		h.invite(true, "ann@y.example", "bob@y.example")
		b := h.as("owner")
		chosen := []string{"address", "ann@y.example", "address", "bob@y.example"}
		a := b.post("/invitations/resend", chosen...).wants(h.T, http.StatusConflict, "Type 2 to say that you mean it")
		if strings.Count(a.body, `type="hidden" name="address"`) != 2 {
			h.Error("the form forgot who was chosen")
		}
		b.post("/invitations/resend", append(chosen, "accept", "3")...).wants(h.T, http.StatusConflict, "Type 2")
		b.follow(b.post("/invitations/resend", append(chosen, "accept", "2")...)).wants(h.T, http.StatusOK, "2 invitations are mailed anew")
	})
}

func TestI1_ALinkIsShownToWhoAsksForItAndNeverInTheList(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.BaseURL, "https://m.example")
		h.invite(true, "ann@y.example")
		b := h.as("owner")
		if a := b.get("/invitations").wants(h.T, http.StatusOK); strings.Contains(a.body, "https://m.example/invitation#") {
			h.Error("the list has links in it")
		}
		a := b.post("/invitations/link", "link", "ann@y.example").wants(h.T, http.StatusOK, "Link of the invitation to ann@y.example")
		if strings.Count(a.body, "https://m.example/invitation#") != 2 {
			h.Error("the link is not there, to be read and to be copied")
		}
		b.post("/invitations/link", "link", "nobody@y.example").wants(h.T, http.StatusNotFound, "nobody@y.example")
		if strings.Contains(h.log.String(), "invitation#") || strings.Contains(h.log.String(), "ann@") {
			h.Error("the log has a link or an address in it")
		}
	})
}
