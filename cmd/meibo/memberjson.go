package main

import (
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
)

// memberJSON is a member as JSON. Every key is always present; what a member
// has not is null, or empty where there may be several.
type memberJSON struct {
	ID               int64             `json:"id"`
	State            string            `json:"state"` // active or withdrawn
	Version          int64             `json:"version"`
	LoginID          *string           `json:"login_id"`
	Email            *string           `json:"email"`
	Name             *string           `json:"name"`
	LoginAllowed     bool              `json:"login_allowed"`
	LoginUntil       *string           `json:"login_until"`
	Groups           []string          `json:"groups"`
	SystemRole       string            `json:"system_role"`
	SystemPermission string            `json:"system_permission"`
	BrandPolicy      *string           `json:"brand_policy"`
	Role             *string           `json:"role"`
	Remarks          *string           `json:"remarks"`
	DisplayOrder     int64             `json:"display_order"`
	Fields           map[string]string `json:"fields"`
	CreatedAt        string            `json:"created_at"`
	WithdrawnAt      *string           `json:"withdrawn_at"`
}

func jsonOfMember(m *member.Member, actor admin.Actor, masters *plan.Masters) memberJSON {
	out := memberJSON{ID: m.ID, State: "active", Version: m.Version, LoginID: some(m.LoginID), Email: some(m.Email), Name: some(m.Name),
		LoginAllowed: m.LoginAllowed, LoginUntil: some(m.LoginUntil), Groups: []string{},
		SystemRole: m.Role.String(), SystemPermission: m.Permission.String(),
		BrandPolicy: some(masters.PolicyCode(m.PolicyID)), Role: some(masters.RoleCode(m.RoleID)),
		Remarks: some(m.Remarks), DisplayOrder: m.DisplayOrder, Fields: map[string]string{}, CreatedAt: stamp(m.CreatedAt)}
	for _, id := range m.Groups {
		out.Groups = append(out.Groups, masters.GroupName(id))
	}
	if m.State == member.Withdrawn {
		out.State, out.WithdrawnAt = "withdrawn", some(stamp(m.WithdrawnAt))
	}
	texts := admin.Texts(m, actor, masters)
	for identifier := range m.Fields {
		if text, ok := texts[identifier]; ok {
			out.Fields[identifier] = text
		}
	}
	return out
}

// stamp is a stored time as JSON has it: RFC 3339 in UTC, to the second.
func stamp(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339) }
