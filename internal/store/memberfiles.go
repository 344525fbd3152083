package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// A MemberFile is what is known of the bytes in a file field beside the value of
// the field itself (SPEC G3).
type MemberFile struct {
	Key         string
	Import, Seq int64 // the change that brought it
	Member      int64 // whose it is or was; 0 until that change is applied
	Size        int64 // bytes
	Type        string
}

var memberFileColumns = []string{"org_id", "key", "import_id", "seq", "size", "type", "created_at", "look_at"}

// AddMemberFiles notes files that a plan brings, before their bytes are kept:
// killed in between, there is a note without bytes, which the next look removes,
// and never bytes that nobody knows of.
func (db *DB) AddMemberFiles(ctx context.Context, org, now int64, files []MemberFile) error {
	i := 0
	err := db.Write(ctx, func(tx *Tx) error {
		return tx.bulk(ctx, "member_file", memberFileColumns, func(row []cell) (bool, error) {
			if i == len(files) {
				return false, nil
			}
			f := &files[i]
			i++
			copy(row, []cell{numberOf(org), textOf(f.Key), numberOf(f.Import), numberOf(f.Seq), numberOf(f.Size), textOf(f.Type), numberOf(now), numberOf(now)})
			return true, nil
		})
	})
	if err != nil {
		return fmt.Errorf("note files of members: %w", err)
	}
	return nil
}

