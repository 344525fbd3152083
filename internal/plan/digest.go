package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// DigestSize is the size of a change's digest in bytes: a truncated SHA-256.
const DigestSize = 16

// A Digester computes the digests of changes. It is used by one goroutine.
type Digester struct{ buf []byte }

// Documents are the parts of a change that are stored as text of their own, in
// the one form that the digest covers.
type Documents struct{ Fields, Groups, Before, Problems, Notes string }

// DocumentsOf writes the documents of c.
func DocumentsOf(c *Change) Documents {
	// Fields and groups, which most rows have, are one allocation.
	var room [640]byte
	text := member.AppendFieldsJSON(room[:0], c.After.Fields)
	n := len(text)
	both := string(appendGroups(text, c.Groups))
	return Documents{both[:n], both[n:], BeforeJSON(c), ProblemsJSON(c.Problems), ProblemsJSON(c.Notes)}
}

// Digest returns the salted digest of everything that c does and says
// (ADVICE 1.5: once the salt is destroyed, a digest says nothing of a person).
// The fields, groups, what was before, problems and notes are those in docs; what c
// itself has of them is not looked at, so that a stored change need not be
// decoded to be summed.
func (d *Digester) Digest(salt []byte, c *Change, docs Documents) [DigestSize]byte {
	d.buf = append(d.buf[:0], salt...)
	d.numbers(c.Seq, c.Line, int64(c.Action), c.Ordinal, c.MemberID, c.Version, int64(c.Mask),
		c.InvitationID, int64(c.InvitationOp), c.InvitationVersion, int64(c.Hazards), flag(c.MustChange))
	m := &c.After
	d.numbers(flag(m.LoginAllowed), int64(m.Role), int64(m.Permission), m.PolicyID, m.RoleID, m.DisplayOrder)
	d.texts(m.Email, m.LoginID, m.Name, m.LoginUntil, m.Remarks, docs.Fields, docs.Groups)
	d.texts(docs.Before, c.Secret, c.FreesEmail, c.FreesLogin, docs.Problems, docs.Notes)
	sum := sha256.Sum256(d.buf)
	return [DigestSize]byte(sum[:DigestSize])
}

// appendGroups writes groups as they are stored: 5 added and 7 taken away are "5,-7".
func appendGroups(b []byte, ops []GroupOp) []byte {
	for i, op := range ops {
		if i > 0 {
			b = append(b, ',')
		}
		if !op.Adds {
			b = append(b, '-')
		}
		b = strconv.AppendInt(b, op.ID, 10)
	}
	return b
}

// ParseGroups reads what is stored of groups.
func ParseGroups(text string) ([]GroupOp, error) {
	if text == "" {
		return nil, nil
	}
	ops := make([]GroupOp, 0, strings.Count(text, ",")+1)
	for part := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		ops = append(ops, GroupOp{ID: max(id, -id), Adds: id > 0})
	}
	return ops, nil
}

func (d *Digester) numbers(ns ...int64) {
	for _, n := range ns {
		d.buf = binary.AppendVarint(d.buf, n)
	}
}

