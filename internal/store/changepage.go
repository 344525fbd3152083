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

func (p ChangePage) where(d dialect, args []any) (string, []any) {
	sql := ""
	add := func(text string, value any) {
		args = append(args, value)
		sql += fmt.Sprintf(text, len(args))
	}
	if p.Action != 0 {
		add(byAction, int64(p.Action))
	}
	if p.Line != 0 {
		add(` AND c.line = $%[1]d AND c.seq < $%[1]d`, p.Line) // the header has a line and no seq
	}
	if p.Code != "" { // as it stands in the documents, where a quote in a value is escaped
		n := len(args) + 1
		args = append(args, `%"code":"`+string(p.Code)+`"%`)
		sql += fmt.Sprintf(` AND (c.problems LIKE $%[1]d OR c.notes LIKE $%[1]d)`, n)
	}
	if p.Begin != "" {
		n := len(args) + 1
		args = append(args, p.Begin, p.Begin+beyond)
		sql += fmt.Sprintf(` AND (c.email_key >= $%[1]d AND c.email_key < $%[2]d OR c.login_key >= $%[1]d AND c.login_key < $%[2]d
			OR c.name_key >= $%[1]d AND c.name_key < $%[2]d)`, n, n+1)
	}
	if p.Before != 0 {
		add(` AND c.seq < $%d`, p.Before)
		if p.Within > 0 {
			add(` AND c.seq >= $%d`, p.Before-p.Within)
		}
		return sql, args
	}
	add(` AND c.seq > $%d`, p.After)
	if p.Within > 0 {
		add(` AND c.seq <= $%d`, p.After+p.Within)
	}
	return sql, args
}

// ChangePage returns a page of the changes of a plan in their order.
func (db *DB) ChangePage(ctx context.Context, org, imp int64, p ChangePage) ([]StoredChange, error) {
	backward := p.Before != 0 || p.Line != 0 // a line is near the end of what may have it
	if p.Line != 0 {
		p.Limit = 1 // no two have the same: nobody looks further
	}
	order := ""
	if backward {
		order = " DESC"
	}
	where, args := p.where(db.dialect, []any{org, imp, p.Limit})
	var cs []StoredChange
	err := each(ctx, db.read(), changeSelect+`WHERE c.org_id = $1 AND c.import_id = $2`+where+` ORDER BY c.seq`+order+` LIMIT $3`, args, func(scan func(...any) error) error {
		c, err := scanChange(scan)
		cs = append(cs, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("page of changes of import %d: %w", imp, err)
	}
	if backward {
		slices.Reverse(cs)
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

// keepsOfPage returns the rows that keep a member which a page may have.
func (db *DB) keepsOfPage(ctx context.Context, org, imp int64, p ChangePage) ([]keep, error) {
	if p.Code != "" || p.Action != 0 && p.Action != plan.Keep { // what is said of a row is a change of its own
		return nil, nil
	}
	after, before := p.After, int64(math.MaxInt64)
	switch {
	case p.Before != 0 && p.Within > 0:
		after, before = p.Before-p.Within-1, p.Before
	case p.Before != 0:
		after, before = 0, p.Before
	case p.Within > 0:
		before = p.After + p.Within + 1
	}
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
	var id int64
	err := each(ctx, db.read(), `SELECT id FROM member WHERE org_id = $1 AND (email_key >= $2 AND email_key < $3 OR login_key >= $2 AND login_key < $3
		OR name_key >= $2 AND name_key < $3)`, []any{org, begin, begin + beyond}, func(scan func(...any) error) error {
		err := scan(&id)
		ids.Add(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	// Whoever is deleted has no keys any more: they are free.
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
