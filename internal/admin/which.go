package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Which names members (SPEC E1): those in any of the groups, who also fulfil
// the filter. The zero Which is everyone.
type Which struct {
	Groups []string // names or IDs
	Filter string   // the name of a saved filter, or an expression
	// Expression is one also where a saved filter is called the same; it counts if
	// Filter is empty.
	Expression string
	IDs        []int64 // if not nil, only these: the selected rows of a list
}

// selection understands which members are meant. Its problems are GroupUnknown
// and those of filters.
func (s *Service) selection(ctx context.Context, a Actor, masters *plan.Masters, w Which) (store.Selection, error) {
	sel := store.Selection{Now: s.now(), Zone: a.Org.Zone, IDs: w.IDs, Fields: masters.Fields}
	for _, name := range w.Groups {
		id, ok := masters.Group(name)
		if !ok {
			return sel, groupUnknown(name)
		}
		sel.Groups = append(sel.Groups, id)
	}
	expression := w.Expression
	if w.Filter != "" {
		var err error
		if expression, err = s.expression(ctx, a, w.Filter); err != nil {
			return sel, err
		}
	}
	if expression == "" {
		return sel, nil
	}
	f, err := member.ParseFilter(expression)
	if err != nil {
		return sel, err
	}
	if err := f.Check(fieldsByName(masters.Fields)); err != nil {
		return sel, err
	}
	sel.Filter = &f
	return sel, nil
}

func fieldsByName(fields []member.Field) map[string]member.Field {
	byName := make(map[string]member.Field, len(fields))
	for _, f := range fields {
		byName[f.Identifier] = f
	}
	return byName
}

// expression returns the expression of the saved filter with that name, if the
// actor may see it, else the text itself. Its problem is FilterUnknown where the
// text can only be meant as a name.
func (s *Service) expression(ctx context.Context, a Actor, nameOrText string) (string, error) {
	f, found, err := s.savedFilter(ctx, a, nameOrText)
	switch {
	case err != nil:
		return "", err
	case found:
		return f.Expression, nil
	case !member.HasOperator(nameOrText):
		return "", problem.New(problem.FilterUnknown, "name", nameOrText)
	}
	return nameOrText, nil
}
