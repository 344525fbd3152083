package plan

import (
	"strconv"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// Show returns the text of an attribute as an export writes it, before any
// guard: what a cell is compared with. Groups are by name, joined by |.
func (e *Env) Show(a member.Attribute, m *member.Member) string {
	switch a {
	case member.MemberID:
		return strconv.FormatInt(m.ID, 10)
	case member.LoginID:
		return m.LoginID
	case member.Email:
		return m.Email
	case member.Name:
		return m.Name
	case member.LoginAllowed:
		return showBool(m.LoginAllowed)
	case member.LoginUntil:
		return m.LoginUntil
	case member.Groups:
		return e.Masters.GroupNames(m.Groups)
	case member.SystemRole:
		return m.Role.String()
	case member.SystemPermission:
		return m.Permission.String()
	case member.BrandPolicy:
		return e.Masters.PolicyCode(m.PolicyID)
	case member.Role:
		return e.Masters.RoleCode(m.RoleID)
	case member.Remarks:
		return m.Remarks
	case member.DisplayOrder:
		return strconv.FormatInt(m.DisplayOrder, 10)
	}
	return ""
}

func showBool(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// GroupNames joins the names of groups by |, in the order of their IDs.
func (m *Masters) GroupNames(ids []int64) string {
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return m.GroupName(ids[0])
	}
	var room [256]byte
	text := room[:0]
	for i, id := range ids {
		if i > 0 {
			text = append(text, '|')
		}
		text = append(text, m.GroupName(id)...)
	}
	return string(text)
}

// same reports whether a has the same value in both. Keys differ when their
// spelling differs: Ann@x.example for ann@x.example is a change.
func same(a member.Attribute, x, y *member.Member) bool {
	switch a {
	case member.LoginID:
		return x.LoginID == y.LoginID
	case member.Email:
		return x.Email == y.Email
	case member.Name:
		return x.Name == y.Name
	case member.LoginAllowed:
		return x.LoginAllowed == y.LoginAllowed
	case member.LoginUntil:
		return x.LoginUntil == y.LoginUntil
	case member.SystemRole:
		return x.Role == y.Role
	case member.SystemPermission:
		return x.Permission == y.Permission
	case member.BrandPolicy:
		return x.PolicyID == y.PolicyID
	case member.Role:
		return x.RoleID == y.RoleID
	case member.Remarks:
		return x.Remarks == y.Remarks
	case member.DisplayOrder:
		return x.DisplayOrder == y.DisplayOrder
	}
	return true
}

// setCell parses the cell of a into n. A date where a text belongs is what a
// spreadsheet made of something like 4-1 (F6).
func (e *Env) setCell(d *Draft, a member.Attribute, n *member.Member) error {
	if d.dates.Has(a) && a != member.LoginUntil {
		return problem.New(problem.DamagedDate, "value", d.Text[a])
	}
	return e.set(a, d.Text[a], n)
}

// set parses a cell's text into n. Its errors are problems without a place.
func (e *Env) set(a member.Attribute, text string, n *member.Member) error {
	clean, err := member.Normalise(text)
	if err != nil {
		return err
	}
	if p, damaged := damage(a, clean); damaged {
		return p
	}
	switch a {
	case member.LoginID:
		n.LoginID, err = member.ParseLoginID(clean)
	case member.Email:
		n.Email, err = member.ParseEmail(clean)
	case member.Name:
		n.Name, err = member.ParseName(clean)
	case member.LoginAllowed:
		n.LoginAllowed, err = member.ParseBoolean(clean)
	case member.LoginUntil:
		n.LoginUntil, err = member.ParseDate(clean)
	case member.Remarks:
		n.Remarks = clean
	case member.DisplayOrder:
		n.DisplayOrder, err = member.ParseInteger(clean)
	default:
		err = e.setCode(a, clean, n)
	}
	return err
}

func damage(a member.Attribute, text string) (problem.Problem, bool) {
	if a == member.LoginID {
		return member.DamagedIdentifier(text)
	}
	return member.Damage(text)
}

// setCode sets what a file names by a code word or a code.
func (e *Env) setCode(a member.Attribute, text string, n *member.Member) error {
	var ok bool
	switch a {
	case member.SystemRole:
		if n.Role, ok = member.ParseRoleType(text); !ok {
			return problem.New(problem.ValueUnknown, "value", text, "known", list("primary_owner", "owner", "member"))
		}
	case member.SystemPermission:
		if n.Permission, ok = member.ParsePermission(text); !ok {
			return problem.New(problem.ValueUnknown, "value", text, "known", list("admin", "write"))
		}
	case member.BrandPolicy:
		if n.PolicyID, ok = e.Masters.PolicyWith(text); !ok {
			return problem.New(problem.PolicyUnknown, "value", text,
				"known", codes(e.Masters.Policies, func(p member.Policy) string { return p.Code }))
		}
	case member.Role:
		if n.RoleID, ok = e.Masters.RoleWith(text); !ok {
			return problem.New(problem.RoleUnknown, "value", text,
				"known", codes(e.Masters.Roles, func(r member.CodedRole) string { return r.Code }))
		}
	}
	return nil
}

// clear empties a in n. What cannot be empty is a problem.
func (e *Env) clear(a member.Attribute, n *member.Member) error {
	switch a {
	case member.LoginID:
		n.LoginID = ""
	case member.Email:
		n.Email = ""
	case member.LoginUntil:
		n.LoginUntil = ""
	case member.BrandPolicy:
		n.PolicyID = 0
	case member.Role:
		n.RoleID = 0
	case member.Remarks:
		n.Remarks = ""
	case member.DisplayOrder:
		n.DisplayOrder = 0
	case member.Name:
		return problem.New(problem.RequiredBlank, "attribute", a.String())
	default:
		return problem.New(problem.ValueClearRefused, "attribute", a.String())
	}
	return nil
}
