package web_test

import (
	"net/http"
	"strings"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
)

func TestG5_ARoleIsATableOfAreasAndLevels(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/roles").wants(h.T, http.StatusOK, "There are 1 of 5 possible roles", "R1 Editors groups members imports 1 0")
		b.follow(b.post("/roles", "code", "R2", "name", "Two", "access.members", "read", "access.exports", "write", "access.history", "none", "access.roles", "all")).
			wants(h.T, http.StatusOK, "Added.", "R2 Two members exports 0 0")
		b.get("/roles/R1").wants(h.T, http.StatusOK, "1 member and 0 open invitations have this role")
		b.follow(b.post("/roles/R1", "code", "R1", "name", "Fewer", "access.members", "read")).wants(h.T, http.StatusOK, "R1 Fewer members 1 0")
		h.as("fay").get("/groups").wants(h.T, http.StatusForbidden)
		if a := b.post("/roles", "code", "R2", "name", "Kept", "access.brands", "write").wants(h.T, http.StatusConflict, "already in use"); !strings.Contains(a.body, `value="write" checked`) {
			h.Error("what was chosen is gone")
		}
	})
}

func TestG5_ThereAreAtMostAsManyRolesAsTheSettingSays(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.RolesMax, "1"); err != nil {
			h.Fatal(err)
		}
		b := h.as("owner")
		if a := b.get("/roles").wants(h.T, http.StatusOK, "There are 1 roles, as many as there can be"); strings.Contains(a.body, `action="/roles"`) {
			h.Error("a form is offered that cannot be sent")
		}
		b.post("/roles", "code", "R2", "name", "Two").wants(h.T, http.StatusRequestEntityTooLarge, "1")
	})
}

func TestG6_DeletingARoleInUseMovesEverybodyToAnotherOne(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/roles/R1/delete").wants(h.T, http.StatusOK, "1 member and 0 open invitations have it, and there is no other")
		b.post("/roles", "code", "R2", "name", "Two", "access.filters", "read")
		b.get("/roles/R1/delete").wants(h.T, http.StatusOK, "1 member and 0 open invitations have it.", "R2", "Delete “Editors” Cancel")
		b.follow(b.post("/roles/R1/delete", "move_to", "R2")).wants(h.T, http.StatusOK, "Deleted. 1 member was changed first.", "R2 Two filters 1 0")
	})
}

func TestG7_NobodyGivesARoleWhatTheyDoNotHave(t *testing.T) {
	each(t, func(h *house) {
		access, err := member.ParseAccess(nil, []string{"roles"})
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.AddRole(h.Context(), h.owner, member.CodedRole{Code: "R2", Name: "Roles", Access: access}); err != nil {
			h.Fatal(err)
		}
		h.bring("member_id,role\n5,R2\n")
		b := h.as("gus")
		b.post("/roles/R2", "code", "R2", "name", "Mine", "access.roles", "write", "access.settings", "write").wants(h.T, http.StatusForbidden, "Nobody can give rights that they do not have")
		b.get("/roles").wants(h.T, http.StatusOK, "R2 Roles roles 1 0")
		b.post("/access", "access.settings", "write").wants(h.T, http.StatusForbidden, "Nobody can give rights that they do not have")
		b.follow(b.post("/access", "access.roles", "read")).wants(h.T, http.StatusOK, "Saved.")
	})
}

func TestG5_TheDefaultAccessActsAtOnceOnWhoHasNoRole(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/access").wants(h.T, http.StatusOK, "acts at once on everybody who has no role")
		h.as("gus").get("/groups").wants(h.T, http.StatusForbidden)
		b.follow(b.post("/access", "access.groups", "read")).wants(h.T, http.StatusOK, "Saved.", "Default access Of members without a role groups")
		h.as("gus").get("/groups").wants(h.T, http.StatusOK)
	})
}
