package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"meibo/internal/store"
)

// Whoever may read the database file may read every member.
func TestANewSQLiteFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(*store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	found := map[string]fs.FileMode{} // -wal and -shm are there while the database is open
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = info.Mode().Perm()
	}
	for name, mode := range found {
		if mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.Chmod(path, 0o640); err != nil { // somebody wants it so
		t.Fatal(err)
	}
	if db, err = store.Open(t.Context(), path); err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
}
