package web

import (
	"strings"

	"meibo/internal/member"
)

// A Route is a route as a test sees it.
type Route struct {
	Method, Path string
	Public       bool
	needs        need
}

// Routes returns every route.
func Routes() []Route {
	var all []Route
	for _, r := range routes() {
		all = append(all, Route{r.Method, r.Path, r.Needs.kind == everyone, r.Needs})
	}
	return all
}

// For reports whether a route is for who has rights: "owner", "admin", or areas
// such as "members=write groups=read".
func (r Route) For(rights string) bool {
	switch r.needs.kind {
	case ofMembers, everyone:
		return true
	case owners:
		return rights == "owner"
	}
	if rights == "owner" || rights == "admin" {
		return true
	}
	var access member.Access
	for _, word := range strings.Fields(rights) {
		area, level, _ := strings.Cut(word, "=")
		access = access.With(member.Area(area), map[string]member.Level{"read": member.ReadAccess, "write": member.WriteAccess}[level])
	}
	return access.Allows(r.needs.area, r.needs.level)
}
