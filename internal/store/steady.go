package store

import (
	"context"
	"errors"
	"fmt"
)

// A Steady looks much up while others write, for one goroutine. To SQLite every commit
// makes what a connection has read worth nothing, which is then read anew: while a plan
// is stored, after each batch. A view that stands still for some batches keeps it. Between
// them it must move on, for meanwhile the write-ahead log cannot be used from its
// beginning and grows.
type Steady struct {
	view DB
	pool *litePool // nil on PostgreSQL, where nothing need stand still
	tx   *liteTx
	used int
}

// steadyFor is for how many uses a view stands still.
const steadyFor = 16

// Steady returns a Steady with a connection of its own: so many plans may be made at once
// that the readers would wait for one another. Close it.
func (db *DB) Steady() *Steady {
	s := &Steady{view: *db}
	if db.pg == nil && db.view == nil {
		s.pool = newLitePool(db.path, true, steadyCache, 1, db.statements)
	}
	return s
}

// View returns the database as it is, or was a few calls ago. It is valid until the
// next call.
func (s *Steady) View(ctx context.Context) (*DB, error) {
	if s.pool == nil {
		return &s.view, nil
	}
	if s.used == steadyFor {
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	if s.tx == nil {
		tx, err := s.pool.begin(ctx, "BEGIN")
		if err != nil {
			return nil, fmt.Errorf("steady view: %w", err)
		}
		s.tx, s.view.view, s.used = tx, tx, 0
	}
	s.used++
	return &s.view, nil
}

func (s *Steady) end() error {
	if s.tx == nil {
		return nil
	}
	err := s.tx.rollback()
	s.tx = nil
	return err
}

// Close gives the connection back.
func (s *Steady) Close() error {
	if s.pool == nil {
		return nil
	}
	return errors.Join(s.end(), s.pool.close())
}
