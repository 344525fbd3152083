package admin_test

import (
	"fmt"
	"sort"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// roll opens the database of a house a second time, to look at what is stored.
func (h *house) roll() *store.DB {
	h.Helper()
	db, err := store.Open(h.Context(), h.url)
	if err != nil {
		h.Fatal(err)
	}
	return db
}

// members returns all active members, by ID.
func (h *house) members() []member.Member {
	h.Helper()
	db := h.roll()
	defer db.Close()
	var ms []member.Member
	for m, err := range db.Members(h.Context(), h.owner.Org.ID, store.Selection{}) {
		if err != nil {
			h.Fatal(err)
		}
		ms = append(ms, m)
	}
	return ms
}

// snapshot is the roll as text, a line each: what applying and undoing may
// move. Versions and times are not in it, nor are those who are gone.
func (h *house) snapshot() string {
	h.Helper()
	var lines []string
	for _, m := range h.members() {
		m.Version, m.CreatedAt = 0, 0
		lines = append(lines, fmt.Sprintf("member %03d %+v", m.ID, m))
	}
	db := h.roll()
	defer db.Close()
	is, _, err := db.Invitations(h.Context(), h.owner.Org.ID, store.InvitationQuery{State: plan.InvitationOpen, Now: h.now.UnixMicro(), Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	for _, i := range is {
		lines = append(lines, fmt.Sprintf("invitation %s %s %s %d %d generation %d", i.Email, i.Role, i.Permission, i.PolicyID, i.RoleID, i.Generation))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// verify walks the journal.
func (h *house) verify() {
	h.Helper()
	db := h.roll()
	defer db.Close()
	if _, err := db.VerifyJournal(h.Context(), h.owner.Org.ID); err != nil {
		h.Errorf("verify: %v", err)
	}
}
