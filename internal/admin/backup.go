package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"meibo/internal/problem"
)

// A Backup says what a backup holds, and where.
type Backup struct {
	Database string // the file
	Files    string // the folder with the kept files and those of members, still sealed; empty if there are none
	Count    int    // of these files
	Key      string // the file with the key; empty unless it was asked for
}

// Backup writes a copy of the database, of one moment, to file, and of the kept
// files to the folder file + ".files": where a Meibo that is given file as its
// database looks for them. It can be taken while others write.
//
// Without the instance's key, a backup opens nothing that is sealed in it, so
// the key is left out: both together are only as safe as the worse kept. withKey
// asks for it all the same, as file + ".key".
//
// Nothing is overwritten (FileExists). Only the operator of the machine may, for
// every organisation is in it. For PostgreSQL the problem is BackupPostgres.
func (s *Service) Backup(ctx context.Context, a Actor, database, file string, withKey bool) (Backup, error) {
	b := Backup{Database: file}
	if a.MemberID != 0 {
		return b, problem.Of(problem.Forbidden, problem.OperatorOnly)
	}
	if !s.db.IsSQLite() {
		return b, problem.Of(problem.Conflict, problem.BackupPostgres, "command", dumpCommand(database, file))
	}
	for _, name := range []string{file, besideDatabase(file, "") + ".files", besideDatabase(file, "") + ".key"} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return b, problem.Of(problem.Conflict, problem.FileExists, "file", name)
		}
	}
	if err := s.backupDatabase(ctx, file); err != nil {
		return b, err
	}
	if err := s.backupFiles(ctx, &b); err != nil {
		return b, err
	}
	if withKey {
		b.Key = file + ".key"
		return b, wrap("write key", writeNewKey(b.Key, s.key))
	}
	return b, nil
}

// dumpCommand is how PostgreSQL's own program makes a backup. It asks for the
// password, or finds it where it always does.
func dumpCommand(database, file string) string {
	return "pg_dump --format=custom --file=" + shellWord(file) + " " + shellWord(withoutPassword(database))
}

func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// withoutPassword takes the passwords out of a PostgreSQL URL.
func withoutPassword(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		return Redact(database)
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	q.Del("password")
	q.Del("sslpassword")
	u.RawQuery = q.Encode()
	return u.String()
}

// backupDatabase copies the database. The file appears when it is whole and on
// the disk, and never in place of another one.
func (s *Service) backupDatabase(ctx context.Context, file string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(file), ".meibo-backup-*") // 0600
	if err != nil {
		return Unwritable(file, err)
	}
	defer func() { err = errors.Join(err, removeFile(temp.Name())) }()
	if err := errors.Join(s.db.Copy(ctx, temp.Name()), temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := os.Link(temp.Name(), file); errors.Is(err, fs.ErrExist) {
		return problem.Of(problem.Conflict, problem.FileExists, "file", file)
	} else if err != nil { // a file system without links
		if err := os.Rename(temp.Name(), file); err != nil {
			return Unwritable(file, err)
		}
	}
	return syncFolder(filepath.Dir(file))
}

// removeFile removes a file that may be gone by now.
func removeFile(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// backupFiles copies the kept files, and those in fields of members, as they are,
// sealed. The database was copied before: what it speaks of is here, unless it was
// deleted meanwhile.
func (s *Service) backupFiles(ctx context.Context, b *Backup) error {
	for f, err := range s.files.walk(ctx, "") {
		if err != nil {
			return wrap("backup of kept files", err)
		}
		if strings.HasPrefix(f.path, uploadFolder+"/") { // of which the copy of the database knows nothing
			continue
		}
		b.Files = b.Database + ".files"
		to := filepath.Join(b.Files, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return Unwritable(b.Files, err)
		}
		switch err := s.copyOut(ctx, f.path, to); {
		case err == nil:
			b.Count++
		case !errors.Is(err, fs.ErrNotExist): // else deleted meanwhile
			return wrap("backup of kept files", err)
		}
	}
	return nil
}

// copyOut copies a file as it lies in the storage onto the disk. The copy must not
// be there yet.
func (s *Service) copyOut(ctx context.Context, from, to string) (err error) {
	in, err := s.files.open(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.NewSectionReader(in, 0, in.Size()))
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// writeNewKey writes a key to a file that must not be there yet.
func writeNewKey(path string, key []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return writeKey(f, key)
}
