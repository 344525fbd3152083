package web_test

import (
	"net/http"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
)

// brand adds brands with the given codes.
func (h *house) brand(codes ...string) {
	h.Helper()
	for _, code := range codes {
		if _, err := h.svc.AddBrand(h.Context(), h.owner, member.Brand{Code: code, Name: "Brand " + code}); err != nil {
			h.Fatal(err)
		}
	}
}

// policy adds a policy of some brands.
func (h *house) policy(code string, brands ...string) {
	h.Helper()
	if _, err := h.svc.AddPolicy(h.Context(), h.owner, admin.PolicyEdit{Code: &code, Name: &code, Brands: brands}); err != nil {
		h.Fatal(err)
	}
}

func TestG6_BrandsAreAddedEditedAndDeletedUnlessThatWouldOpenAllOfThem(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/brands").wants(h.T, http.StatusOK, "There are no brands yet")
		b.get("/policies").wants(h.T, http.StatusOK, "A policy lists brands, and there are none yet")
		b.follow(b.post("/brands", "code", "new", "name", "New")).wants(h.T, http.StatusOK, "Added.", "new New")
		b.post("/brands", "code", "new", "name", "X").wants(h.T, http.StatusConflict, "already in use")
		b.post("/brands", "code", "?", "name", "X").wants(h.T, http.StatusUnprocessableEntity)
		b.follow(b.post("/brands/new", "code", "spring", "name", "春")).wants(h.T, http.StatusOK, "Saved.", "spring 春")
		b.get("/brands/new").wants(h.T, http.StatusNotFound)
		h.brand("umi")
		h.policy("p1", "spring")
		h.policy("p2", "spring", "umi")
		b.get("/brands/spring/delete").wants(h.T, http.StatusOK, "2 brand access policies have it", "“p1”, “p2”")
		b.post("/brands/spring/delete").wants(h.T, http.StatusConflict, "p1")
		b.get("/brands/umi/delete").wants(h.T, http.StatusOK, "1 brand access policy has it")
		b.follow(b.post("/brands/umi/delete")).wants(h.T, http.StatusOK, "Deleted.")
		b.get("/policies").wants(h.T, http.StatusOK, "p2 p2 spring 0 0")
	})
}

func TestG6_APolicyListsBrandsAndNeverNone(t *testing.T) {
	each(t, func(h *house) {
		h.brand("spring", "umi")
		b := h.as("owner")
		b.get("/policies").wants(h.T, http.StatusOK, "everybody reaches all brands", "Brand spring")
		b.post("/policies", "code", "p1", "name", "One").wants(h.T, http.StatusUnprocessableEntity, "at least one brand")
		b.follow(b.post("/policies", "code", "p1", "name", "One", "description", "a\nb", "brands", "spring", "brands", "umi")).
			wants(h.T, http.StatusOK, "Added.", "p1 One a b spring umi 0 0")
		h.bring("member_id,brand_policy\n4,p1\n")
		b.get("/policies/p1").wants(h.T, http.StatusOK, "1 member and 0 open invitations have this policy")
		b.post("/policies/p1", "code", "p1", "name", "One").wants(h.T, http.StatusUnprocessableEntity, "at least one brand")
		b.post("/policies/p1", "code", "p1", "name", "One", "brands", "gone").wants(h.T, http.StatusNotFound, "gone")
		b.follow(b.post("/policies/p1", "code", "p9", "name", "Nine", "brands", "umi")).wants(h.T, http.StatusOK, "p9 Nine umi 1 0")
	})
}

func TestG6_DeletingAPolicyInUseMovesEverybodyToAnotherOne(t *testing.T) {
	each(t, func(h *house) {
		h.brand("spring", "umi")
		h.policy("p1", "spring")
		h.bring("member_id,brand_policy\n4,p1\n5,p1\n")
		b := h.as("owner")
		b.get("/policies/p1/delete").wants(h.T, http.StatusOK, "2 members and 0 open invitations have it, and there is no other")
		b.post("/policies/p1/delete").wants(h.T, http.StatusConflict)
		h.policy("p2", "umi")
		b.get("/policies/p1/delete").wants(h.T, http.StatusOK, "2 members and 0 open invitations have it.", "p2")
		b.post("/policies/p1/delete").wants(h.T, http.StatusConflict, "in use by more people")
		b.post("/policies/p1/delete", "move_to", "p3").wants(h.T, http.StatusNotFound, "p3")
		b.follow(b.post("/policies/p1/delete", "move_to", "p2")).wants(h.T, http.StatusOK, "Deleted. 2 members were changed first.", "p2 p2 umi 2 0")
	})
}
