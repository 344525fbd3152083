package store

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A search looks for numbers above after and up to upTo, limit of them at most: the
// first ones, or backward the last ones.
type search struct {
	after, upTo int64
	limit       int
	backward    bool
}

// portionWidth is how many numbers a portion has: as many as are looked through in some
// hundredths of a second.
const portionWidth = 50_000

// searchers is how many portions are looked through at once: one reader of SQLite is
// left to others.
func (db *DB) searchers() int {
	if db.view != nil { // which is one connection
		return 1
	}
	return min(sqliteReaders-1, runtime.GOMAXPROCS(0))
}

// inPortions calls find for portions of what is searched, some at once, until they
// have enough. find returns what it found in its portion, in the order of the search
// and limit at most; so does inPortions.
func (db *DB) inPortions(ctx context.Context, s search, find func(ctx context.Context, portion search) ([]int64, error)) (found []int64, err error) {
	for s.after < s.upTo && len(found) < s.limit {
		results := make([][]int64, db.searchers())
		group, ctx := errgroup.WithContext(ctx)
		for i := range results {
			portion := s
			if portion.after, portion.upTo = s.next(); portion.after == portion.upTo {
				break
			}
			group.Go(func() (err error) {
				results[i], err = find(ctx, portion)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		found = append(found, slices.Concat(results...)...)
	}
	return found[:min(len(found), s.limit)], nil
}

// next takes a portion from the end at which the search begins; an empty one where
// nothing is left.
func (s *search) next() (after, upTo int64) {
	if s.backward {
		upTo = s.upTo
		s.upTo = max(s.after, upTo-portionWidth)
		return s.upTo, upTo
	}
	after = s.after
	s.after = min(s.upTo, after+portionWidth)
	return after, s.after
}

// numbers returns the only column of a query.
func numbers(ctx context.Context, q querier, query string, args []any) (all []int64, err error) {
	var n int64
	err = each(ctx, q, query, args, func(scan func(...any) error) error {
		err := scan(&n)
		all = append(all, n)
		return err
	})
	return all, err
}
