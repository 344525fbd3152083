package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A ChangePage asks for one page of the changes of a plan. The zero value is the
// first page of all.
type ChangePage struct {
	Action plan.Action  // only these; 0: all
	Line   int64        // only the change of this line; 0: any
	Code   problem.Code // only with a problem or a note of this code; empty: any
	Begin  string       // only where e-mail, login ID or name begins so; empty: any
	After  int64        // those with a greater seq
	Before int64        // those with a smaller seq, the nearest ones; 0: those after After
	Within int64        // only among so many changes after After, or before Before; 0: all
	Limit  int          // how many at most
}

// beyond is a text after every text that begins alike: the last code point.
const beyond = "\U0010FFFF"

// keysBegin is a condition: one of the keys of an alias begins with a text, which is
// parameter n, and parameter n+1 with beyond behind it.
func keysBegin(alias string, n int) string {
	return strings.ReplaceAll(fmt.Sprintf(`(K.email_key >= $%[1]d AND K.email_key < $%[2]d OR K.login_key >= $%[1]d AND K.login_key < $%[2]d
		OR K.name_key >= $%[1]d AND K.name_key < $%[2]d)`, n, n+1), "K", alias)
}

// bounds are the seqs between which the changes of a page are, both exclusive.
func (p ChangePage) bounds() (after, before int64) {
	after, before = p.After, math.MaxInt64
	switch {
	case p.Before != 0 && p.Within > 0:
		after, before = max(0, p.Before-p.Within-1), p.Before
	case p.Before != 0:
		after, before = 0, p.Before
	case p.Within > 0:
		before = p.After + p.Within + 1
	}
	if p.Line != 0 {
		before = min(before, p.Line) // the header has a line and no seq
	}
	return after, before
}

func (p ChangePage) where(args []any) (string, []any) {
	after, before := p.bounds()
	args = append(args, after, before)
	sql := fmt.Sprintf(` AND c.seq > $%d AND c.seq < $%d`, len(args)-1, len(args))
	add := func(text string, value any) {
		args = append(args, value)
		sql += fmt.Sprintf(text, len(args))
	}
	if p.Action != 0 {
		add(` AND c.action = $%d`, int64(p.Action))
	}
	if p.Line != 0 {
		add(` AND c.line = $%d`, p.Line)
	}
	if p.Code != "" { // as it stands in the documents, where a quote in a value is escaped
		add(` AND (c.problems LIKE $%[1]d OR c.notes LIKE $%[1]d)`, `%"code":"`+string(p.Code)+`"%`)
	}
	return sql, args
}

// nearLine is among how many changes a line is looked for first: where no cell has line
// ends it is the last of what may have it. Of many more PostgreSQL, which knows how rare a
// line is but not where it is, reads all: a third of a second for a million.
const nearLine = 2000

// near is the part of a page in which a line mostly is, if that is smaller.
func (p ChangePage) near() (part ChangePage, smaller bool) {
	after, before := p.bounds()
	if p.Line == 0 || p.Before != 0 || before-after <= nearLine {
		return p, false
	}
	p.After, p.Within = before-nearLine, nearLine-1
	return p, true
}

// ChangePage returns a page of the changes of a plan in their order.
func (db *DB) ChangePage(ctx context.Context, org, imp int64, p ChangePage) ([]StoredChange, error) {
	if part, smaller := p.near(); smaller {
		if cs, err := db.changePage(ctx, org, imp, part); err != nil || len(cs) > 0 {
			return cs, err
		}
	}
	return db.changePage(ctx, org, imp, p)
}

func (db *DB) changePage(ctx context.Context, org, imp int64, p ChangePage) ([]StoredChange, error) {
	backward := p.backward()
	if p.Line != 0 {
		p.Limit = 1 // no two have the same: nobody looks further
	}
	cs, err := db.changesOfPage(ctx, org, imp, p)
	if err != nil {
		return nil, fmt.Errorf("page of changes of import %d: %w", imp, err)
	}
	keeps, err := db.keepsOfPage(ctx, org, imp, p)
	if err == nil {
		cs, err = withKeeps(ctx, db.read(), db.dialect, org, cs, keeps)
	}
	if err != nil {
		return nil, fmt.Errorf("page of kept rows of import %d: %w", imp, err)
	}
	if backward {
		return cs[max(0, len(cs)-p.Limit):], nil
	}
	return cs[:min(len(cs), p.Limit)], nil
}

// backward reports whether a page is looked for from its end: a line is near the end of
// what may have it.
func (p ChangePage) backward() bool { return p.Before != 0 || p.Line != 0 }

// orderOf is how the changes of a page are looked for.
func orderOf(backward bool) string {
	if backward {
		return ` ORDER BY c.seq DESC LIMIT $3`
	}
	return ` ORDER BY c.seq LIMIT $3`
}

