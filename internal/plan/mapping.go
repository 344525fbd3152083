package plan

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// A Column says what one column of a file means. A column that means nothing
// has neither attribute nor field.
type Column struct {
	Header    string           `json:"header"`
	Attribute member.Attribute `json:"attribute,omitempty"`
	Field     string           `json:"field,omitempty"` // identifier; Attribute is then member.Fields
	Added     bool             `json:"added,omitempty"` // result or reason, which we added ourselves
}

// A Mapping is a header understood. It is kept with the import as JSON.
type Mapping struct {
	Format  sheet.Format `json:"format,omitempty"` // of the file
	Line    int          `json:"line"`             // of the header
	Columns []Column     `json:"columns"`

	// FieldIDs are the IDs of all fields by identifier, as the plan saw them. A
	// field that was deleted and added again is another one (A3, A6).
	FieldIDs map[string]int64 `json:"field_ids,omitempty"`

	blank  []int                      // columns without a header
	at     [member.AttributeCount]int // 1-based column of an attribute; 0 if absent
	fields []int                      // 1-based column for each field of the Masters
}

// Has reports whether the file has a column for a.
func (m *Mapping) Has(a member.Attribute) bool { return m.at[a] > 0 }

// Passwords lists the columns whose cells are never kept, from 0: those that are
// called passwords or hashes of passwords, whatever they were chosen to mean or
// ignored (P6), and those that mean them under another name.
func (m *Mapping) Passwords() []int {
	called := map[string]bool{}
	for _, a := range []member.Attribute{member.Password, member.PasswordHash} {
		for _, h := range a.Headers() {
			called[member.FoldHeader(h)] = true
		}
	}
	var columns []int
	for i, c := range m.Columns {
		if c.Attribute == member.Password || c.Attribute == member.PasswordHash || called[member.FoldHeader(c.Header)] {
			columns = append(columns, i)
		}
	}
	return columns
}

// Place points to the cell of an attribute on a line.
func (m *Mapping) Place(line int64, a member.Attribute) problem.Place {
	return m.place(line, m.at[a], a.String())
}

func (m *Mapping) place(line int64, column int, attribute string) problem.Place {
	p := problem.Place{Line: int(line), Attribute: attribute}
	if column > 0 {
		p.Column, p.Header = m.Format.Column(column-1), m.Columns[column-1].Header
	}
	return p
}

// addedHeaders are the columns of a report, which a file that comes back still
// has; they are read over (SPEC A5).
var addedHeaders = map[string]bool{"result": true, "reason": true, "結果": true, "理由": true}

// AddedHeaders lists the header texts of the columns that a report adds.
func AddedHeaders() []string { return []string{"result", "reason", "結果", "理由"} }

// headerNames is what a header text may mean.
type headerNames map[string]Column

func namesFor(l Layout, fields []member.Field) headerNames {
	names := headerNames{}
	for a := member.MemberID; a < member.Fields; a++ {
		for _, h := range a.Headers() {
			names[member.FoldHeader(h)] = Column{Attribute: a}
		}
	}
	if l == Memberships {
		for _, h := range []string{"group", "group id", "グループ", "グループID"} {
			names[member.FoldHeader(h)] = Column{Attribute: member.Groups}
		}
		for _, h := range []string{"flag", "フラグ"} {
			names[member.FoldHeader(h)] = Column{Attribute: member.Delete}
		}
		return names
	}
	for _, f := range fields {
		c := Column{Attribute: member.Fields, Field: f.Identifier}
		for _, h := range []string{f.Identifier, f.LabelEN, f.LabelJA} {
			names[member.FoldHeader(h)] = c
		}
	}
	return names
}

// KnownHeader returns a function that tells whether a header text is known, or
// chosen by o.
func KnownHeader(fields []member.Field, o Options) func(string) bool {
	names := namesFor(Register, fields)
	for h := range o.Map {
		names[member.FoldHeader(h)] = Column{}
	}
	return func(h string) bool { _, ok := names[member.FoldHeader(h)]; return ok }
}

// Recognise finds the layout of a header (SPEC §5): the seven columns of the
// invitation workbook and no others of a member make an XLSX an invitation
// file; a CSV is one only when it is chosen.
func Recognise(header []string, f sheet.Format) Layout {
	if f == sheet.XLSX && HasInvitationColumns(header) {
		return InviteSheet
	}
	return Register
}

// HasInvitationColumns reports whether a header has the seven columns of the
// invitation workbook, and none that only a register file has a key in.
func HasInvitationColumns(header []string) bool {
	names := namesFor(Register, nil)
	seen := member.Mask(0)
	for _, h := range header {
		if c, ok := names[member.FoldHeader(h)]; ok {
			seen = seen.With(c.Attribute)
		}
	}
	seven := member.MaskOf(member.Name, member.Email, member.SystemRole, member.SystemPermission,
		member.BrandPolicy, member.Role, member.Delete)
	return seen&seven == seven && !seen.Has(member.MemberID) && !seen.Has(member.LoginID)
}

// MapHeader understands the header of a file (SPEC F4). It returns the
// warnings about columns that are ignored, and as an error list everything
// that makes the file unusable.
func MapHeader(f sheet.Format, row sheet.Row, o Options, masters *Masters) (*Mapping, []problem.Problem, []problem.Problem) {
	cells := row.Cells
	b := &mapper{
		m:     &Mapping{Format: f, Line: row.Line, Columns: make([]Column, len(cells)), fields: make([]int, len(masters.Fields))},
		names: namesFor(o.Layout, masters.Fields),
		chosen: func() map[string]string {
			m := map[string]string{}
			for h, a := range o.Map {
				m[member.FoldHeader(h)] = a
			}
			return m
		}(),
		ignored: map[string]bool{},
		masters: masters,
	}
	for _, h := range o.IgnoreColumns {
		b.ignored[member.FoldHeader(h)] = true
	}
	for i, cell := range cells {
		b.column(i, cell)
	}
	b.file(cells, o.Layout)
	return b.m, b.warnings, b.problems
}

