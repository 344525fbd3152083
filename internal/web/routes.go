package web

import (
	"meibo/internal/member"
)

// A need is who a page is for. It says what to offer and what a test expects of
// every route; what is done asks admin, which decides.
type need struct {
	kind  needKind
	area  member.Area
	level member.Level
	file  bool // the body may be long: the handler bounds it
}

// withFile is a form that brings a file.
func (n need) withFile() need {
	n.file = true
	return n
}

type needKind int

const (
	everyone  needKind = iota // signed in or not
	ofMembers                 // whoever signed in
	right                     // whoever has an area open
	owners                    // owners only
)

var (
	anybody  = need{kind: everyone}
	signedIn = need{kind: ofMembers}
	ownersOf = need{kind: owners}
)

func reading(area member.Area) need { return need{kind: right, area: area, level: member.ReadAccess} }
func writing(area member.Area) need { return need{kind: right, area: area, level: member.WriteAccess} }

// A route is one page or form. Paths are those of http.ServeMux.
type route struct {
	Method, Path string
	Needs        need
	handle       func(*request) error
}

// routes are all pages. A test walks through every one of them as everybody.
func routes() []route {
	var all []route
	for _, some := range [][]route{
		entranceRoutes, acceptRoutes, forgottenRoutes, secondFactorRoutes, profileRoutes, authenticatorRoutes, passkeyRoutes,
		memberRoutes, oneMemberRoutes, filterRoutes, batchRoutes, uploadRoutes, importRoutes, historyRoutes, exportRoutes, administrationRoutes,
	} {
		all = append(all, some...)
	}
	return all
}

// allows reports whether the reader may use what needs n.
func (n need) allows(q *request) bool {
	switch n.kind {
	case everyone:
		return true
	case right:
		return q.actor.Allows(n.area, n.level)
	case owners:
		return q.actor.IsOwner()
	}
	return q.session != nil
}
