package main

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"meibo/internal/admin"
)

// secretMode is that of files that only their owner may read.
const secretMode fs.FileMode = 0o600

// writeFile writes a file that appears only when it is complete. One that is
// there already is replaced, at the end of its symbolic links, and keeps its
// mode; a new one gets the mode less the umask. What is no file, such as a pipe
// or a device, is written to as it is.
func writeFile(name string, mode fs.FileMode, write func(w io.Writer) error) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replaceFile(name, mode, nil, write)
	case err != nil:
		return admin.Unwritable(name, err)
	case info.Mode().IsRegular():
		return replaceFile(name, mode, info, write)
	}
	return writeThrough(name, write)
}

func writeThrough(name string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return admin.Unwritable(name, err)
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return admin.Unwritable(name, err)
	}
	return nil
}

// replaceFile puts a finished file where one was, or none was (info is nil).
func replaceFile(name string, mode fs.FileMode, info fs.FileInfo, write func(w io.Writer) error) error {
	target, err := linked(name)
	if err != nil {
		return admin.Unwritable(name, err)
	}
	f, err := newBeside(target, mode)
	if err != nil {
		return admin.Unwritable(name, err)
	}
	if info != nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err != nil {
		return errors.Join(admin.Unwritable(name, err), f.Close(), os.Remove(f.Name()))
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errors.Join(admin.Unwritable(name, err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return errors.Join(admin.Unwritable(name, err), os.Remove(f.Name()))
	}
	return nil
}

// newBeside makes an empty file in the folder of another, with a mode less the
// umask, which [os.CreateTemp] cannot.
func newBeside(name string, mode fs.FileMode) (*os.File, error) {
	for {
		beside := filepath.Join(filepath.Dir(name), ".meibo-"+rand.Text())
		f, err := os.OpenFile(beside, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// linked follows symbolic links to the name of a file, also where the last one
// leads to a file that is yet to be made.
func linked(name string) (string, error) {
	for range 40 { // as many as Linux follows (path_resolution(7))
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil //nolint:nilerr // what cannot be looked at cannot be written either, and says so then
		}
		to, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(name))
			if err != nil {
				return "", err
			}
			to = filepath.Join(dir, to)
		}
		name = to
	}
	return "", &fs.PathError{Op: "readlink", Path: name, Err: syscall.ELOOP}
}
