package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// Erase removes the personal data of a member at once, on the person's request
// (M8): only the ID, the dates and the counts remain, and nothing brings the
// rest back. Somebody who is still in the organisation is deleted first, by a
// plan like any other, which refuses primary owners and oneself.
//
// Its problems are MemberUnknown, PersonErased, EraseBusy, OwnerOnly,
// AdministratorOnly for an administrator (G7), and those of deleting.
func (s *Service) Erase(ctx context.Context, a Actor, id int64) error {
	if err := a.may(member.MembersArea, member.WriteAccess); err != nil {
		return err
	}
	found, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
	if err != nil {
		return err
	}
	m := found[id]
	switch {
	case m == nil:
		return problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(id), "layout", "")
	case m.State == member.Erased:
		return problem.Of(problem.Conflict, problem.PersonErased)
	case m.Role.IsOwner():
		if err := a.mustOwn(); err != nil {
			return err
		}
	case m.Permission == member.Admin && !a.admin: // withdrawn or not: nobody deletes those above them
		return problem.Of(problem.Forbidden, problem.AdministratorOnly)
	}
	if m.State == member.Active {
		if _, err := s.Edit(ctx, a, []Edit{{MemberID: id, Delete: true}}); err != nil {
			return err
		}
	}
	_, err = s.erase(ctx, a, []int64{id})
	return err
}
