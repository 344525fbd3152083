package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// errKeptName is our own bug: names of kept files are made by this package.
var errKeptName = errors.New("not a plain name for a kept file")

// keptFiles is a folder in a storage, of files that are sealed at rest (SPEC A8).
// It does not know which import a file belongs to, nor how long it is to stay.
type keptFiles struct {
	in     storage
	folder string // "" for the root
	key    []byte // 32 bytes, from deriveKey
}

// keep stores what write writes as the file name, in place of an earlier one.
// The file appears when it is whole; after an error, of write or of ctx, there is
// what was there before. About 128 KiB are held in memory, and what the storage
// needs: some 20 MB for a bucket.
//
// A name is at most 200 of a-z, A-Z, 0-9, hyphen, underscore and dot, and does
// not begin with a dot.
func (k keptFiles) keep(ctx context.Context, name string, write func(w io.Writer) error) error {
	if !plainElement(name) {
		return errKeptName
	}
	err := k.in.put(ctx, within(k.folder, name), func(to io.Writer) error {
		w, err := newKeptWriter(to, ctx.Err, k.key, name)
		if err != nil {
			return err
		}
		if err := write(w); err != nil {
			return err
		}
		return w.finish()
	})
	return wrap("keep "+name, err)
}

// open opens a kept file for reading; the caller closes it, and reads no longer than
// ctx lasts. The error is os.ErrNotExist if there is none of that name, and the
// problem FileDamaged if it is not as it was kept: changed, cut, renamed, or sealed
// with another key.
func (k keptFiles) open(ctx context.Context, name string) (*keptFile, error) {
	if !plainElement(name) {
		return nil, errKeptName
	}
	f, err := k.in.open(ctx, within(k.folder, name))
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
func (k keptFiles) remove(ctx context.Context, name string) error {
	if !plainElement(name) {
		return errKeptName
	}
	return wrap("remove kept file "+name, k.in.remove(ctx, within(k.folder, name)))
}

// forget is remove for who has no context of its own.
func (k keptFiles) forget(ctx context.Context) func(name string) error {
	return func(name string) error { return k.remove(ctx, name) }
}

// sweep deletes what a crash left of files that were being written, if nothing
// was written to them since the given time.
func (k keptFiles) sweep(ctx context.Context, since time.Time) error {
	return wrap("kept files", k.in.tidy(ctx, k.folder, since))
}

// sweepAll deletes all files to which nothing was written since the given time.
func (k keptFiles) sweepAll(ctx context.Context, since time.Time) error {
	return wrap("kept files", expire(ctx, k.in, k.folder, since))
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
