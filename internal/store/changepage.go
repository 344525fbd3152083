package store

import (
	"context"
	"fmt"
	"slices"

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
		// The second condition is that of the index, which no other query is to use.
		add(` AND c.action = $%d AND c.seq > 0`, int64(p.Action))
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

// ChangePage returns a page of the changes of a plan in their order, with their
// groups.
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
	if err == nil && backward {
		slices.Reverse(cs)
	}
	if err == nil && len(cs) > 0 {
		err = db.addGroupsOf(ctx, org, imp, cs)
	}
	if err != nil {
		return nil, fmt.Errorf("page of changes of import %d: %w", imp, err)
	}
	return cs, nil
}

// addGroupsOf is addGroups for changes that may lie far apart.
func (db *DB) addGroupsOf(ctx context.Context, org, imp int64, cs []StoredChange) error {
	seqs, at := make([]int64, len(cs)), map[int64]int{}
	for i := range cs {
		seqs[i], at[cs[i].Seq] = cs[i].Seq, i
	}
	return each(ctx, db.read(), `SELECT seq, group_id, adds FROM change_group WHERE org_id = $1 AND import_id = $2 AND `+db.dialect.among("seq", 3)+` ORDER BY seq, group_id`,
		[]any{org, imp, list(db.dialect, seqs)}, func(scan func(...any) error) error {
			var seq int64
			var op plan.GroupOp
			err := scan(&seq, &op.ID, &op.Adds)
			if i, ok := at[seq]; ok {
				cs[i].Groups = append(cs[i].Groups, op)
			}
			return err
		})
}
