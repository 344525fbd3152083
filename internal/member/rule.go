package member

import (
	"strconv"

	"meibo/internal/problem"
)

// Check returns what the member's own values contradict: M2, M4 and M5, and
// that a registered member has a name. Each problem names its attribute and no
// line. The values of those about a role or a policy are its ID.
//
// It does not look at other members (uniqueness, the one primary owner) nor at
// whether group, role and policy exist.
func (m Member) Check() []problem.Problem {
	var ps []problem.Problem
	report := func(a Attribute, code problem.Code, values ...string) {
		ps = append(ps, problem.New(code, values...).At(problem.Place{Attribute: a.String()}))
	}
	if m.Email == "" && m.LoginID == "" {
		report(Email, problem.ContactRequired)
	}
	if m.Name == "" {
		report(Name, problem.NameRequired)
	}
	owner := m.Role.IsOwner()
	if owner && m.Permission != Admin {
		report(SystemPermission, problem.OwnerWithWrite)
	}
	if owner && m.PolicyID != 0 {
		report(BrandPolicy, problem.PolicyOnOwner, "value", strconv.FormatInt(m.PolicyID, 10))
	}
	if m.RoleID != 0 {
		switch id := strconv.FormatInt(m.RoleID, 10); {
		case owner:
			report(Role, problem.RoleOnOwner, "value", id)
		case m.Permission == Admin:
			report(Role, problem.RoleOnAdmin, "value", id)
		}
	}
	return ps
}

// CheckRequired returns RequiredBlank for each required field that the member
// has no value for, in the order of fields.
func (m Member) CheckRequired(fields []Field) []problem.Problem {
	var ps []problem.Problem
	for _, f := range fields {
		if f.Required && m.Fields[f.Identifier] == "" {
			p := problem.New(problem.RequiredBlank, "attribute", f.Labels())
			ps = append(ps, p.At(problem.Place{Attribute: f.Identifier}))
		}
	}
	return ps
}

// Strip takes away what M4 and M5 forbid who became an owner or an admin: the
// policy of an owner, the role of an owner or admin (SPEC P13). It returns what
// it took, in the order of the attributes. It leaves the permission alone: an
// owner with write is a problem, not something to put right silently.
func (m *Member) Strip() []Attribute {
	var stripped []Attribute
	if m.PolicyID != 0 && m.Role.IsOwner() {
		m.PolicyID = 0
		stripped = append(stripped, BrandPolicy)
	}
	if m.RoleID != 0 && (m.Role.IsOwner() || m.Permission == Admin) {
		m.RoleID = 0
		stripped = append(stripped, Role)
	}
	return stripped
}
