package plan

import (
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A BroughtFile is a file that a cell names, as it came with the table.
type BroughtFile struct {
	member.FileValue        // under a new key
	Path             string // from the root of what was brought
}

// parseFile returns the canonical text of the file that a cell names. Where the
// member has the very same file under that name, it is the one they have.
func (e *Env) parseFile(f *member.Field, cell string, m *member.Member) (string, error) {
	brought, err := e.brought(f, cell, m)
	if err != nil {
		return "", err
	}
	now, _ := member.ParseFileValue(has(f, m))
	if now.Name == brought.Name && now.Digest == brought.Digest {
		return now.Canonical(), nil
	}
	return brought.Canonical(), nil
}

func (e *Env) brought(f *member.Field, cell string, m *member.Member) (BroughtFile, error) {
	if e.Files == nil {
		return BroughtFile{}, problem.New(problem.FilesNeeded, "value", cell)
	}
	id := int64(0)
	if m != nil {
		id = m.ID
	}
	return e.Files(f, id, cell)
}

// sameName warns of a file that was brought under the name of the one that the
// member has, but is another one: the name alone means that it is left (G3).
func (e *Env) sameName(c *Change, d *Draft, i int, m *member.Member) {
	f := &e.Masters.Fields[i]
	now, isFile := member.ParseFileValue(has(f, m))
	if f.Type != member.FileType || !isFile || e.Files == nil {
		return
	}
	brought, err := e.brought(f, d.FieldText[i], m)
	if err == nil && brought.Digest != now.Digest {
		c.note(problem.New(problem.FileSameName, "value", now.Name, "path", brought.Path).At(e.fieldPlace(d, i)))
	}
}

// lost returns a problem for each file that would be put back and is no longer kept.
func (e *Env) lost(values map[string]string) []problem.Problem {
	var ps []problem.Problem
	for _, identifier := range slices.Sorted(maps.Keys(values)) {
		f, ok := e.Masters.Field(identifier)
		if !ok || f.Type != member.FileType || e.Lost == nil {
			continue
		}
		if v, isFile := member.ParseFileValue(values[identifier]); isFile && e.Lost(v.Key) {
			ps = append(ps, problem.Of(problem.Conflict, problem.FileNotKept, "value", identifier))
		}
	}
	return ps
}
