package main

import (
	"context"

	"meibo/internal/admin"
)

// openFiles opens the zip with files of members, if one was given (SPEC G3). The
// returned function closes it.
func (a *app) openFiles(ctx context.Context, table, name string, u *admin.Upload) (func() error, error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	if name == "-" && table == "-" {
		return nil, a.usage("usage.needs", "flag", "--files -", "other", "FILE")
	}
	content, size, closeZip, err := a.openInput(name)
	if err != nil {
		return nil, a.unreadable(ctx, name, err)
	}
	u.Files, u.FilesSize = content, size
	return closeZip, nil
}