// changesOfPage returns the changes with a row of their own that a page may have.
func (db *DB) changesOfPage(ctx context.Context, org, imp int64, p ChangePage) (cs []StoredChange, err error) {
	where, args := p.where([]any{org, imp, p.Limit})
	if p.Begin != "" || p.Action != 0 && p.Line == 0 && p.Code == "" {
		seqs, err := db.seqsOfPage(ctx, org, imp, p)
		if err != nil || len(seqs) == 0 {
			return nil, err
		}
		args = []any{org, imp, p.Limit, list(db.dialect, seqs)}
		where = ` AND ` + db.dialect.among("c.seq", 4)
	}
	err = each(ctx, db.read(), changeSelect+`WHERE c.org_id = $1 AND c.import_id = $2`+where+orderOf(p.backward()), args, func(scan func(...any) error) error {
		c, err := scanChange(scan)
		cs = append(cs, c)
		return err
	})
	if p.backward() {
		slices.Reverse(cs)
	}
	return cs, err
}

// seqsOfPage returns the seqs of the changes of a page of an action, or that begin with a
// text: no index knows them, so they are looked for in several portions at once, in the
// blocks that may have them.
func (db *DB) seqsOfPage(ctx context.Context, org, imp int64, p ChangePage) ([]int64, error) {
	after, before := p.bounds()
	var last int64
	if err := one(ctx, db.read(), `SELECT coalesce(max(seq), 0) FROM change WHERE org_id = $1 AND import_id = $2`, []any{org, imp}, &last); err != nil {
		return nil, err
	}
	s := search{after: after, upTo: min(before-1, last), backward: p.backward(), limit: p.Limit}
	return db.inPortions(ctx, s, func(ctx context.Context, portion search) ([]int64, error) {
		return db.inBlocks(ctx, org, imp, portion, p.Action, p.Begin, func(ctx context.Context, after, upTo int64) ([]int64, error) {
			p := p
			p.After, p.Before, p.Within = after, 0, upTo-after
			where, args := p.where([]any{org, imp, p.Limit})
			if p.Begin != "" {
				where += ` AND ` + keysBegin("c", len(args)+1)
				args = append(args, p.Begin, p.Begin+beyond)
			}
			return numbers(ctx, db.read(), `SELECT c.seq FROM change c WHERE c.org_id = $1 AND c.import_id = $2`+where+orderOf(s.backward), args)
		})
	})
}

// keepsOfPage returns the rows that keep a member which a page may have.
func (db *DB) keepsOfPage(ctx context.Context, org, imp int64, p ChangePage) ([]keep, error) {
	if p.Code != "" || p.Action != 0 && p.Action != plan.Keep { // what is said of a row is a change of its own
		return nil, nil
	}
	after, before := p.bounds()
	if p.Line != 0 {
		return keepOfLine(ctx, db.read(), org, imp, p.Line, after, before)
	}
	var among plan.IDSet
	if p.Begin != "" {
		some := false
		if err := one(ctx, db.read(), `SELECT EXISTS (SELECT 1 FROM keep_run WHERE org_id = $1 AND import_id = $2)`, []any{org, imp}, &some); err != nil || !some {
			return nil, err
		}
		var err error
		if among, err = db.beginning(ctx, org, p.Begin); err != nil || len(among) == 0 {
			return nil, err
		}
	}
	if p.Before != 0 {
		return keepsBefore(ctx, db.read(), org, imp, after, before, among, p.Limit)
	}
	return keepsAfter(ctx, db.read(), org, imp, after, before, among, p.Limit)
}

// beginning returns the members whose e-mail, login ID or name begins so.
func (db *DB) beginning(ctx context.Context, org int64, begin string) (plan.IDSet, error) {
	var ids plan.IDSet
	last, err := db.LastMember(ctx, org)
	if err != nil {
		return nil, err
	}
	found, err := db.inPortions(ctx, search{upTo: last, limit: math.MaxInt}, func(ctx context.Context, s search) ([]int64, error) {
		return numbers(ctx, db.read(), `SELECT id FROM member m WHERE org_id = $1 AND id > $2 AND id <= $3 AND `+keysBegin("m", 4),
			[]any{org, s.after, s.upTo, begin, begin + beyond})
	})
	if err != nil {
		return nil, err
	}
	for _, id := range found {
		ids.Add(id)
	}
	// Whoever is deleted has no keys any more: they are free.
	var id int64
	var email, login string
	err = each(ctx, db.read(), `SELECT id, coalesce(email, ''), coalesce(login_id, '') FROM member WHERE org_id = $1 AND state <> 1`, []any{org}, func(scan func(...any) error) error {
		err := scan(&id, &email, &login)
		if m := (member.Member{Email: email, LoginID: login}); strings.HasPrefix(m.EmailKey(), begin) || strings.HasPrefix(m.LoginKey(), begin) {
			ids.Add(id)
		}
		return err
	})
	return ids, err
}
