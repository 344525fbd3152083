// Package plan says what rows would do to members, and how to turn it back.
//
// It is pure: no time of its own, no files, no SQL. What it needs to know of
// the roll it is given ([Env], [Found]); what it decides are [Change] values,
// which package store keeps and later applies as they are.
package plan

import (
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// An Action is what a change does (SPEC §1).
type Action int16

// The actions, as they are stored.
const (
	Create Action = 1
	Invite Action = 2
	Update Action = 3
	Delete Action = 4
	Keep   Action = 5
	Reject Action = 6
)

// Actions lists all actions in the order in which they are reported.
var Actions = []Action{Create, Invite, Update, Delete, Keep, Reject}

var actionNames = [...]string{Create: "create", Invite: "invite", Update: "update", Delete: "delete", Keep: "keep", Reject: "reject"}

// String returns the word of JSON and files.
func (a Action) String() string {
	if a < Create || a > Reject {
		return ""
	}
	return actionNames[a]
}

// Applies reports whether applying the plan carries a out: keep and reject do nothing.
func (a Action) Applies() bool { return a >= Create && a <= Delete }

// An InvitationOp is what a change does to an invitation, alone (invite,
// delete) or beside what it does to a member.
type InvitationOp int16

// What may happen to an invitation, as it is stored.
const (
	NoInvitation     InvitationOp = 0
	OpenInvitation   InvitationOp = 1 // a new one
	ReopenInvitation InvitationOp = 2 // an undo brings it back, as a new generation
	CancelInvitation InvitationOp = 3
	CloseInvitation  InvitationOp = 4 // accepted by import: the person is a member now
)

// A GroupOp adds the member to a group or takes them out.
type GroupOp struct {
	ID   int64
	Adds bool
}

// A Change is what one row of a file, or one line of an undo, does. Once
// stored it is never changed except to a reject while the plan is still made.
//
// After is the member, or the invitation, as it will be; on keep and reject it
// has at most what a reader needs to know who is meant. Before is meaningful
// on an update only, for the attributes in Mask; its Fields are the old values
// of the fields that change, empty for none. What a deleted member was stays in
// the withdrawn record.
type Change struct {
	Seq        int64 // 1-based, the order of the file
	Line       int64 // physical line or row number; 0 if the change has none
	Action     Action
	Ordinal    int64 // 0-based number among the new members (or new invitations) of the plan; -1 for others
	MemberID   int64 // 0 if not known before applying
	Version    int64 // of the member, as the plan saw it; 0 if new
	Mask       member.Mask
	After      member.Member
	Before     member.Member
	Groups     []GroupOp // only differences, ascending by ID
	Secret     string    // verifier of a new password; empty for none
	MustChange bool      // the password must be changed at first sign-in

	InvitationID      int64
	InvitationOp      InvitationOp
	InvitationVersion int64

	Hazards    Hazard // what the brakes count (P21)
	FreesEmail string // key that the change gives up; empty for none
	FreesLogin string

	Problems []problem.Problem // why it is rejected
	Notes    []problem.Problem // warnings and notes; the change stands

	password string // clear text, between deciding and hashing only
}

// Restores reports whether c brings somebody back who was deleted, which only an
// undo does; it counts as create (A6).
func (c *Change) Restores() bool { return c.Action == Create && c.Version > 0 }

// TakePassword returns the clear password that is still to be hashed into
// Secret, and forgets it; empty for none.
func (c *Change) TakePassword() string {
	clear := c.password
	c.password = ""
	return clear
}

// A Hazard marks a change that a brake counts (SPEC P21), or that takes more
// than the right to members.
type Hazard int16

// The hazards, bits of a stored number.
const (
	TouchesOwner       Hazard = 1 << iota // an owner created, deleted or changed
	WidensAccess                          // a policy taken away, which leaves all brands
	LosesGroup                            // by the groups chosen for the upload
	ClearsGroups                          // is in no group any more
	NeedsOwner                            // only owners may do it (G7)
	NeedsAdministrator                    // gives or takes rights, or is about an admin (G7)
)

// ClaimsEmail returns the e-mail key that c wants to be free; empty for none.
func (c *Change) ClaimsEmail() string {
	if c.Mask.Has(member.Email) {
		return c.After.EmailKey()
	}
	return ""
}

// Fail turns c into a reject that does nothing, for the given reason. Who the
// row is about stays, so that later rows can be told.
func (c *Change) Fail(ps ...problem.Problem) {
	c.Problems = append(c.Problems, ps...)
	c.Action = Reject
	c.Ordinal = -1
	c.Groups = nil
	c.Secret, c.MustChange = "", false
	c.InvitationOp = NoInvitation
	c.FreesEmail, c.FreesLogin = "", ""
	c.Hazards, c.password = 0, ""
	c.Notes = nil // they tell what the row would have done
	c.Before = member.Member{}
	c.After = member.Member{Email: printable(c.After.Email), LoginID: printable(c.After.LoginID), Name: printable(c.After.Name)}
}

// printable makes any text of a file fit to be stored: valid UTF-8 without NUL.
func printable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Settle turns c into a keep, with a note that says why (none if nothing changes).
func (c *Change) Settle(notes ...problem.Problem) {
	notes = append(c.Notes, notes...)
	c.Fail()
	c.Notes, c.Action, c.Mask = notes, Keep, 0
}

// note adds a warning or note to c.
func (c *Change) note(p problem.Problem) { c.Notes = append(c.Notes, p) }

// An Invitation is an offer to an e-mail address to become a member.
type Invitation struct {
	ID         int64
	Version    int64
	State      InvitationState
	Email      string
	Generation int64
	ExpiresAt  int64 // microseconds UTC
	Role       member.RoleType
	Permission member.Permission
	PolicyID   int64
	RoleID     int64
	CreatedAt  int64 // microseconds UTC
}

// An InvitationState says what became of an invitation.
type InvitationState int16

// The states, as they are stored. An open one whose time is over counts as
// expired even before the next write marks it so.
const (
	InvitationOpen      InvitationState = 1
	InvitationAccepted  InvitationState = 2
	InvitationExpired   InvitationState = 3
	InvitationCancelled InvitationState = 4
)

// String returns the word of JSON and of --state.
func (s InvitationState) String() string {
	switch s {
	case InvitationOpen:
		return "open"
	case InvitationAccepted:
		return "accepted"
	case InvitationExpired:
		return "expired"
	case InvitationCancelled:
		return "cancelled"
	}
	return ""
}

// StateAt returns the state at the given time (microseconds UTC).
func (i Invitation) StateAt(now int64) InvitationState {
	if i.State == InvitationOpen && i.ExpiresAt <= now {
		return InvitationExpired
	}
	return i.State
}