type mapper struct {
	m                  *Mapping
	names              headerNames
	chosen             map[string]string
	ignored            map[string]bool
	masters            *Masters
	warnings, problems []problem.Problem
}

func (b *mapper) column(i int, cell string) {
	header := member.Trim(cell)
	b.m.Columns[i].Header = header
	folded := member.FoldHeader(header)
	place := problem.Place{Line: b.m.Line, Column: b.m.Format.Column(i), Header: header}
	switch {
	case folded == "":
		b.m.blank = append(b.m.blank, i)
		return
	case b.ignored[folded]:
		return
	case addedHeaders[folded]:
		b.m.Columns[i].Added = true
		return
	}
	c, known := b.names[folded]
	if identifier, ok := b.chosen[folded]; ok {
		if c, known = b.named(identifier); !known {
			b.problems = append(b.problems, problem.New(problem.MappingAttributeUnknown, "header", header, "attribute", identifier).At(place))
			return
		}
	}
	if !known {
		b.unknown(header, folded, place)
		return
	}
	c.Header = header
	if first := b.column1(c); first > 0 {
		b.problems = append(b.problems, problem.New(problem.HeaderDuplicate, "header", header, "first", b.m.Format.Column(first-1)).At(place))
		return
	}
	b.m.Columns[i] = c
	b.m.set(c, i+1, b.masters)
}

// named finds what a mapping means by an identifier.
func (b *mapper) named(identifier string) (Column, bool) {
	if a, ok := member.AttributeNamed(identifier); ok {
		return Column{Attribute: a}, true
	}
	if _, ok := b.masters.Field(identifier); ok {
		return Column{Attribute: member.Fields, Field: identifier}, true
	}
	return Column{}, false
}

func (b *mapper) column1(c Column) int {
	for i, other := range b.m.Columns {
		if c.Attribute == other.Attribute && c.Field == other.Field {
			return i + 1
		}
	}
	return 0
}

// unknown warns of a column that is ignored, or stops when it is almost
// certainly a misspelt one: ignoring `Delte Flag` would keep who should go.
func (b *mapper) unknown(header, folded string, place problem.Place) {
	for _, name := range slices.Sorted(maps.Keys(b.names)) {
		if NearMiss(folded, name) {
			meant, label := b.label(b.names[name])
			b.problems = append(b.problems, problem.New(problem.HeaderNearMiss, "header", header, "meant", meant, "label", label).At(place))
			return
		}
	}
	b.warnings = append(b.warnings, problem.New(problem.HeaderUnknown, "header", header).At(place))
}

// NearMiss reports whether a header is probably a misspelt name, both folded as
// [member.FoldHeader] does: one edit away, two from 8 letters on (SPEC F4). Of
// two characters, as in 備考, only a third one makes a near miss: 名称 is another
// word than 名前.
func NearMiss(header, name string) bool {
	switch n := utf8.RuneCountInString(name); {
	case n >= 8:
		return within(header, name, 2)
	case n > 2:
		return within(header, name, 1)
	default:
		return utf8.RuneCountInString(header) == n+1 && within(header, name, 1)
	}
}

// label returns the identifier of what a column means, and what it is called:
// a line for each language, English first.
func (b *mapper) label(c Column) (identifier, label string) {
	if f, ok := b.masters.Field(c.Field); ok {
		return c.Field, f.Labels()
	}
	if len(c.Attribute.English()) == 0 {
		return c.Attribute.String(), c.Attribute.String()
	}
	return c.Attribute.String(), c.Attribute.English()[0] + "\n" + c.Attribute.Japanese()[0]
}

// file judges the header as a whole.
func (b *mapper) file(cells []string, l Layout) {
	place := problem.Place{Line: b.m.Line}
	headers := strings.Join(trimAll(cells), "\n")
	any := false
	for _, c := range b.m.Columns {
		any = any || c.Attribute != member.NoAttribute
	}
	m := b.m
	switch {
	case !any:
		b.problems = append(b.problems, problem.New(problem.HeaderNoneKnown, "headers", headers).At(place))
		b.warnings = nil
	case l == Memberships && !(m.Has(member.Groups) && m.Has(member.MemberID)):
		b.problems = append(b.problems, problem.New(problem.HeaderNoMembership, "headers", headers).At(place))
	case !m.Has(member.MemberID) && !m.Has(member.Email) && !m.Has(member.LoginID):
		b.problems = append(b.problems, problem.New(problem.HeaderNoKey, "headers", headers).At(place))
	}
}

func (m *Mapping) set(c Column, column int, masters *Masters) {
	if c.Attribute != member.Fields {
		m.at[c.Attribute] = column
		return
	}
	m.fields[masters.fieldByName[c.Field]] = column
}

// Reindex restores the look-up tables of a mapping that came from JSON. Fields
// that are gone are read over.
func (m *Mapping) Reindex(masters *Masters) {
	m.at, m.fields = [member.AttributeCount]int{}, make([]int, len(masters.Fields))
	for i, c := range m.Columns {
		if _, ok := masters.Field(c.Field); c.Attribute == member.Fields && !ok {
			continue
		}
		m.set(c, i+1, masters)
	}
}

func trimAll(cells []string) []string {
	out := make([]string, 0, len(cells))
	for _, c := range cells {
		if t := member.Trim(c); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// within reports whether a and b are at most n edits apart (insert, remove or
// replace one character, or swap two neighbours).
func within(a, b string, n int) bool {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > n || len(y)-len(x) > n {
		return false
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)] <= n
}
