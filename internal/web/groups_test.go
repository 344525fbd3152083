package web_test

import (
	"net/http"
	"strings"
	"testing"

	"meibo/internal/plan"
)

// follow gets the page that a form leads to.
func (b *browser) follow(a answer) answer {
	b.Helper()
	if a.status != http.StatusSeeOther {
		b.Fatalf("status %d leads nowhere: %s", a.status, a.text)
	}
	return b.get(a.location)
}

func TestG1_GroupsAreListedAddedAndEdited(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/groups").wants(h.T, http.StatusOK, "There are no groups yet")
		b.post("/groups", "name", "東京", "enabled", "1").leadsTo(h.T, "/groups?said=added")
		b.get("/groups?said=added").wants(h.T, http.StatusOK, "Added.", "1 東京 0 Enabled No")
		b.post("/groups", "name", "東京").wants(h.T, http.StatusConflict, "東京", "already")
		if a := b.post("/groups", "name", "12", "default", "1").wants(h.T, http.StatusUnprocessableEntity); !strings.Contains(a.body, `value="12"`) {
			h.Error("what was typed is gone")
		}
		b.post("/groups/1", "name", "東日本", "default", "1").leadsTo(h.T, "/groups?said=changed")
		b.get("/groups").wants(h.T, http.StatusOK, "1 東日本 0 Disabled Yes")
		b.post("/groups/1", "name", "+1").wants(h.T, http.StatusUnprocessableEntity)
		b.get("/groups/77").wants(h.T, http.StatusNotFound)
	})
}

func TestM8_DeletingAGroupSaysHowManyAreInItAndLeavesAnImport(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/groups", "name", "A", "enabled", "1")
		imp := h.bring("member_id,groups\n2,A\n3,A\n")
		b.get("/groups/1/delete").wants(h.T, http.StatusOK, "Delete “A”?", "2 members are in this group", "cannot be brought back")
		b.post("/groups/1/delete", "members", "0").wants(h.T, http.StatusConflict, "in use by more people", "2 members are in this group")
		b.follow(b.post("/groups/1/delete", "members", "2")).
			wants(h.T, http.StatusOK, "The group is deleted. 2 members were taken out of it first.", "See import "+decimal(imp.ID+1), "There are no groups yet")
		gone := "-A (deleted)"
		b.get("/members/2").wants(h.T, http.StatusOK, gone)
		b.get("/imports/"+decimal(imp.ID+1)).wants(h.T, http.StatusOK, gone)
		b.post("/groups", "name", "A", "enabled", "1") // is another one
		b.get("/members/2").wants(h.T, http.StatusOK, gone, "+A (deleted)")
		b.get("/imports/"+decimal(imp.ID+1)).wants(h.T, http.StatusOK, gone)
		h.bring("member_id,groups\n3,A\n")
		if page := b.get("/members/3").wants(h.T, http.StatusOK, gone); !strings.Contains(page.body, "<ins>+A</ins>") {
			h.Errorf("the new group is not named: %s", page.text)
		}
	})
}

func TestM8_DeletingAGroupOfManyAsksForTheirNumber(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.BrakeMemberships, "1")
		b := h.as("owner")
		b.post("/groups", "name", "A", "enabled", "1")
		h.bring("member_id,groups\n2,A\n")
		if a := b.get("/groups/1/delete").wants(h.T, http.StatusOK, "Delete “A” and take 1 member out of it"); strings.Contains(a.body, `name="accept"`) {
			h.Error("a number is asked for at the limit")
		}
		h.bring("member_id,groups\n3,A\n")
		b.get("/groups/1/delete").wants(h.T, http.StatusOK, "Delete “A” and take 2 members out of it", "Type 2 to say that you mean it")
		for _, typed := range []string{"", "1", "3"} {
			b.post("/groups/1/delete", "members", "2", "accept", typed).wants(h.T, http.StatusConflict, "was not accepted yet", "Type 2")
		}
		b.post("/groups/1/delete", "members", "1", "accept", "1").wants(h.T, http.StatusConflict, "in use by more people", "Type 2")
		b.follow(b.post("/groups/1/delete", "members", "2", "accept", "2")).wants(h.T, http.StatusOK, "2 members were taken out of it first.")
	})
}

