package admin

import (
	"errors"
	"io/fs"
	"syscall"

	"meibo/internal/problem"
)

// Unreadable says why a file of the person's could not be opened.
func Unreadable(name string, err error) problem.Problem {
	return problem.Of(problem.NotFound, problem.FileUnreadable, "file", name, "reason", reasonOf(err))
}

// Unwritable says why a file could not be written where the person wants it.
func Unwritable(name string, err error) problem.Problem {
	return problem.Of(problem.NotFound, problem.FileUnwritable, "file", name, "reason", reasonOf(err))
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "missing"
	case errors.Is(err, fs.ErrPermission):
		return "forbidden"
	case errors.Is(err, syscall.EISDIR):
		return "folder"
	}
	return "other"
}
