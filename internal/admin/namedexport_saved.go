package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// A savedExport is how a named export is stored: as JSON. Groups and filters are
// kept by their IDs, which are never given again: another group that later has
// the name is not exported in place of the one that was meant.
type savedExport struct {
	Groups     []savedName `json:"groups,omitempty"`
	Filter     *savedName  `json:"filter,omitempty"`     // a saved one
	Expression string      `json:"expression,omitempty"` // if it is not a saved one
	IDs        []int64     `json:"ids,omitempty"`
	First      int64       `json:"first,omitempty"`
	Last       int64       `json:"last,omitempty"`
	Sample     int64       `json:"sample,omitempty"`
	Seed       string      `json:"seed,omitempty"`
	Layout     plan.Layout `json:"layout,omitempty"`
	Columns    []string    `json:"columns,omitempty"` // identifiers, which fields never change; none: all of E3
	Header     string      `json:"header,omitempty"`
	Format     string      `json:"format,omitempty"`
	Charset    string      `json:"charset,omitempty"`
	Delimiter  string      `json:"delimiter,omitempty"`
	Replace    bool        `json:"replace,omitempty"`
}

// A savedName is something by its ID, and its name when it was saved.
type savedName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// settingsOf returns an export as it is stored. Its problems are GroupUnknown,
// also for a group that the filter names, and those of filters.
func (s *Service) settingsOf(ctx context.Context, tx *store.Tx, a Actor, e Export) (string, error) {
	masters, err := tx.Masters(ctx, a.Org.ID)
	if err != nil {
		return "", err
	}
	filters, err := tx.Filters(ctx, a.Org.ID)
	if err != nil {
		return "", err
	}
	saved := savedExport{Expression: first(e.Which.Filter, e.Which.Expression), IDs: e.Which.IDs, First: e.First, Last: e.Last, Sample: e.Sample,
		Seed: e.Seed, Layout: e.Layout, Columns: e.Columns, Header: e.Header, Format: e.Format, Charset: e.Charset,
		Delimiter: e.Delimiter, Replace: e.Replace}
	for _, name := range e.Which.Groups {
		g, err := groupOf(masters, name)
		if err != nil {
			return "", err
		}
		saved.Groups = append(saved.Groups, savedName{g.ID, g.Name})
	}
	expression := saved.Expression
	if f, err := a.filterOf(filters, e.Which.Filter); err == nil {
		saved.Filter, saved.Expression, expression = &savedName{f.ID, f.Name}, "", f.Expression
	}
	gone, err := GoneInside(expression, masters)
	if err != nil {
		return "", err
	}
	if len(gone) > 0 {
		return "", groupUnknown(gone[0])
	}
	text, err := json.Marshal(saved)
	return string(text), err
}

// openNamed reads named exports, and finds out what they use that is gone.
func (s *Service) openNamed(ctx context.Context, a Actor, stored []store.NamedExport) ([]NamedExport, error) {
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	filters, err := s.db.Filters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(stored))
	for i, n := range stored {
		ids[i] = n.ActorID
	}
	names, err := s.names(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	all := make([]NamedExport, len(stored))
	for i, n := range stored {
		if all[i], err = a.opened(n, masters, filters); err != nil {
			return nil, fmt.Errorf("named export %d of %d: %w", i+1, len(stored), err)
		}
		all[i].Who = names[n.ActorID]
	}
	return all, nil
}

func (a Actor) opened(stored store.NamedExport, masters *plan.Masters, filters []store.Filter) (NamedExport, error) {
	var saved savedExport
	if err := json.Unmarshal([]byte(stored.Settings), &saved); err != nil {
		return NamedExport{}, err
	}
	n := NamedExport{Name: stored.Name, SavedBy: stored.ActorID, SavedAt: stored.SavedAt,
		Export: Export{Named: stored.Name, Which: Which{IDs: saved.IDs, Expression: saved.Expression}, First: saved.First, Last: saved.Last,
			Sample: saved.Sample, Seed: saved.Seed, Layout: saved.Layout, Columns: saved.Columns, Header: saved.Header, Format: saved.Format,
			Charset: saved.Charset, Delimiter: saved.Delimiter, Replace: saved.Replace}}
	for _, g := range saved.Groups {
		if masters.HasGroup(g.ID) {
			g.Name = masters.GroupName(g.ID)
		} else {
			n.Gone.Groups = append(n.Gone.Groups, g.Name)
		}
		n.Export.Which.Groups = append(n.Export.Which.Groups, g.Name)
	}
	x := exporter{env: &plan.Env{Masters: masters}}
	for _, name := range saved.Columns {
		if _, ok := x.column(member.Trim(name)); !ok {
			n.Gone.Columns = append(n.Gone.Columns, name)
		}
	}
	expression := saved.Expression
	if saved.Filter != nil {
		n.Export.Which.Filter = saved.Filter.Name
		i := slices.IndexFunc(filters, func(f store.Filter) bool { return f.ID == saved.Filter.ID && a.sees(f) })
		if i < 0 {
			n.Gone.Filter = saved.Filter.Name
			return n, nil
		}
		n.Export.Which.Filter, expression = filters[i].Name, filters[i].Expression
	}
	var err error
	n.Gone.Inside, err = GoneInside(expression, masters)
	return n, err
}

// GoneInside lists the fields and groups that an expression asks for and that
// there are not, each once, in the order of the expression. A group that is gone
// would fit nobody, or everybody where it is not to be in it. Its problems are those
// of an expression that cannot be read.
func GoneInside(expression string, masters *plan.Masters) (gone []string, err error) {
	if expression == "" {
		return nil, nil
	}
	f, err := member.ParseFilter(expression)
	if err != nil {
		return nil, err
	}
	fields, groups := fieldsByName(masters.Fields), map[string]bool{}
	for _, g := range masters.Groups {
		groups[member.FoldText(g.Name)], groups[line(g.ID)] = true, true
	}
	for c := range f.Comparisons {
		name, there := c.Attribute, true
		if t, ok := member.FilterTypeOf(c.Attribute, fields); !ok {
			there = false
		} else if asksForGroup(c, t) {
			name = c.Value.Text
			there = groups[member.FoldText(name)]
		}
		if !there && !slices.Contains(gone, name) {
			gone = append(gone, name)
		}
	}
	return gone, nil
}