func TestG4_AFilterThatAsksForAGroupIsToldBeforeAndAfterTheGroupIsDeleted(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/groups", "name", "A", "enabled", "1")
		b.post("/filters", "name", "Those of A", "share", "me", "mode", "text", "expression", `groups eq "A"`).leadsTo(h.T, "/filters?saved=1")
		b.get("/groups/1/delete").wants(h.T, http.StatusOK, "1 saved filter asks for this group", "Those of A")
		if a := b.get("/filters/1").wants(h.T, http.StatusOK); strings.Contains(a.body, "no group of this name") {
			h.Error("the group is there, but is said to be gone")
		}
		b.post("/groups/1/delete", "members", "0")
		b.get("/filters/1").wants(h.T, http.StatusOK, "There is no group of this name (any more), so nobody is in it: “A”.")
	})
}

func TestG2_GroupsComeAndGoAsACSV(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.bringFile("/groups/groups.csv", "g.csv", "name,shade\n東京,\n大阪,\n").wants(h.T, http.StatusOK, "Added: 2.", "shade", "東京")
		out := b.get("/groups/groups.csv")
		if out.wants(h.T, http.StatusOK); !strings.Contains(out.header.Get("Content-Disposition"), "groups.csv") {
			h.Errorf("headers = %v", out.header)
		}
		b.bringFile("/groups/groups.csv", "g.csv", out.body).wants(h.T, http.StatusOK, "Added: 0. Changed: 0. Deleted: 0. Unchanged: 2.")
		b.bringFile("/groups/groups.csv", "g.csv", "id,name,delete\n1,,1\n,京都,\n,12,\n").
			wants(h.T, http.StatusUnprocessableEntity, "Nothing was done: 1 problem", "4 name", "“12”")
		h.bring("member_id,groups\n2,東京\n")
		b.bringFile("/groups/groups.csv", "g.csv", "id,delete\n1,1\n").wants(h.T, http.StatusUnprocessableEntity, "in this group")
		b.bringFile("/groups/groups.csv", "g.csv", "id,delete\n1,1\n", "with_members", "1").
			wants(h.T, http.StatusOK, "Deleted: 1.", "Members were taken out", "1 member was changed first.")
		b.bringFile("/groups/groups.csv", "g.csv", "").wants(h.T, http.StatusUnprocessableEntity, "The file is empty.")
		b.post("/groups/groups.csv").wants(h.T, http.StatusUnprocessableEntity, "The file is empty.")
	})
}

func TestF11_AGroupsFileThatIsTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.LimitFileBytes, "1000"); err != nil {
			h.Fatal(err)
		}
		b := h.as("owner")
		b.bringFile("/groups/groups.csv", "g.csv", "name\n"+strings.Repeat("x", 3<<20)).wants(h.T, http.StatusRequestEntityTooLarge, "larger than")
		b.bringFile("/groups/groups.csv", "g.csv", "name\n"+strings.Repeat("x\n", 1000)).wants(h.T, http.StatusUnprocessableEntity, "larger than")
		b.send(http.MethodPost, "/groups/groups.csv", strings.NewReader("--x\r\nbroken"), "multipart/form-data; boundary=x").
			wants(h.T, http.StatusUnprocessableEntity, "did not arrive in one piece")
		h.as("gus").bringFile("/groups/groups.csv", "g.csv", "name\n東京\n").wants(h.T, http.StatusForbidden)
		h.as("fay").bringFile("/groups/groups.csv", "g.csv", "name\n東京\n").wants(h.T, http.StatusForbidden)
	})
}

func TestWhoMayOnlyReadGroupsIsOfferedNoForm(t *testing.T) {
	each(t, func(h *house) {
		h.as("owner").post("/groups", "name", "A")
		for _, path := range []string{"/groups", "/groups/1"} {
			if a := h.as("fay").get(path).wants(h.T, http.StatusOK, "A"); strings.Contains(a.body, `action="`+path) {
				h.Errorf("%s offers a form", path)
			}
		}
	})
}