func (d *Digester) texts(ss ...string) {
	for _, s := range ss {
		d.buf = binary.AppendUvarint(d.buf, uint64(len(s)))
		d.buf = append(d.buf, s...)
	}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// before is the JSON of what an update overwrites; what is not in the change's
// mask, or was empty, is left out.
type before struct {
	Email        string            `json:"email,omitempty"`
	LoginID      string            `json:"login_id,omitempty"`
	Name         string            `json:"name,omitempty"`
	LoginAllowed bool              `json:"login_allowed,omitempty"`
	LoginUntil   string            `json:"login_until,omitempty"`
	Role         member.RoleType   `json:"system_role,omitempty"`
	Permission   member.Permission `json:"system_permission,omitempty"`
	PolicyID     int64             `json:"policy_id,omitempty"`
	RoleID       int64             `json:"role_id,omitempty"`
	Remarks      string            `json:"remarks,omitempty"`
	DisplayOrder int64             `json:"display_order,omitempty"`
	Fields       map[string]string `json:"fields,omitempty"` // those that change; empty if there was none
}

// BeforeJSON returns what an update overwrites, as it is stored; empty for
// other actions.
func BeforeJSON(c *Change) string {
	if c.Action != Update {
		return ""
	}
	var b before
	m := &c.Before
	for _, a := range attributesInOrder {
		if c.Mask.Has(a) {
			b.take(a, m)
		}
	}
	if c.Mask.Has(member.Fields) {
		b.Fields = m.Fields
	}
	out, err := json.Marshal(b)
	if err != nil {
		panic("plan: before: " + err.Error())
	}
	return string(out)
}

func (b *before) take(a member.Attribute, m *member.Member) {
	switch a {
	case member.Email:
		b.Email = m.Email
	case member.LoginID:
		b.LoginID = m.LoginID
	case member.Name:
		b.Name = m.Name
	case member.LoginAllowed:
		b.LoginAllowed = m.LoginAllowed
	case member.LoginUntil:
		b.LoginUntil = m.LoginUntil
	case member.SystemRole:
		b.Role = m.Role
	case member.SystemPermission:
		b.Permission = m.Permission
	case member.BrandPolicy:
		b.PolicyID = m.PolicyID
	case member.Role:
		b.RoleID = m.RoleID
	case member.Remarks:
		b.Remarks = m.Remarks
	case member.DisplayOrder:
		b.DisplayOrder = m.DisplayOrder
	}
}

// changedFields returns the old value of each field that differs.
func changedFields(was, will map[string]string) map[string]string {
	changed := map[string]string{}
	for k, v := range was {
		if will[k] != v {
			changed[k] = v
		}
	}
	for k := range will {
		if _, had := was[k]; !had {
			changed[k] = ""
		}
	}
	return changed
}

// ParseBefore reads what [BeforeJSON] wrote: a member of whom only the
// attributes in the change's mask mean anything. Its Fields hold the old values
// of those that changed, empty for none.
func ParseBefore(text string) (member.Member, error) {
	if text == "" {
		return member.Member{}, nil
	}
	var b before
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return member.Member{}, err
	}
	return member.Member{Email: b.Email, LoginID: b.LoginID, Name: b.Name, LoginAllowed: b.LoginAllowed,
		LoginUntil: b.LoginUntil, Role: b.Role, Permission: b.Permission, PolicyID: b.PolicyID, RoleID: b.RoleID,
		Remarks: b.Remarks, DisplayOrder: b.DisplayOrder, Fields: b.Fields}, nil
}

// storedProblem is the JSON of a problem; its line is the change's.
type storedProblem struct {
	Kind      problem.Kind      `json:"kind,omitempty"`
	Code      problem.Code      `json:"code"`
	Column    string            `json:"column,omitempty"`
	Header    string            `json:"header,omitempty"`
	Attribute string            `json:"attribute,omitempty"`
	Line      int               `json:"line,omitempty"`
	Values    map[string]string `json:"values,omitempty"`
}

// ProblemsJSON returns problems as they are stored; empty for none.
func ProblemsJSON(ps []problem.Problem) string {
	if len(ps) == 0 {
		return ""
	}
	stored := make([]storedProblem, len(ps))
	for i, p := range ps {
		stored[i] = storedProblem{p.Kind, p.Code, p.Place.Column, p.Place.Header, p.Place.Attribute, p.Place.Line, p.Values}
	}
	out, err := json.Marshal(stored)
	if err != nil {
		panic("plan: problems: " + err.Error())
	}
	return string(out)
}

// ParseProblems reads what [ProblemsJSON] wrote.
func ParseProblems(text string) ([]problem.Problem, error) {
	if text == "" {
		return nil, nil
	}
	var stored []storedProblem
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, err
	}
	ps := make([]problem.Problem, len(stored))
	for i, s := range stored {
		ps[i] = problem.Problem{Kind: s.Kind, Code: s.Code, Values: s.Values,
			Place: problem.Place{Line: s.Line, Column: s.Column, Header: s.Header, Attribute: s.Attribute}}
	}
	return ps, nil
}