// MemberFiles returns what is known of files, by key; those that are no longer
// kept are missing.
func (db *DB) MemberFiles(ctx context.Context, org int64, keys []string) (map[string]MemberFile, error) {
	found := make(map[string]MemberFile, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	err := each(ctx, db.read(), memberFileSelect+`WHERE org_id = $1 AND `+db.dialect.among("key", 2), []any{org, list(db.dialect, keys)},
		func(scan func(...any) error) error {
			f, err := scanMemberFile(scan)
			found[f.Key] = f
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("files of members: %w", err)
	}
	return found, nil
}

// AllMemberFiles yields the files that are, or were, some member's, by key. No
// cursor is open while the body of the loop runs. An error is yielded last.
func (db *DB) AllMemberFiles(ctx context.Context, org int64) iter.Seq2[MemberFile, error] {
	return func(yield func(MemberFile, error) bool) {
		for after := ""; ; {
			var files []MemberFile
			err := each(ctx, db.read(), memberFileSelect+`WHERE org_id = $1 AND key > $2 AND member_id IS NOT NULL ORDER BY key LIMIT $3`,
				[]any{org, after, page}, func(scan func(...any) error) error {
					f, err := scanMemberFile(scan)
					files = append(files, f)
					return err
				})
			if err != nil {
				yield(MemberFile{}, fmt.Errorf("files of members after %s: %w", after, err))
				return
			}
			for _, f := range files {
				if after = f.Key; !yield(f, nil) {
					return
				}
			}
			if len(files) < page {
				return
			}
		}
	}
}

const memberFileSelect = `SELECT key, import_id, seq, coalesce(member_id, 0), size, type FROM member_file `

func scanMemberFile(scan func(...any) error) (f MemberFile, err error) {
	err = scan(&f.Key, &f.Import, &f.Seq, &f.Member, &f.Size, &f.Type)
	return f, err
}

// A FileSweep says which files nobody needs any more.
type FileSweep struct {
	Org  int64
	Now  int64 // microseconds UTC
	Keep int64 // how long after it was replaced a file can be put back by undo, microseconds
	Most int   // how many are looked at

	// Forget removes the bytes, before the transaction commits: killed in between,
	// the next sweep does it again. It may be called twice for the same keys.
	Forget func(ctx context.Context, keys []string) error
}

// SweepMemberFiles looks at files of which it is not certain that somebody needs
// them: those of plans that wait, of plans that came to nothing, and those that
// members had before. It returns how many it removed and how many it looked at.
func (db *DB) SweepMemberFiles(ctx context.Context, s FileSweep) (removed, looked int, err error) {
	var due bool
	err = one(ctx, db.read(), `SELECT EXISTS (SELECT 1 FROM member_file WHERE org_id = $1 AND look_at <= $2)`, []any{s.Org, s.Now}, &due)
	if err != nil || !due {
		return 0, 0, err // looking costs no lock
	}
	err = db.Alter(ctx, s.Org, func(tx *Tx) error {
		v, err := tx.judgeFiles(ctx, s)
		if err != nil {
			return err
		}
		removed, looked = len(v.gone), len(v.gone)+len(v.had)+len(v.later)
		return tx.settleFiles(ctx, s, v)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("sweep files of members: %w", err)
	}
	return removed, looked, nil
}

// fileVerdicts are keys, by what becomes of them.
type fileVerdicts struct {
	gone  []string         // nobody needs them
	had   []string         // a member has them
	later map[string]int64 // somebody may, until then
}

// lookAgain is how long a file that waits with its plan is left before the next look.
const lookAgain = int64(time.Hour / time.Microsecond)

// judgeFiles asks of each file whether its member has it, whether a plan that
// waits would give it back, and when a plan that was applied took it away. Keys
// are random, so that they cannot stand in a text by chance.
func (tx *Tx) judgeFiles(ctx context.Context, s FileSweep) (v fileVerdicts, err error) {
	const about = `FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id WHERE c.org_id = f.org_id AND c.member_id = f.member_id`
	v.later = map[string]int64{}
	err = each(ctx, tx, `SELECT f.key, b.state,
		EXISTS (SELECT 1 FROM member m WHERE m.org_id = f.org_id AND m.id = f.member_id AND CAST(m.fields AS TEXT) LIKE '%' || f.key || '%'),
		EXISTS (SELECT 1 `+about+` AND i.state IN ('planning', 'planned', 'needs_acceptance', 'needs_approval', 'applying')
			AND CAST(c.fields AS TEXT) LIKE '%' || f.key || '%'),
		coalesce((SELECT max(i.applied_at) `+about+` AND i.state = 'applied' AND c.before LIKE '%' || f.key || '%'), 0)
		FROM member_file f JOIN import b ON b.org_id = f.org_id AND b.id = f.import_id
		WHERE f.org_id = $1 AND f.look_at <= $2 ORDER BY f.look_at, f.key LIMIT $3`, []any{s.Org, s.Now, s.Most}, func(scan func(...any) error) error {
		var key string
		var state State
		var had, awaited bool
		var replaced int64
		err := scan(&key, &state, &had, &awaited, &replaced)
		switch {
		case had:
			v.had = append(v.had, key)
		case awaited || state.Waits() || state == Planning || state == Applying:
			v.later[key] = s.Now + lookAgain
		case replaced > 0 && replaced+s.Keep > s.Now:
			v.later[key] = replaced + s.Keep
		default:
			v.gone = append(v.gone, key)
		}
		return err
	})
	return v, err
}

func (tx *Tx) settleFiles(ctx context.Context, s FileSweep, v fileVerdicts) error {
	for key, at := range v.later {
		if _, err := tx.exec(ctx, `UPDATE member_file SET look_at = $3 WHERE org_id = $1 AND key = $2`, s.Org, key, at); err != nil {
			return err
		}
	}
	if len(v.had) > 0 {
		_, err := tx.exec(ctx, `UPDATE member_file SET look_at = NULL WHERE org_id = $1 AND `+tx.dialect.among("key", 2), s.Org, list(tx.dialect, v.had))
		if err != nil {
			return err
		}
	}
	return tx.forgetFiles(ctx, s.Org, v.gone, s.Forget)
}

// forgetFiles removes bytes before notes.
func (tx *Tx) forgetFiles(ctx context.Context, org int64, keys []string, forget func(context.Context, []string) error) error {
	if len(keys) == 0 {
		return nil
	}
	if err := forget(ctx, keys); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM member_file WHERE org_id = $1 AND `+tx.dialect.among("key", 2), org, list(tx.dialect, keys))
	return err
}

// fieldsBit is the mask of a change of fields.
var fieldsBit = int64(member.MaskOf(member.Fields))

// files gives the files that the plan brings to the members, and lets those that
// it may have taken away be looked at.
func (a *applier) files(ctx context.Context) error {
	var some bool
	if err := one(ctx, a.tx, `SELECT EXISTS (SELECT 1 FROM member_file WHERE org_id = $1)`, []any{a.r.Org}, &some); err != nil || !some {
		return err
	}
	err := a.exec(ctx, "files", -1, `UPDATE member_file AS f SET member_id = `+memberOf+`, look_at = NULL FROM change c
		WHERE f.org_id = $1 AND f.import_id = $2 AND c.org_id = f.org_id AND c.import_id = f.import_id AND c.seq = f.seq AND c.action IN (1, 3)`,
		a.i.FirstMember)
	if err != nil {
		return err
	}
	return a.exec(ctx, "files taken away", -1, `UPDATE member_file SET look_at = $3 WHERE org_id = $1 AND import_id <> $2 AND member_id IN (
		SELECT c.member_id FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.action = 3 AND c.mask & $4 <> 0)`, a.r.Now, fieldsBit)
}

// checkFiles insists, of an undo, that the files which it puts back are still kept.
func (a *applier) checkFiles(ctx context.Context) error {
	if a.i.Kind != UndoImport {
		return nil
	}
	masters, err := a.tx.Masters(ctx, a.r.Org)
	if err != nil {
		return err
	}
	var fields []string
	for _, f := range masters.Fields {
		if f.Type == member.FileType {
			fields = append(fields, f.Identifier)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	var keys []string
	for c, err := range changesOf(ctx, a.tx, a.tx.dialect, a.r.Org, a.r.Import, ChangeQuery{Actions: []plan.Action{plan.Create, plan.Update}}) {
		if err != nil {
			return err
		}
		for _, f := range fields {
			if v, ok := member.ParseFileValue(c.After.Fields[f]); ok {
				keys = append(keys, v.Key)
			}
		}
		if len(keys) >= page {
			if err := a.insistOnFiles(ctx, keys); err != nil {
				return err
			}
			keys = keys[:0]
		}
	}
	return a.insistOnFiles(ctx, keys)
}

func (a *applier) insistOnFiles(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	var n int
	err := one(ctx, a.tx, `SELECT count(*) FROM member_file WHERE org_id = $1 AND `+a.tx.dialect.among("key", 2), []any{a.r.Org, list(a.tx.dialect, keys)}, &n)
	if err == nil && n < len(keys) {
		err = stale("file")
	}
	return err
}

// memberFiles forgets the files that the people have, had, or were to get.
func (e *eraser) memberFiles(ctx context.Context) error {
	d := e.tx.dialect
	keys, err := e.fileKeys(ctx, d.among("member_id", 2), list(d, e.ids))
	if err != nil {
		return err
	}
	for imp, t := range e.touched {
		brought, err := e.fileKeys(ctx, `import_id = $2 AND `+d.among("seq", 3), imp, list(d, t.seqs))
		if err != nil {
			return err
		}
		keys = append(keys, brought...)
	}
	return e.tx.forgetFiles(ctx, e.r.Org, keys, e.r.ForgetMembers)
}

func (e *eraser) fileKeys(ctx context.Context, condition string, args ...any) ([]string, error) {
	var keys []string
	err := each(ctx, e.tx, `SELECT key FROM member_file WHERE org_id = $1 AND `+condition, append([]any{e.r.Org}, args...), func(scan func(...any) error) error {
		var key string
		err := scan(&key)
		keys = append(keys, key)
		return err
	})
	return keys, err
}
