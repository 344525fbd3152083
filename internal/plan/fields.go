package plan

import (
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// fields lets the field columns of a row change n, like compare does for
// attributes. m is nil for somebody new.
func (e *Env) fields(c *Change, d *Draft, m *member.Member, past *pastMember, n *member.Member) {
	for i := range d.FieldText {
		if d.FieldText[i] != "" || d.FieldClear[i] {
			e.field(c, d, i, m, past, n)
		}
	}
	if m == nil && !e.Own { // who accepts an invitation is asked for name and password only (I1)
		for _, p := range n.CheckRequired(e.Masters.Fields) {
			e.requiredField(c, d, p)
		}
	}
}

func (e *Env) requiredField(c *Change, d *Draft, p problem.Problem) {
	for i := range e.Masters.Fields {
		if f := &e.Masters.Fields[i]; f.Identifier == p.Place.Attribute {
			c.Problems = append(c.Problems, p.At(e.fieldPlace(d, i)))
		}
	}
}

func (e *Env) fieldPlace(d *Draft, i int) problem.Place {
	return e.Mapping.place(d.Line, e.Mapping.fields[i], e.Masters.Fields[i].Identifier)
}

func (e *Env) field(c *Change, d *Draft, i int, m *member.Member, past *pastMember, n *member.Member) {
	f := &e.Masters.Fields[i]
	text, now := d.FieldText[i], has(f, m)
	was := now
	if past != nil {
		was = past.Member.Fields[f.Identifier]
	}
	if !d.FieldClear[i] && (e.shows(text, e.ShowField(i, now)) || e.shows(text, e.ShowField(i, was))) && m != nil {
		e.sameName(c, d, i, m)
		return
	}
	value, err := e.parseField(i, d.FieldClear[i], text, m)
	if d.isDamagedDate(i, f) {
		err = problem.New(problem.DamagedDate, "value", text)
	}
	switch {
	case err == nil && m != nil && (value == now || value == was):
		return
	case err != nil:
		c.Problems = append(c.Problems, asProblem(err).At(e.fieldPlace(d, i)))
		return
	case was != now && e.Options.Conflicts != "file":
		c.Problems = append(c.Problems, problem.Of(problem.Conflict, problem.CellConflict,
			"was", e.ShowField(i, was), "now", e.ShowField(i, now), "yours", text).At(e.fieldPlace(d, i)))
		return
	}
	e.putField(c, f.Identifier, value, m, n)
}

// has is what somebody has in a field; nobody has nothing.
func has(f *member.Field, m *member.Member) string {
	if m == nil {
		return ""
	}
	return m.Fields[f.Identifier]
}

func (e *Env) putField(c *Change, identifier, value string, m, n *member.Member) {
	if m != nil && maps.Equal(n.Fields, m.Fields) {
		n.Fields = maps.Clone(m.Fields) // m's own map stays as it is
	}
	if n.Fields == nil {
		n.Fields = map[string]string{}
	}
	if value == "" {
		delete(n.Fields, identifier)
	} else {
		n.Fields[identifier] = value
	}
	c.Mask = c.Mask.With(member.Fields)
}

// parseField returns the canonical value that a cell asks for. m, nil for
// somebody new, has what a cell of several choices may add to.
func (e *Env) parseField(i int, clear bool, text string, m *member.Member) (string, error) {
	f := &e.Masters.Fields[i]
	if clear {
		if f.Required {
			return "", problem.New(problem.RequiredBlank, "attribute", f.Labels())
		}
		return "", nil
	}
	clean, err := member.Normalise(text)
	if err != nil {
		return "", err
	}
	if p, damaged := fieldDamage(f, clean); damaged {
		return "", p
	}
	switch f.Type {
	case member.Checkbox:
		return e.parseChoices(i, clean, m)
	case member.FileType:
		return e.parseFile(f, clean, m)
	}
	return e.parser(i).Parse(clean, e.Zone)
}

// isDamagedDate reports whether a workbook holds a date in a field that takes
// none: what a spreadsheet made of something like 4-1 (F6).
func (d *Draft) isDamagedDate(i int, f *member.Field) bool {
	return d.fieldDates != nil && d.fieldDates[i] && f.Type != member.Date && f.Type != member.DateTime
}

// fieldDamage judges numbers kept as text, such as an employee number, like
// identifiers: spreadsheets round them (F6).
func fieldDamage(f *member.Field, text string) (problem.Problem, bool) {
	if f.Format == member.DigitsFormat || f.Format == member.TelephoneFormat {
		return member.DamagedIdentifier(text)
	}
	return member.Damage(text)
}

func (e *Env) parseChoices(i int, text string, m *member.Member) (string, error) {
	edit, err := member.ParseValues(text)
	if err != nil || !edit.Edit {
		return e.parser(i).Parse(text, e.Zone)
	}
	keys := member.SplitValues(has(&e.Masters.Fields[i], m))
	for _, v := range edit.Add {
		key, err := e.parser(i).Parse(v, e.Zone)
		if err != nil {
			return "", err
		}
		keys = append(keys, key)
	}
	for _, v := range edit.Remove {
		key, err := e.parser(i).Parse(v, e.Zone)
		if err != nil {
			return "", err
		}
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == key })
	}
	if len(keys) == 0 {
		return e.parseField(i, true, "", m)
	}
	joined := keys[0]
	for _, k := range keys[1:] {
		joined += "|" + k
	}
	return e.parser(i).Parse(joined, e.Zone)
}

// ShowField returns what an export writes for a canonical value of the i-th field.
func (e *Env) ShowField(i int, canonical string) string {
	if canonical == "" {
		return ""
	}
	return e.parser(i).Show(canonical, e.Zone)
}

// parser compiles a field's parser on first use.
func (e *Env) parser(i int) *member.Parser {
	if e.parsers == nil {
		e.parsers = make([]*member.Parser, len(e.Masters.Fields))
	}
	if e.parsers[i] == nil {
		p, err := e.Masters.Fields[i].Compile()
		if err != nil {
			panic("plan: a stored field does not compile: " + err.Error())
		}
		e.parsers[i] = &p
	}
	return e.parsers[i]
}
