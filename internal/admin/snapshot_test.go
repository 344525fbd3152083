package admin_test

import (
	"fmt"
	"sort"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// roll is the database of a house, opened a second time to look at what is stored.
func (h *house) roll() *store.DB {
	h.Helper()
	if h.db != nil {
		return h.db
	}
	db, err := store.Open(h.Context(), h.url)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := db.Close(); err != nil {
			h.Errorf("close: %v", err)
		}
	})
	h.db = db
	return db
}

// members returns all active members, by ID.
func (h *house) members() []member.Member {
	h.Helper()
	db := h.roll()
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
	if _, err := db.VerifyJournal(h.Context(), h.owner.Org.ID); err != nil {
		h.Errorf("verify: %v", err)
	}
}
