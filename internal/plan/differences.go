package plan

import (
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
		if d := (Difference{a.String(), e.Show(a, &c.Before), e.Show(a, &c.After)}); c.Mask.Has(a) && c.Action != Delete {
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
		d := Difference{identifier, "", c.After.Fields[identifier]}
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

// groupDifference shows memberships as they are written in a file: those taken
// away before, those given after.
func (e *Env) groupDifference(c *Change) (Difference, bool) {
	var out, in []string
	for _, g := range c.Groups {
		if g.Adds {
			in = append(in, "+"+e.Masters.GroupName(g.ID))
		} else {
			out = append(out, "-"+e.Masters.GroupName(g.ID))
		}
	}
	d := Difference{member.Groups.String(), "", strings.Join(append(in, out...), "|")}
	return d, len(c.Groups) > 0 && c.Action != Delete
}
