package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"meibo/internal/member"
)

// idPage is how many IDs of a selection are read at once: many, because all of
// them are walked through to find a few.
const idPage = 20000

// SelectedFrom yields the IDs of the active members that a selection names,
// ascending, without the first skip of them. No cursor is open while the body of
// the loop runs. An error is yielded last.
func (db *DB) SelectedFrom(ctx context.Context, org int64, s Selection, skip int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for after := int64(0); ; skip = 0 {
			ids, err := db.idsAfter(ctx, org, s, after, skip)
			if err != nil {
				yield(0, fmt.Errorf("members after %d: %w", after, err))
				return
			}
			for _, id := range ids {
				if !yield(id, nil) {
					return
				}
			}
			if len(ids) < idPage {
				return
			}
			after = ids[len(ids)-1]
		}
	}
}

func (db *DB) idsAfter(ctx context.Context, org int64, s Selection, after, skip int64) ([]int64, error) {
	where, args, err := s.where(db.dialect, []any{org, after, idPage, skip})
	if err != nil {
		return nil, err
	}
	query := `SELECT m.id FROM member m WHERE m.org_id = $1 AND m.id > $2 AND m.state = 1` + where + ` ORDER BY m.id LIMIT $3 OFFSET $4`
	ids := make([]int64, 0, idPage)
	err = each(ctx, db.read(), query, args, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// MembersOf returns the members with the given IDs, which must ascend, each once, in
// that order. Those that nobody has are missing from the result. It is put into ms, whose
// members, of an earlier call, give their room.
//
// Where nothing is known of the tables yet, as after a first import, PostgreSQL
// holds every row of the organisation against the list; the bounds keep it to
// those between. (200,000 members took 7 minutes without them, measured.)
func (db *DB) MembersOf(ctx context.Context, org int64, ids []int64, ms []member.Member) ([]member.Member, error) {
	ms = slices.Grow(ms[:0], len(ids))
	if len(ids) == 0 {
		return ms, nil
	}
	first, last := ids[0], ids[len(ids)-1]
	args, among := []any{org, first, last}, ""
	if last-first >= int64(len(ids)) { // there are others between: looking each up takes as long as reading it
		args = append(args, list(db.dialect, ids))
		among = " AND " + db.dialect.among("m.id", 4)
	}
	r := newMemberReader()
	err := each(ctx, db.read(), `SELECT `+memberColumns+` FROM member m WHERE m.org_id = $1 AND m.id BETWEEN $2 AND $3`+among+` ORDER BY m.id`,
		args, func(scan func(...any) error) (err error) {
			ms, err = r.add(ms, scan)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	if err := db.addGroups(ctx, org, pointersTo(ms)); err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	return ms, nil
}

// An Export is the record of one export (SPEC A8).
type Export struct {
	ID        int64
	ActorID   int64 // 0 for the operator of the machine
	Members   int64
	Selection string   // JSON, as package admin writes it
	Columns   []string // identifiers
	CreatedAt int64    // microseconds UTC
}

// AddExport records an export, which gets its ID.
func (db *DB) AddExport(ctx context.Context, org int64, e *Export) error {
	columns, err := json.Marshal(e.Columns)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(tx *Tx) error {
		if e.ID, err = tx.take(ctx, org, "export", 1); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO export (org_id, id, actor_id, members, selection, columns, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			org, e.ID, null(e.ActorID), e.Members, e.Selection, string(columns), e.CreatedAt)
		return err
	})
	if err != nil {
		return fmt.Errorf("record export: %w", err)
	}
	return nil
}

// Exports returns the records of the latest exports, newest first, at most limit;
// 0 is no limit.
func (db *DB) Exports(ctx context.Context, org int64, limit int) ([]Export, error) {
	var all []Export
	query := `SELECT id, coalesce(actor_id, 0), members, selection, columns, created_at FROM export WHERE org_id = $1 ORDER BY id DESC`
	if limit > 0 {
		query += fmt.Sprintf(` LIMIT %d`, limit)
	}
	err := each(ctx, db.read(), query, []any{org}, func(scan func(...any) error) error {
		var e Export
		var columns string
		if err := scan(&e.ID, &e.ActorID, &e.Members, &e.Selection, &columns, &e.CreatedAt); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(columns), &e.Columns)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	return all, nil
}
