package admin_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stored are the paths of all files in a folder of the storage, ascending; "" is
// all of it.
func (h *house) stored(folder string) []string {
	h.Helper()
	if folder != "" {
		folder += "/"
	}
	var paths []string
	add := func(path string) {
		if strings.HasPrefix(path, folder) {
			paths = append(paths, path)
		}
	}
	if h.bucket != nil {
		for _, name := range h.bucket.Names(h) {
			add(name)
		}
		return paths
	}
	err := filepath.WalkDir(h.files, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(h.files, path)
		add(filepath.ToSlash(rel))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.Fatal(err)
	}
	return paths
}

// rawStored is a file as it lies in the storage.
func (h *house) rawStored(path string) []byte {
	h.Helper()
	if h.bucket != nil {
		return h.bucket.Read(h, path)
	}
	content, err := os.ReadFile(filepath.Join(h.files, path))
	if err != nil {
		h.Fatal(err)
	}
	return content
}

// loseStored takes a file out of the storage.
func (h *house) loseStored(path string) {
	h.Helper()
	if h.bucket != nil {
		h.bucket.Remove(h, path)
		return
	}
	h.must(os.Remove(filepath.Join(h.files, path)))
}
