package store

import (
	"context"
	"fmt"
	"strings"
)

// This file lets SQLite make the indexes of members and memberships anew where a
// plan touches many of them. An index is made by sorting; row by row it is searched
// for every key, in pages that are all over it, the more so where it is larger than
// the cache. Withdrawing 100,000 members of as many took sqlite3 1.9 s of processor
// time with them and 0.4 s without. It all happens in the transaction: readers go on
// with the indexes of before, and what fails leaves them. PostgreSQL would lock out
// its readers until the end.

// rebuildFrom is the number of touched members from which indexes are made anew, if
// they are a quarter of all. Nobody measured where it begins to pay: making an index
// costs for all members, keeping it for those that are touched.
const rebuildFrom = 5000

// An index is one that is set aside: how it is made, and what SQLite's planner is to
// expect of it, which goes with it.
type index struct{ name, sql, stat string }

// setIndexesAside drops the indexes that putIndexesBack makes again, if that is
// faster than to keep them up to date with every row. Those with a condition have
// few rows, or get theirs in order.
func (a *applier) setIndexesAside(ctx context.Context) error {
	touched := a.want.Created + a.want.Withdrawn + a.want.Restored
	if a.tx.dialect != sqlite || touched < rebuildFrom {
		return nil
	}
	var there int64
	if err := one(ctx, a.tx, `SELECT count(*) FROM member`, nil, &there); err != nil {
		return err
	}
	if touched < (there+a.want.Created)/4 {
		return nil
	}
	err := each(ctx, a.tx, `SELECT s.name, s.sql, coalesce((SELECT max(t.stat) FROM sqlite_stat1 t WHERE t.idx = s.name), '')
		FROM sqlite_schema s JOIN pragma_index_list(s.tbl_name) l ON l.name = s.name
		WHERE s.type = 'index' AND s.tbl_name IN ('member', 'membership') AND s.sql IS NOT NULL AND l.partial = 0 ORDER BY s.name`, nil,
		func(scan func(...any) error) error {
			var i index
			err := scan(&i.name, &i.sql, &i.stat)
			a.aside = append(a.aside, i)
			return err
		})
	if err != nil {
		return err
	}
	for _, i := range a.aside {
		if _, err := a.tx.exec(ctx, `DROP INDEX "`+strings.ReplaceAll(i.name, `"`, `""`)+`"`); err != nil {
			return fmt.Errorf("set index %s aside: %w", i.name, err)
		}
	}
	return nil
}

// putIndexesBack makes them. Where an address is there twice it is as if a row had
// been refused.
func (a *applier) putIndexesBack(ctx context.Context) error {
	if len(a.aside) == 0 {
		return nil
	}
	for _, i := range a.aside {
		if _, err := a.tx.exec(ctx, i.sql); err != nil {
			return fmt.Errorf("make index %s: %w", i.name, err)
		}
		if i.stat == "" {
			continue
		}
		if _, err := a.tx.exec(ctx, `INSERT INTO sqlite_stat1 (tbl, idx, stat)
			SELECT tbl_name, name, $2 FROM sqlite_schema WHERE name = $1`, i.name, i.stat); err != nil {
			return fmt.Errorf("what to expect of index %s: %w", i.name, err)
		}
	}
	a.aside = nil
	_, err := a.tx.exec(ctx, `ANALYZE sqlite_schema`) // analyses nothing: it reads again what to expect
	return err
}
