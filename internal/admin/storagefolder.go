package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are being written, as no name of a
// stored file does.
const tempPrefix = ".writing-"

// A folder is a storage on this machine, or one that it has mounted. It is made
// with the first file; only its owner may read what is in it.
type folder struct{ dir string }

func (f folder) in(p string) (dir, name string) {
	parent, name := path.Split(p)
	return filepath.Join(f.dir, filepath.FromSlash(parent)), name
}

func (f folder) put(_ context.Context, p string, write func(w io.Writer) error) (err error) {
	dir, name := f.in(p)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	temp := tempPrefix + rand.Text()
	defer func() { err = errors.Join(err, removeFrom(root, temp)) }() // gone if it was renamed
	if err := writeTo(root, temp, write); err != nil {
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		return err
	}
	return syncFolder(dir)
}

// writeTo makes a file and puts it onto the disk.
func writeTo(root *os.Root, name string, write func(w io.Writer) error) (err error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// A folderFile is a file in a folder, open for reading.
type folderFile struct {
	*os.File
	size int64
}

func (f folderFile) Size() int64 { return f.size }

func (f folder) open(_ context.Context, p string) (blob, error) {
	dir, name := f.in(p)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	file, err := root.Open(name)
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errDamaged
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return folderFile{file, info.Size()}, nil
}

func (f folder) remove(_ context.Context, p string) (err error) {
	dir, name := f.in(p)
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return removeFrom(root, name)
}

func removeFrom(root *os.Root, name string) error {
	if err := root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f folder) walk(ctx context.Context, in string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		err := fs.WalkDir(os.DirFS(f.dir), path.Clean(in), func(p string, e fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // no folder, or deleted meanwhile
				return nil
			case err != nil:
				return err
			case !e.Type().IsRegular() || !plainPath(p):
				return ctx.Err()
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(stored{p, info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(stored{}, err)
		}
	}
}

func (f folder) tidy(_ context.Context, in string, since time.Time) (err error) {
	root, err := os.OpenRoot(filepath.Join(f.dir, filepath.FromSlash(in)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !strings.HasPrefix(entry.Name(), tempPrefix) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(since) {
			continue
		}
		if err == nil {
			err = removeFrom(root, entry.Name())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ready looks whether the folder can be read. There is none before the first file.
func (f folder) ready(context.Context) error {
	root, err := os.OpenRoot(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return Unwritable(f.dir, err)
	}
	return root.Close()
}
