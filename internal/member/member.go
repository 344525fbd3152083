package member

import "strings"

// A State says whether a member is in the organisation.
type State int16

// The states, as they are stored.
const (
	Active    State = 1 // in the organisation
	Withdrawn State = 2 // deleted; kept for undo until erased (SPEC M7)
	Erased    State = 3 // only ID, dates and counts remain
)

// A RoleType is the system role (SPEC M1).
type RoleType int16

// The system roles, as they are stored.
const (
	PrimaryOwner RoleType = 1
	Owner        RoleType = 2
	Regular      RoleType = 3
)

var roleTypes = map[string]RoleType{"primary_owner": PrimaryOwner, "owner": Owner, "member": Regular}

// ParseRoleType reads the code word of files and APIs; code words are exact.
func ParseRoleType(s string) (RoleType, bool) { r, ok := roleTypes[s]; return r, ok }

// String returns the code word.
func (r RoleType) String() string {
	switch r {
	case PrimaryOwner:
		return "primary_owner"
	case Owner:
		return "owner"
	case Regular:
		return "member"
	}
	return ""
}

// IsOwner reports whether r is primary_owner or owner.
func (r RoleType) IsOwner() bool { return r == PrimaryOwner || r == Owner }

// A Permission is the system permission (SPEC M1).
type Permission int16

// The system permissions, as they are stored.
const (
	Admin Permission = 1
	Write Permission = 2
)

var permissions = map[string]Permission{"admin": Admin, "write": Write}

// ParsePermission reads the code word of files and APIs.
func ParsePermission(s string) (Permission, bool) { p, ok := permissions[s]; return p, ok }

// String returns the code word.
func (p Permission) String() string {
	switch p {
	case Admin:
		return "admin"
	case Write:
		return "write"
	}
	return ""
}

// A Member is a person in an organisation as the roll keeps them. It has no
// password: secrets lie apart and are never read with a member.
type Member struct {
	ID           int64
	Version      int64 // moves with every attribute, field and membership, from 1
	State        State
	Email        string // as typed, trimmed; empty if none
	LoginID      string // as typed; empty if none
	Name         string
	LoginAllowed bool
	LoginUntil   string // YYYY-MM-DD in the organisation's time zone; empty if unlimited
	Role         RoleType
	Permission   Permission
	PolicyID     int64 // 0 = none: all brands
	RoleID       int64 // 0 = none
	Remarks      string
	DisplayOrder int64             // larger first
	Fields       map[string]string // field identifier → canonical text (see Field.Parse); no empty values
	Groups       []int64           // group IDs, ascending
	CreatedAt    int64             // microseconds UTC
	WithdrawnAt  int64             // microseconds UTC; 0 while active
}

// EmailKey returns the form in which e-mail addresses are compared; empty for none.
func (m *Member) EmailKey() string { return FoldKey(m.Email) }

// LoginKey returns the form in which login IDs are compared; empty for none.
func (m *Member) LoginKey() string { return FoldKey(m.LoginID) }

// Key returns the one or the other, of [Email] or [LoginID].
func (m *Member) Key(a Attribute) string {
	if a == LoginID {
		return m.LoginKey()
	}
	return m.EmailKey()
}

// FoldKey folds an e-mail address or a login ID for comparison. Both are ASCII
// by their grammar; anything else in a malformed one is folded as Go does.
func FoldKey(s string) string { return strings.ToLower(s) }
