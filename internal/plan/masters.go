package plan

import (
	"strconv"

	"meibo/internal/member"
)

// Masters are an organisation's groups, fields, roles, brands and policies, as
// one plan sees them. The zero value has none; fill the exported slices and
// call Index before use.
type Masters struct {
	Version  int64 // moves whenever one of them changes
	Groups   []member.Group
	Fields   []member.Field // in their order
	Roles    []member.CodedRole
	Brands   []member.Brand
	Policies []member.Policy

	DeletedGroups map[int64]string // what groups that are gone were called, by ID; nil where nobody asks for what was

	groupName, roleCode, policyCode map[string]int64
	groupByID, roleByID, policyByID map[int64]int // index into the slice
	fieldByName                     map[string]int
	defaults                        []int64
}

// Index makes the look-up tables from the slices.
func (m *Masters) Index() {
	m.groupName, m.groupByID, m.defaults = map[string]int64{}, map[int64]int{}, nil
	for i, g := range m.Groups {
		m.groupName[g.Name], m.groupByID[g.ID] = g.ID, i
		if g.Default && g.Enabled {
			m.defaults = append(m.defaults, g.ID)
		}
	}
	m.roleCode, m.roleByID = map[string]int64{}, map[int64]int{}
	for i, r := range m.Roles {
		m.roleCode[r.Code], m.roleByID[r.ID] = r.ID, i
	}
	m.policyCode, m.policyByID = map[string]int64{}, map[int64]int{}
	for i, p := range m.Policies {
		m.policyCode[p.Code], m.policyByID[p.ID] = p.ID, i
	}
	m.fieldByName = map[string]int{}
	for i, f := range m.Fields {
		m.fieldByName[f.Identifier] = i
	}
}

// Group finds a group by ID or exact name (SPEC F9). A name is never all
// digits (G1), so the two cannot be confused.
func (m *Masters) Group(s string) (int64, bool) {
	if id, ok := m.groupName[s]; ok {
		return id, true
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, false
	}
	_, ok := m.groupByID[id]
	return id, ok
}

// GroupName returns the name of a group, also if it is gone; its number in text
// if its name is not known.
func (m *Masters) GroupName(id int64) string {
	if i, ok := m.groupByID[id]; ok {
		return m.Groups[i].Name
	}
	if name, ok := m.DeletedGroups[id]; ok {
		return name
	}
	return strconv.FormatInt(id, 10)
}

// HasGroup reports whether there is a group of that ID.
func (m *Masters) HasGroup(id int64) bool { _, ok := m.groupByID[id]; return ok }

// successor returns the group itself or, where it is gone, the one that has its
// name now. It is false if there is none.
func (m *Masters) successor(id int64) (int64, bool) {
	if m.HasGroup(id) {
		return id, true
	}
	now, ok := m.groupName[m.DeletedGroups[id]]
	return now, ok
}

// AddGroup makes a group known that applying the plan will create (P7).
func (m *Masters) AddGroup(g member.Group) {
	m.groupByID[g.ID] = len(m.Groups)
	m.groupName[g.Name] = g.ID
	m.Groups = append(m.Groups, g)
}

// RoleCode returns the code of a role; empty for none or a role that is gone.
func (m *Masters) RoleCode(id int64) string {
	if i, ok := m.roleByID[id]; ok {
		return m.Roles[i].Code
	}
	return ""
}

// RoleWith returns the ID of the role with a code.
func (m *Masters) RoleWith(code string) (int64, bool) { id, ok := m.roleCode[code]; return id, ok }

// PolicyCode returns the code of a policy; empty for none or a policy that is gone.
func (m *Masters) PolicyCode(id int64) string {
	if i, ok := m.policyByID[id]; ok {
		return m.Policies[i].Code
	}
	return ""
}

// PolicyWith returns the ID of the policy with a code.
func (m *Masters) PolicyWith(code string) (int64, bool) {
	id, ok := m.policyCode[code]
	return id, ok
}

// Field returns the field with an identifier.
func (m *Masters) Field(identifier string) (*member.Field, bool) {
	i, ok := m.fieldByName[identifier]
	if !ok {
		return nil, false
	}
	return &m.Fields[i], true
}

// Roles' and policies' codes, for the sentence "known are …".
func codes[T any](all []T, code func(T) string) string {
	text := ""
	for i, x := range all {
		if i > 0 {
			text += "\n"
		}
		text += code(x)
	}
	return text
}

// RoleAccess returns what a role opens; nothing for a role that is gone.
func (m *Masters) RoleAccess(id int64) member.Access {
	if i, ok := m.roleByID[id]; ok {
		return m.Roles[i].Access
	}
	return 0
}

// FieldIndex returns the place of a field in Fields.
func (m *Masters) FieldIndex(identifier string) (int, bool) {
	i, ok := m.fieldByName[identifier]
	return i, ok
}

// FieldIDs returns the IDs of all fields by identifier.
func (m *Masters) FieldIDs() map[string]int64 {
	ids := make(map[string]int64, len(m.Fields))
	for _, f := range m.Fields {
		ids[f.Identifier] = f.ID
	}
	return ids
}
