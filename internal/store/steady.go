package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Steady lets some look much up while one stores. To SQLite every commit makes what a
// connection has read worth nothing, which is then read anew: while a plan is stored, after
// each batch. A view that stands still for a while keeps it.
//
// Meanwhile the write-ahead log cannot be used from its beginning again, and grows. So when
// it has become long, all views end at once, what is in it is brought into the database, and
// they begin anew: a view that never ended while another stood still left a plan of a
// million in the log, all of it, and storing took a tenth more.
type Steady struct {
	db    *DB
	pool  *litePool // nil on PostgreSQL, where nothing need stand still
	views []steadyView

	ending sync.RWMutex // held by who looks up, and alone by who ends the views
	stored int64        // rows, when the views were ended
}

// A steadyView is for one goroutine.
type steadyView struct {
	db   DB
	tx   *liteTx
	used int
}

const (
	// steadyFor is for how many uses a view stands still at most: others may write, too.
	steadyFor = 64
	// steadyStored is behind how many stored rows all views end: they are some 15 MB.
	steadyStored = 32_000
)

// Steady returns a Steady with views for n goroutines, each with a connection of its own:
// so many plans may be made at once that the readers would wait for one another. Close it.
func (db *DB) Steady(n int) *Steady {
	s := &Steady{db: db, views: make([]steadyView, n)}
	if db.pg == nil {
		s.pool = newLitePool(db.path, true, steadyCache, n, db.statements)
	}
	for i := range s.views {
		s.views[i].db = *db
	}
	return s
}

// View calls f with the i-th view of the database, which is as it is or was a few calls ago.
func (s *Steady) View(ctx context.Context, i int, f func(*DB) error) error {
	v := &s.views[i]
	if s.pool == nil {
		return f(&v.db)
	}
	s.ending.RLock()
	defer s.ending.RUnlock()
	if v.used == steadyFor {
		if err := v.end(); err != nil {
			return err
		}
	}
	if v.tx == nil {
		tx, err := s.pool.begin(ctx, "BEGIN")
		if err != nil {
			return fmt.Errorf("steady view: %w", err)
		}
		v.tx, v.db.view, v.used = tx, tx, 0
	}
	v.used++
	return f(&v.db)
}

// Stored says how many rows were stored so far. Behind many of them it ends the views.
func (s *Steady) Stored(ctx context.Context, rows int64) error {
	if s.pool == nil || rows < s.stored+steadyStored {
		return nil
	}
	s.stored = rows
	s.ending.Lock()
	defer s.ending.Unlock()
	err := s.end()
	if err == nil {
		_, err = s.db.rw.exec(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	}
	if err != nil {
		return fmt.Errorf("end steady views: %w", err)
	}
	return nil
}

func (s *Steady) end() error {
	var errs []error
	for i := range s.views {
		errs = append(errs, s.views[i].end())
	}
	return errors.Join(errs...)
}

func (v *steadyView) end() error {
	if v.tx == nil {
		return nil
	}
	err := v.tx.rollback()
	v.tx = nil
	return err
}

// Close ends the views and gives their connections back, when nobody uses them any more.
func (s *Steady) Close() error {
	if s.pool == nil {
		return nil
	}
	return errors.Join(s.end(), s.pool.close())
}
