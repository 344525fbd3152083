package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"meibo/internal/member"
)

// A Difference is one attribute or field that a change sets, as texts for a
// reader: as an export writes them. A password is named, never shown.
type Difference struct {
	Attribute string // identifier of the attribute or field
	Before    string // empty if there was nothing
	After     string // empty if it is cleared
	// Groups are the memberships that After writes, in its order: a group that is gone
	// may have the name of another one. None of other attributes.
	Groups []GroupOp
}

// Differences lists what an update changes, or what somebody new or invited
// is given, in the order of the attributes, then fields, then groups. Keep and
// reject change nothing.
func (e *Env) Differences(c *Change) []Difference {
	var ds []Difference
	if !c.Action.Applies() {
		return nil
	}
	for _, a := range attributesInOrder {
		if d := (Difference{Attribute: a.String(), Before: e.Show(a, &c.Before), After: e.Show(a, &c.After)}); c.Mask.Has(a) && c.Action != Delete {
			if c.Action != Update {
				d.Before = ""
			}
			ds = append(ds, d)
		}
	}
	if c.Mask.Has(member.Password) {
		ds = append(ds, Difference{Attribute: member.Password.String()})
	}
	ds = append(ds, e.fieldDifferences(c)...)
	if d, ok := e.groupDifference(c); ok {
		ds = append(ds, d)
	}
	return ds
}

func (e *Env) fieldDifferences(c *Change) []Difference {
	var ds []Difference
	if !c.Mask.Has(member.Fields) {
		return nil
	}
	changed := c.Before.Fields
	if c.Action != Update {
		changed = c.After.Fields
	}
	for _, identifier := range slices.Sorted(maps.Keys(changed)) {
		d := Difference{Attribute: identifier, After: c.After.Fields[identifier]}
		if c.Action == Update {
			d.Before = c.Before.Fields[identifier]
		}
		if i, ok := e.Masters.FieldIndex(identifier); ok {
			d.Before, d.After = e.ShowField(i, d.Before), e.ShowField(i, d.After)
		}
		ds = append(ds, d)
	}
	return ds
}

// groupDifference shows memberships as they are written in a file: those given,
// then those taken away.
func (e *Env) groupDifference(c *Change) (Difference, bool) {
	d := Difference{Attribute: member.Groups.String(), Groups: slices.Clone(c.Groups)}
	slices.SortStableFunc(d.Groups, func(g, h GroupOp) int { return cmp.Compare(g.Sign(), h.Sign()) }) // + is before -
	texts := make([]string, len(d.Groups))
	for i, g := range d.Groups {
		texts[i] = g.Sign() + e.Masters.GroupName(g.ID)
	}
	d.After = strings.Join(texts, "|")
	return d, len(c.Groups) > 0 && c.Action != Delete
}

// Sign is what files write before the name of a group.
func (g GroupOp) Sign() string { return choose(g.Adds, "+", "-") }
