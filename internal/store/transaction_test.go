package store

import (
	"errors"
	"testing"

	"meibo/internal/storetest"
)

// putGroup makes a group, as something that a transaction does.
func putGroup(t *testing.T, tx *Tx, id int64, name string) error {
	t.Helper()
	_, err := tx.exec(t.Context(), `INSERT INTO org_group (org_id, id, name, enabled, is_default) VALUES (1, $1, $2, TRUE, FALSE)`, id, name)
	return err
}

func countGroups(t *testing.T, db *DB) (n int64) {
	t.Helper()
	if err := one(t.Context(), db.read(), `SELECT count(*) FROM org_group`, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestA2_ATransactionThatPanicsLeavesNothingAndNobodyWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		for _, write := range []func(func(*Tx) error) error{
			func(f func(*Tx) error) error { return db.Write(t.Context(), f) },
			func(f func(*Tx) error) error { return db.WriteSide(t.Context(), f) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_ = write(func(*Tx) error { panic("in the middle") })
			}()
		}
		if err := db.Write(t.Context(), func(tx *Tx) error { return putGroup(t, tx, 1, "a") }); err != nil {
			t.Fatal(err)
		}
		if n := countGroups(t, db); n != 1 {
			t.Errorf("groups = %d, want 1", n)
		}
	})
}

// SQLite rolls a transaction back by itself when the disk is full, for example.
// Here it is told to: what comes after must not be kept on its own.
func TestA2_WhatComesAfterARollbackOfSQLiteIsNotKept(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	err := db.Write(t.Context(), func(tx *Tx) error {
		_, ended := tx.exec(t.Context(), `ROLLBACK`)
		return errors.Join(ended, putGroup(t, tx, 1, "a"))
	})
	if !errors.Is(err, errTxDone) {
		t.Errorf("error = %v, want %v", err, errTxDone)
	}
	if n := countGroups(t, db); n != 0 {
		t.Errorf("groups = %d, want 0", n)
	}
	if err := db.Write(t.Context(), func(tx *Tx) error { return putGroup(t, tx, 1, "a") }); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatIsClosedOpensNothing(t *testing.T) {
	db, err := Open(t.Context(), storetest.SQLite(t))
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("error = %v, want %v", err, errClosed)
	}
}
