package admin

import (
	"context"
	"io"
	"reflect"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Fields lists the definitions of all fields in their order.
func (s *Service) Fields(ctx context.Context, a Actor) ([]member.Field, error) {
	if err := a.may(member.FieldsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	return masters.Fields, nil
}

// Field returns one definition. Its problem is FieldUnknown.
func (s *Service) Field(ctx context.Context, a Actor, identifier string) (member.Field, error) {
	all, err := s.Fields(ctx, a)
	if err != nil {
		return member.Field{}, err
	}
	return fieldOf(all, identifier)
}

// FieldValues counts the members who have a value of a field: those that deleting
// it would clear. Its problem is FieldUnknown.
func (s *Service) FieldValues(ctx context.Context, a Actor, identifier string) (int64, error) {
	f, err := s.Field(ctx, a, identifier)
	if err != nil {
		return 0, err
	}
	return s.db.CountWithField(ctx, a.Org.ID, f)
}

func fieldOf(all []member.Field, identifier string) (member.Field, error) {
	i := slices.IndexFunc(all, func(f member.Field) bool { return f.Identifier == identifier })
	if i < 0 {
		return member.Field{}, problem.Of(problem.NotFound, problem.FieldUnknown, "value", identifier)
	}
	return all[i], nil
}

// AddField defines a field; its ID is ignored, and position 0 is the last one.
// A label that is missing is the other one, or else the identifier. Its
// problems are those of [member.CheckFields].
func (s *Service) AddField(ctx context.Context, a Actor, f member.Field) (member.Field, error) {
	if err := a.may(member.FieldsArea, member.WriteAccess); err != nil {
		return f, err
	}
	f.ID = 0
	labels(&f)
	err := s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if err := member.CheckFields(append(slices.Clone(masters.Fields), f)); err != nil {
			return err
		}
		return tx.SaveField(ctx, a.Org.ID, &f)
	})
	return f, err
}

// labels fills in what a definition leaves out, and trims the rest.
func labels(f *member.Field) {
	f.Identifier, f.LabelEN, f.LabelJA = member.Trim(f.Identifier), member.Trim(f.LabelEN), member.Trim(f.LabelJA)
	f.LabelEN = first(f.LabelEN, f.LabelJA, f.Identifier)
	f.LabelJA = first(f.LabelJA, f.LabelEN)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// EditField changes a definition: edit is given it as it is. What members have
// stays as it is, also where it would not be taken any more (F7). Its problems
// are those of AddField, FieldUnknown and FieldTypeFixed.
func (s *Service) EditField(ctx context.Context, a Actor, identifier string, edit func(f *member.Field)) (f member.Field, err error) {
	if err := a.may(member.FieldsArea, member.WriteAccess); err != nil {
		return f, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		was, err := fieldOf(masters.Fields, identifier)
		if err != nil {
			return err
		}
		f = was
		edit(&f)
		f.ID, f.Identifier = was.ID, was.Identifier
		labels(&f)
		_, err = saveFields(ctx, tx, a, masters, []member.Field{f})
		return err
	})
	return f, err
}

// MoveField moves a field by so many places towards the end of the list, or with
// a number below 0 towards its beginning; at the ends it stays. Positions are
// numbered anew, from 1. Its problem is FieldUnknown.
func (s *Service) MoveField(ctx context.Context, a Actor, identifier string, by int) error {
	if err := a.may(member.FieldsArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		moved, err := fieldOf(masters.Fields, identifier)
		if err != nil {
			return err
		}
		from, _ := masters.FieldIndex(identifier)
		order := slices.Delete(slices.Clone(masters.Fields), from, from+1)
		order = slices.Insert(order, min(max(from+by, 0), len(order)), moved)
		for i, f := range order {
			if f.Position == int64(i+1) {
				continue
			}
			f.Position = int64(i + 1)
			if err := tx.SaveField(ctx, a.Org.ID, &f); err != nil {
				return err
			}
		}
		return nil
	})
}

// FieldsImported counts what an import of definitions did.
type FieldsImported struct{ Added, Changed, Unchanged int }

// ImportFields reads definitions as JSON, and adds or changes fields by their
// identifiers: all of them or none. Fields that the file does not name stay.
func (s *Service) ImportFields(ctx context.Context, a Actor, r io.Reader) (done FieldsImported, err error) {
	if err := a.may(member.FieldsArea, member.WriteAccess); err != nil {
		return done, err
	}
	fields, err := member.DecodeFields(r)
	if err != nil {
		return done, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		done, err = saveFields(ctx, tx, a, masters, fields)
		return err
	})
	return done, err
}

// ExportFields writes all definitions as JSON.
func (s *Service) ExportFields(ctx context.Context, a Actor, w io.Writer) error {
	fields, err := s.Fields(ctx, a)
	if err != nil {
		return err
	}
	return member.EncodeFields(w, fields)
}

// saveFields stores definitions, by identifier, after a look at all that there
// will be then.
func saveFields(ctx context.Context, tx *store.Tx, a Actor, masters *plan.Masters, fields []member.Field) (done FieldsImported, err error) {
	all := slices.Clone(masters.Fields)
	var changed []int
	for _, f := range fields {
		i, there := masters.FieldIndex(f.Identifier)
		if !there {
			all, changed = append(all, f), append(changed, len(all))
			done.Added++
			continue
		}
		was := all[i]
		if f.Type != was.Type {
			return done, problem.Of(problem.Conflict, problem.FieldTypeFixed).At(problem.Place{Attribute: f.Identifier})
		}
		if f.ID = was.ID; f.Position == 0 {
			f.Position = was.Position
		}
		if reflect.DeepEqual(f, was) {
			done.Unchanged++
			continue
		}
		all[i], changed = f, append(changed, i)
		done.Changed++
	}
	if err := member.CheckFields(all); err != nil {
		return done, err
	}
	for _, i := range changed {
		if err := tx.SaveField(ctx, a.Org.ID, &all[i]); err != nil {
			return done, err
		}
	}
	return done, nil
}

// A FieldDeletion says what becomes of the values of a field that goes.
type FieldDeletion struct {
	ClearValues bool
	Accept      map[string]int64 // the brake "cleared" (P21): at most that many
}

// DeleteField deletes a definition. While members have values of it that is
// InUse, unless the values are to be cleared: then a plan does that first, and
// is returned. Its problems are those of applying a plan, too.
func (s *Service) DeleteField(ctx context.Context, a Actor, identifier string, d FieldDeletion) (imp store.Import, err error) {
	if err := a.may(member.FieldsArea, member.WriteAccess); err != nil {
		return imp, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return imp, err
	}
	f, err := fieldOf(masters.Fields, identifier)
	if err != nil {
		return imp, err
	}
	if d.ClearValues {
		who, err := s.selected(a, masters, f.Identifier+" pr")
		if err != nil {
			return imp, err
		}
		if imp, err = s.sweep(ctx, a, sweep{who: who, field: f.Identifier, accept: d.Accept}); err != nil {
			return imp, err
		}
	}
	return imp, s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		n, err := tx.CountWithField(ctx, a.Org.ID, f)
		if err != nil {
			return err
		}
		if n > 0 {
			return inUse(store.FieldMaster, store.Use{Members: n})
		}
		return tx.DeleteMaster(ctx, a.Org.ID, store.FieldMaster, f.ID)
	})
}
