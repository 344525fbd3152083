package member

import (
	"slices"
	"testing"

	"meibo/internal/problem"
)

// ann is a member who breaks no rule.
func ann(change func(*Member)) Member {
	m := Member{ID: 1, State: Active, Email: "ann@acme.example", Name: "Ann", Role: Regular, Permission: Write}
	if change != nil {
		change(&m)
	}
	return m
}

func TestM2M4M5_Check(t *testing.T) {
	const email, name, permission, policy, role = "email", "name", "system_permission", "brand_policy", "role"
	type found struct {
		attribute string
		code      problem.Code
	}
	tests := []struct {
		name   string
		member Member
		want   []found
	}{
		{"a plain member is sound", ann(nil), nil},
		{"M2: a login ID is enough", ann(func(m *Member) { m.Email, m.LoginID = "", "ann" }), nil},
		{"M2: neither e-mail nor login ID", ann(func(m *Member) { m.Email = "" }), []found{{email, problem.ContactRequired}}},
		{"M1: a registered member has a name", ann(func(m *Member) { m.Name = "" }), []found{{name, problem.NameRequired}}},
		{"M4: an owner with admin", ann(func(m *Member) { m.Role, m.Permission = Owner, Admin }), nil},
		{"M4: an owner with write", ann(func(m *Member) { m.Role = Owner }), []found{{permission, problem.OwnerWithWrite}}},
		{"M4: a primary owner with write", ann(func(m *Member) { m.Role = PrimaryOwner }), []found{{permission, problem.OwnerWithWrite}}},
		{"M4: an owner with a policy", ann(func(m *Member) { m.Role, m.Permission, m.PolicyID = Owner, Admin, 7 }), []found{{policy, problem.PolicyOnOwner}}},
		{"M4: an owner with a role", ann(func(m *Member) { m.Role, m.Permission, m.RoleID = PrimaryOwner, Admin, 7 }), []found{{role, problem.RoleOnOwner}}},
		{"M5: a role on member + write", ann(func(m *Member) { m.RoleID = 7 }), nil},
		{"M5: a role on member + admin", ann(func(m *Member) { m.Permission, m.RoleID = Admin, 7 }), []found{{role, problem.RoleOnAdmin}}},
		{"M5: a policy on member + admin", ann(func(m *Member) { m.Permission, m.PolicyID = Admin, 7 }), nil},
		{"all problems are reported at once", Member{Role: Owner, Permission: Write, PolicyID: 1, RoleID: 2}, []found{
			{email, problem.ContactRequired}, {name, problem.NameRequired}, {permission, problem.OwnerWithWrite},
			{policy, problem.PolicyOnOwner}, {role, problem.RoleOnOwner},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []found
			for _, p := range tt.member.Check() {
				got = append(got, found{p.Place.Attribute, p.Code})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Check = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestP13_StripTakesWhatM4AndM5Forbid(t *testing.T) {
	tests := []struct {
		name       string
		role       RoleType
		permission Permission
		want       []Attribute
	}{
		{"member + write keeps both", Regular, Write, nil},
		{"member + admin loses the role", Regular, Admin, []Attribute{Role}},
		{"an owner loses both", Owner, Admin, []Attribute{BrandPolicy, Role}},
		{"a primary owner loses both", PrimaryOwner, Admin, []Attribute{BrandPolicy, Role}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := ann(func(m *Member) { m.Role, m.Permission, m.PolicyID, m.RoleID = tt.role, tt.permission, 7, 8 })
			if got := m.Strip(); !slices.Equal(got, tt.want) {
				t.Errorf("Strip = %v, want %v", got, tt.want)
			}
			if ps := m.Check(); len(ps) > 0 {
				t.Errorf("still forbidden: %v", ps)
			}
			if again := m.Strip(); len(again) > 0 {
				t.Errorf("a second time took %v", again)
			}
		})
	}
}

func TestP13_StripDoesNotHideAnOwnerWithWrite(t *testing.T) {
	m := ann(func(m *Member) { m.Role = Owner })
	m.Strip()
	if m.Permission != Write || len(m.Check()) != 1 {
		t.Errorf("permission = %s, problems %v; want write and one problem", m.Permission, m.Check())
	}
}

func TestP18_RequiredFields(t *testing.T) {
	m := ann(func(m *Member) { m.Fields = map[string]string{"floor": "0"} })
	fields := []Field{{Identifier: "branch", LabelEN: "Branch", LabelJA: "支店", Required: true}, {Identifier: "floor", Required: true}, {Identifier: "note"}}
	ps := m.CheckRequired(fields)
	if len(ps) != 1 || ps[0].Code != problem.RequiredBlank || ps[0].Values["attribute"] != "Branch\n支店" || ps[0].Place.Attribute != "branch" {
		t.Errorf("CheckRequired = %+v, want branch only", ps)
	}
}
