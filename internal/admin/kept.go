package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are being written, as no name of a
// kept file does.
const tempPrefix = ".writing-"

// errKeptName is our own bug: names of kept files are made by this package.
var errKeptName = errors.New("not a plain name for a kept file")

// keptFiles is a folder of files that are sealed at rest (SPEC A8). It does not
// know which import a file belongs to, nor how long it is to stay.
type keptFiles struct {
	dir string // made with the first file
	key []byte // 32 bytes, from deriveKey
}

// keep stores what write writes as the file name, in place of an earlier one.
// The file appears when it is whole and on the disk; after an error, of write
// or of ctx, there is what was there before. About 128 KiB are held in memory.
//
// A name is at most 200 of a-z, A-Z, 0-9, hyphen, underscore and dot, and does
// not begin with a dot.
func (k keptFiles) keep(ctx context.Context, name string, write func(w io.Writer) error) (err error) {
	if !plainElement(name) {
		return errKeptName
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep %s: %w", name, err)
		}
	}()
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(k.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	temp := tempPrefix + rand.Text()
	defer func() { err = errors.Join(err, removeFrom(root, temp)) }() // gone if it was renamed
	if err := k.write(ctx, root, temp, name, write); err != nil {
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		return err
	}
	return syncFolder(k.dir)
}

// write makes the file temp, sealed to be renamed to name, and puts it onto the
// disk.
func (k keptFiles) write(ctx context.Context, root *os.Root, temp, name string, write func(w io.Writer) error) (err error) {
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := newKeptWriter(f, ctx.Err, k.key, name)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return err
	}
	return f.Sync()
}

// open opens a kept file for reading; the caller closes it. The error is
// os.ErrNotExist if there is none of that name, and the problem FileDamaged if
// it is not as it was kept: changed, cut, renamed, or sealed with another key.
func (k keptFiles) open(name string) (_ *keptFile, err error) {
	if !plainElement(name) {
		return nil, errKeptName
	}
	root, err := os.OpenRoot(k.dir)
	if err != nil {
		return nil, fmt.Errorf("kept file %s: %w", name, err)
	}
	f, err := root.Open(name)
	err = errors.Join(err, root.Close())
	if err != nil {
		return nil, fmt.Errorf("kept file %s: %w", name, err)
	}
	file, err := openKeptFile(f, k.key, name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kept file %s: %w", name, err), f.Close())
	}
	return file, nil
}

// remove deletes a kept file. That there is none is no error.
func (k keptFiles) remove(name string) (err error) {
	if !plainElement(name) {
		return errKeptName
	}
	root, err := os.OpenRoot(k.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove kept file %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := removeFrom(root, name); err != nil {
		return fmt.Errorf("remove kept file %s: %w", name, err)
	}
	return nil
}

// sweep deletes what a crash left of files that were being written, if nothing
// was written to them since the given time.
func (k keptFiles) sweep(since time.Time) error {
	return k.removeOld(since, func(name string) bool { return strings.HasPrefix(name, tempPrefix) })
}

// sweepAll deletes all files to which nothing was written since the given time.
func (k keptFiles) sweepAll(since time.Time) error {
	return k.removeOld(since, func(string) bool { return true })
}

func (k keptFiles) removeOld(since time.Time, which func(name string) bool) error {
	return k.each(func(entry fs.DirEntry) (err error) {
		if !which(entry.Name()) {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(since) {
			return nil
		}
		if err != nil {
			return err
		}
		root, err := os.OpenRoot(k.dir)
		if err != nil {
			return err
		}
		return errors.Join(removeFrom(root, entry.Name()), root.Close())
	})
}

// each calls f for every plain file in the folder, in the order of names, until
// it returns an error.
func (k keptFiles) each(f func(fs.DirEntry) error) error {
	entries, err := os.ReadDir(k.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kept files: %w", err)
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		if err := f(entry); err != nil {
			return fmt.Errorf("kept files: %w", err)
		}
	}
	return nil
}

func removeFrom(root *os.Root, name string) error {
	if err := root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// plainElement reports whether name can be the name of a kept file, see
// [keptFiles.keep].
func plainElement(name string) bool {
	const most = 200
	if name == "" || name[0] == '.' || len(name) > most {
		return false
	}
	for _, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("-_.", rune(c)) {
			return false
		}
	}
	return true
}
