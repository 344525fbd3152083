package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// A Past is one applied change of a member, with the import it came from.
type Past struct {
	StoredChange
	Import    int64
	Kind      Kind
	ActorID   int64 // 0 for the operator
	FileName  string
	AppliedAt int64
}

// madeBefore is how a member's making is found, who has no ID in the plan: by
// the block of IDs of its import. Ordinals ascend with seq and never pass it,
// so the search begins near its end.
const madeBefore = `WHERE c.org_id = $1 AND i.journal_no IS NOT NULL AND i.first_member_id <= $2 AND $2 < i.first_member_id + i.creates
	AND c.seq > $2 - i.first_member_id AND c.ordinal = $2 - i.first_member_id AND c.action = 1 AND c.member_id IS NULL`

// History returns what was ever done to a member, newest first (M8).
func (db *DB) History(ctx context.Context, org, id int64) ([]Past, error) {
	pasts, err := db.pasts(ctx, `WHERE c.org_id = $1 AND i.journal_no IS NOT NULL AND c.action IN (1, 3, 4) AND c.member_id = $2
		ORDER BY i.journal_no DESC, c.seq DESC`, org, id)
	if err == nil {
		var made []Past
		made, err = db.pasts(ctx, madeBefore, org, id)
		pasts = append(pasts, made...)
	}
	if err != nil {
		return nil, fmt.Errorf("history of member %d: %w", id, err)
	}
	return pasts, nil
}

func (db *DB) pasts(ctx context.Context, where string, args ...any) ([]Past, error) {
	var pasts []Past
	err := each(ctx, db.read(), pastSelect+pastFrom+where, args, func(scan func(...any) error) error {
		var p Past
		var err error
		p.StoredChange, err = scanChange(func(dest ...any) error {
			return scan(append(dest, &p.Import, &p.Kind, &p.ActorID, &p.FileName, &p.AppliedAt)...)
		})
		pasts = append(pasts, p)
		return err
	})
	return pasts, err
}

// A LastChange is who changed a member last, and when.
type LastChange struct {
	Who string // empty for the operator, and for somebody erased
	At  int64  // microseconds UTC
}

// LastChanges returns who changed members last after they were made, by member ID.
func (db *DB) LastChanges(ctx context.Context, org int64, ids []int64) (map[int64]LastChange, error) {
	found := make(map[int64]LastChange, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	err := each(ctx, db.read(), `WITH last AS (SELECT c.member_id, max(i.journal_no) AS no FROM change c
			JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id
			WHERE c.org_id = $1 AND i.journal_no IS NOT NULL AND c.action IN (1, 3, 4) AND `+db.dialect.among("c.member_id", 2)+` GROUP BY c.member_id)
		SELECT l.member_id, coalesce(m.name, ''), coalesce(i.applied_at, 0) FROM last l
		JOIN import i ON i.org_id = $1 AND i.journal_no = l.no
		LEFT JOIN member m ON m.org_id = $1 AND m.id = i.actor_id`, []any{org, list(db.dialect, ids)}, func(scan func(...any) error) error {
		var id int64
		var l LastChange
		err := scan(&id, &l.Who, &l.At)
		found[id] = l
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("last changes of members: %w", err)
	}
	return found, nil
}

// PastMembers returns what members were at earlier versions: as they are, less
// every applied change since. Those whose history no longer says it (somebody
// was erased from it) are missing from the result.
func (db *DB) PastMembers(ctx context.Context, org int64, now map[int64]*member.Member, versions map[int64]int64) (map[int64]*member.Member, error) {
	past := make(map[int64]*member.Member, len(versions))
	if len(versions) == 0 {
		return past, nil
	}
	ids := slices.Sorted(maps.Keys(versions))
	changes, err := db.pasts(ctx, `WHERE c.org_id = $1 AND i.state = 'applied' AND c.action IN (1, 3, 4) AND `+db.dialect.among("c.member_id", 2)+`
		ORDER BY i.journal_no DESC, c.seq DESC`, org, list(db.dialect, ids))
	if err != nil {
		return nil, fmt.Errorf("past members: %w", err)
	}
	for id, m := range now {
		was := *m
		was.Fields, was.Groups = maps.Clone(m.Fields), slices.Clone(m.Groups)
		past[id] = &was
	}
	for i := range changes {
		c := &changes[i].Change
		m := past[c.MemberID]
		if m == nil || c.Version < versions[c.MemberID] {
			continue
		}
		plan.TakeBack(c, m)
	}
	return past, nil
}

// WithdrawnBy returns which import withdrew members, by member ID.
func (db *DB) WithdrawnBy(ctx context.Context, org int64, ids []int64) (map[int64]int64, error) {
	found := map[int64]int64{}
	if len(ids) == 0 {
		return found, nil
	}
	err := each(ctx, db.read(), `SELECT c.member_id, max(c.import_id) FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id
		WHERE c.org_id = $1 AND i.state = 'applied' AND c.action = 4 AND `+db.dialect.among("c.member_id", 2)+` GROUP BY c.member_id`,
		[]any{org, list(db.dialect, ids)}, func(scan func(...any) error) error {
			var id, imp int64
			err := scan(&id, &imp)
			found[id] = imp
			return err
		})
	return found, err
}
