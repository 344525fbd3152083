package admin

import (
	"context"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A NamedExport is an export saved under a name (SPEC E3). To export with it,
// ask for [Service.ExportNamed].
type NamedExport struct {
	Name string
	// Export is what was saved. Groups and the saved filter have the names they
	// have now; those that are gone, the names they had when they were saved.
	Export  Export
	Gone    Gone
	SavedBy int64  // member ID of who saved it last; 0 for the operator
	Who     string // their name; empty for the operator and for somebody who was erased
	SavedAt int64  // microseconds UTC
}

// Gone is what a named export uses and is no longer there. The zero Gone is
// nothing. No part of it is exported without: that would be other members or
// other columns than were asked for.
type Gone struct {
	Groups  []string
	Columns []string
	Filter  string   // saved filter that was deleted, or is not shared with the actor any more
	Inside  []string // fields and groups that the filter asks for
}

// An ExportEdit is what is chosen beside a named export; nil leaves what is
// saved, and a zero value takes it away.
type ExportEdit struct {
	Groups, Columns            *[]string
	Filter, Seed, Header       *string
	Format, Charset, Delimiter *string
	Range                      *[2]int64 // first and last, as in Export
	Sample                     *int64
	Replace                    *bool
}

// NamedExports lists the named exports by name.
func (s *Service) NamedExports(ctx context.Context, a Actor) ([]NamedExport, error) {
	if err := a.mayExport(); err != nil {
		return nil, err
	}
	stored, err := s.db.NamedExports(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	return s.openNamed(ctx, a, stored)
}

// NamedExport returns one named export. Its problem is NamedExportUnknown.
func (s *Service) NamedExport(ctx context.Context, a Actor, name string) (NamedExport, error) {
	if err := a.mayExport(); err != nil {
		return NamedExport{}, err
	}
	stored, found, err := s.db.NamedExport(ctx, a.Org.ID, titled(name))
	if err == nil && !found {
		err = namedExportUnknown(name)
	}
	if err != nil {
		return NamedExport{}, err
	}
	opened, err := s.openNamed(ctx, a, []store.NamedExport{stored})
	if err != nil {
		return NamedExport{}, err
	}
	return opened[0], nil
}

func namedExportUnknown(name string) error {
	return problem.Of(problem.NotFound, problem.NamedExportUnknown, "name", name)
}

// titled returns a name as it is stored, or as it was typed if none can be
// stored like that.
func titled(name string) string {
	if title, err := member.ParseTitle(name); err == nil {
		return title
	}
	return name
}

// ExportNamed returns the export that was saved under a name, with what is
// chosen beside it. Its problems are NamedExportUnknown, and NamedExportGone
// where something is gone that was not chosen anew.
func (s *Service) ExportNamed(ctx context.Context, a Actor, name string, edit ExportEdit) (Export, error) {
	n, err := s.NamedExport(ctx, a, name)
	if err != nil {
		return Export{}, err
	}
	n.edit(edit)
	if err := n.Missing(); err != nil {
		return Export{}, err
	}
	return n.Export, nil
}

// Missing tells what the export uses and is gone: nil, or NamedExportGone.
func (n NamedExport) Missing() error {
	g := n.Gone
	if len(g.Groups)+len(g.Columns)+len(g.Inside) == 0 && g.Filter == "" {
		return nil
	}
	return problem.Of(problem.NotFound, problem.NamedExportGone, "name", n.Name, "groups", strings.Join(g.Groups, "\n"),
		"columns", strings.Join(g.Columns, "\n"), "filter", g.Filter, "inside", strings.Join(g.Inside, "\n"))
}

// edit lets what is chosen win over what is saved.
func (n *NamedExport) edit(edit ExportEdit) {
	e := &n.Export
	if edit.Groups != nil {
		e.Which.Groups, n.Gone.Groups = *edit.Groups, nil
	}
	if edit.Filter != nil {
		e.Which.Filter, e.Which.Expression, n.Gone.Filter, n.Gone.Inside = *edit.Filter, "", "", nil
	}
	if edit.Columns != nil {
		e.Columns, n.Gone.Columns = *edit.Columns, nil
		if len(e.Columns) == 0 {
			e.Columns = nil
		}
	}
	if edit.Range != nil {
		e.First, e.Last = edit.Range[0], edit.Range[1]
	}
	if e.Sample = or(edit.Sample, e.Sample); e.Sample == 0 {
		e.Seed = ""
	}
	e.Seed, e.Header = or(edit.Seed, e.Seed), or(edit.Header, e.Header)
	e.Format, e.Charset, e.Delimiter = or(edit.Format, e.Format), or(edit.Charset, e.Charset), or(edit.Delimiter, e.Delimiter)
	e.Replace = or(edit.Replace, e.Replace)
}

// SaveNamedExport saves an export under a name: a new one, or with replace one
// that is there. Its problems are those of CanSaveNamedExport and of exporting.
func (s *Service) SaveNamedExport(ctx context.Context, a Actor, name string, e Export, replace bool) error {
	name, err := s.nameOfExport(ctx, a, name, replace)
	if err != nil {
		return err
	}
	if _, err := s.newExporter(ctx, a, e, s.db); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		settings, err := s.settingsOf(ctx, tx, a, e)
		if err != nil {
			return err
		}
		n := store.NamedExport{Name: name, Settings: settings, ActorID: a.MemberID, SavedAt: s.micros()}
		if !replace {
			return tx.AddNamedExport(ctx, a.Org.ID, n)
		}
		found, err := tx.EditNamedExport(ctx, a.Org.ID, n)
		if err == nil && !found {
			err = namedExportUnknown(name)
		}
		return err
	})
}

// CanSaveNamedExport tells before an export whether it can be saved under a name
// after it. Its problems are TitleInvalid, NamedExportTaken, and with replace
// NamedExportUnknown.
func (s *Service) CanSaveNamedExport(ctx context.Context, a Actor, name string, replace bool) error {
	_, err := s.nameOfExport(ctx, a, name, replace)
	return err
}

func (s *Service) nameOfExport(ctx context.Context, a Actor, name string, replace bool) (string, error) {
	if err := a.mayNameExports(); err != nil {
		return "", err
	}
	name, err := member.ParseTitle(name)
	if err != nil {
		return "", err
	}
	_, found, err := s.db.NamedExport(ctx, a.Org.ID, name)
	switch {
	case err != nil:
		return "", err
	case found && !replace:
		return "", problem.Of(problem.Conflict, problem.NamedExportTaken, "value", name)
	case !found && replace:
		return "", namedExportUnknown(name)
	}
	return name, nil
}

// mayNameExports refuses who may not export, or may not change what others
// export with (G5).
func (a Actor) mayNameExports() error {
	if err := a.mayExport(); err != nil {
		return err
	}
	return a.may(member.ExportsArea, member.WriteAccess)
}

// DeleteNamedExport deletes a named export. Its problem is NamedExportUnknown.
func (s *Service) DeleteNamedExport(ctx context.Context, a Actor, name string) error {
	if err := a.mayNameExports(); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		found, err := tx.DeleteNamedExport(ctx, a.Org.ID, titled(name))
		if err == nil && !found {
			err = namedExportUnknown(name)
		}
		return err
	})
}
