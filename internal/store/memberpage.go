package store

import (
	"context"
	"fmt"
	"slices"

	"meibo/internal/member"
)

// A PageAt says which members of a list stand on a page. The zero PageAt is the
// first page in the order of IDs.
type PageAt struct {
	After, Before int64 // ID beside which the page lies, in the order of the list; at most one is not 0
	Last          bool  // the last page
	Descending    bool  // by ID
}

// backwards reports whether the page is found from its end.
func (p PageAt) backwards() bool { return p.Last || p.Before != 0 }

// MemberPage returns the active members of one page of a list, in its order. more
// says whether there are others beyond it in the direction in which it was
// looked for: behind it, or for Before and Last in front of it.
//
// It reads from the page on and never over what lies before (no OFFSET), so a page
// far down costs what the first one does.
func (db *DB) MemberPage(ctx context.Context, org int64, s Selection, at PageAt, size int) (ms []member.Member, more bool, err error) {
	down := at.Descending != at.backwards()
	args := []any{org, size + 1}
	sql := db.dialect.selectMember() + `WHERE m.org_id = $1 AND m.state = 1`
	if edge := max(at.After, at.Before); edge != 0 {
		args = append(args, edge)
		sql += map[bool]string{false: ` AND m.id > $3`, true: ` AND m.id < $3`}[down]
	}
	where, args, err := s.where(db.dialect, args)
	if err != nil {
		return nil, false, err
	}
	sql += where + map[bool]string{false: ` ORDER BY m.id LIMIT $2`, true: ` ORDER BY m.id DESC LIMIT $2`}[down]
	err = each(ctx, db.read(), sql, args, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		ms = append(ms, m)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("page of members: %w", err)
	}
	more = len(ms) > size
	ms = ms[:min(size, len(ms))]
	if at.backwards() {
		slices.Reverse(ms)
	}
	return ms, more, nil
}

// CountSelectedUpTo returns how many active members a selection names, or most if
// there are more: then counting ends there.
func (db *DB) CountSelectedUpTo(ctx context.Context, org int64, s Selection, most int64) (int64, error) {
	where, args, err := s.where(db.dialect, []any{org, most})
	if err != nil {
		return 0, err
	}
	var n int64
	err = one(ctx, db.read(), `SELECT count(*) FROM (SELECT 1 FROM member m WHERE m.org_id = $1 AND m.state = 1`+where+` LIMIT $2) x`, args, &n)
	if err != nil {
		return 0, fmt.Errorf("count members: %w", err)
	}
	return n, nil
}

// Everyone reports whether s names all members.
func (s Selection) Everyone() bool {
	return len(s.Groups) == 0 && s.IDs == nil && s.RoleID == 0 && s.PolicyID == 0 && (s.Filter == nil || s.Filter.Root == nil)
}
