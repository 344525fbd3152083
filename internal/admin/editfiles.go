package admin

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// An EditFile is a file that somebody puts into a field on a page.
type EditFile struct {
	Name    string // as the person knows it; only its last element is kept
	Content io.Reader
}

// cell is what a cell of a table would say of the file: a path in its zip, never
// the name alone, which would mean the file that the member has already (G3).
func (f EditFile) cell(identifier string) string { return identifier + "/" + baseName(f.Name) }

// packFiles puts the files of an edit into a zip as it comes beside a table, so
// that they go through the same rules (G3). It is nil if there are none; the
// caller closes it, which removes it.
func packFiles(edits []Edit, limit int64) (packed *os.File, size int64, err error) {
	if !slices.ContainsFunc(edits, func(e Edit) bool { return len(e.Files) > 0 }) {
		return nil, 0, nil
	}
	if len(edits) > 1 {
		return nil, 0, errors.New("files of more than one edit")
	}
	if packed, err = os.CreateTemp("", "meibo-edit-*"); err != nil {
		return nil, 0, err
	}
	// It has no name from here on: nothing is left of it, whatever happens.
	if err := os.Remove(packed.Name()); err != nil {
		return nil, 0, errors.Join(err, packed.Close())
	}
	z := zip.NewWriter(packed)
	for identifier, f := range edits[0].Files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.cell(identifier), Method: zip.Store})
		if err == nil {
			// One more than may be is enough to be refused for its size.
			_, err = io.Copy(w, io.LimitReader(f.Content, limit+1))
		}
		if err != nil {
			return nil, 0, errors.Join(err, packed.Close())
		}
	}
	if err := z.Close(); err != nil {
		return nil, 0, errors.Join(err, packed.Close())
	}
	size, err = packed.Seek(0, io.SeekEnd)
	return packed, size, err
}

// A FieldFile is a file that a member has in a field, open for reading. Close it.
type FieldFile struct {
	Name string
	blob
}

// MemberFile opens the file that a member has in a field. Its problems are
// MemberUnknown, FieldUnknown, FileLost and FileDamaged; FileLost also where the
// field is empty.
func (s *Service) MemberFile(ctx context.Context, a Actor, id int64, identifier string) (FieldFile, error) {
	m, err := s.Member(ctx, a, line(id))
	if err != nil {
		return FieldFile{}, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return FieldFile{}, err
	}
	f, ok := masters.Field(identifier)
	if !ok || f.Type != member.FileType {
		return FieldFile{}, problem.Of(problem.NotFound, problem.FieldUnknown, "value", identifier)
	}
	v, ok := member.ParseFileValue(m.Fields[identifier])
	if !ok {
		return FieldFile{}, problem.Of(problem.NotFound, problem.FileLost, "member", line(id), "value", identifier)
	}
	b, err := s.blobs.open(ctx, v.Key)
	if errors.Is(err, fs.ErrNotExist) {
		err = problem.Of(problem.NotFound, problem.FileLost, "member", line(id), "value", identifier)
	}
	return FieldFile{v.Name, b}, err
}

// baseDraft says which version of the member the person saw, as the column _base
// of a file does: what somebody else changed since is a conflict, and not undone
// silently (P9).
func (s *Service) baseDraft(a Actor, e Edit, d *plan.Draft) {
	if e.Version == 0 || e.MemberID == 0 {
		return
	}
	d.Set = d.Set.With(member.Base)
	d.Text[member.Base] = plan.NewBaseKey(s.key, a.Org.ID).Token(e.MemberID, e.Version, [8]byte{})
}
