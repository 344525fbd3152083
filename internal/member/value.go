package member

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/internal/problem"

	"golang.org/x/text/width"
)

// Trim takes leading and trailing white space off: everything Unicode calls
// white space (U+3000 and NBSP among it), and the zero-width characters that
// come with pasted text (SPEC F7). It allocates nothing.
func Trim(s string) string {
	if s == "" || isInk(s[0]) && isInk(s[len(s)-1]) {
		return s
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if !isBlank(first) && !isBlank(last) {
		return s
	}
	return strings.TrimFunc(s, isBlank)
}

// isInk reports whether b is a visible ASCII character.
func isInk(b byte) bool { return b > ' ' && b < 0x7f }

func isBlank(r rune) bool {
	if r > 0x3000 { // as all kana and kanji are
		return r == 0xfeff
	}
	switch r {
	case 0x200b, 0x200c, 0x200d, 0x2060: // zero-width: space, non-joiner, joiner, word joiner (and no-break space, U+FEFF)
		return true
	}
	return unicode.IsSpace(r)
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Normalise brings text into the form in which every door takes it (SPEC F7):
// trimmed, CRLF and CR turned into LF, otherwise as it is; there is no Unicode
// normalisation. Any control character but the newline, a tab inside the text
// included, is the problem ControlCharacter; bytes that are not UTF-8 are
// DamagedReplacement. It is idempotent, and text that is already normal is returned
// without an allocation.
func Normalise(s string) (string, error) {
	s = Trim(s)
	if isPlain(s) {
		return s, nil
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = newlines.Replace(s)
	}
	if !utf8.ValidString(s) {
		return "", problem.New(problem.DamagedReplacement)
	}
	for i := range len(s) {
		// In UTF-8 the controls from U+0080 to U+009F are C2 and a byte below A0.
		if c := s[i]; c < ' ' && c != '\n' || c == 0x7f || c == 0xc2 && s[i+1] < 0xa0 {
			return "", problem.New(problem.ControlCharacter)
		}
	}
	return s, nil
}

// isPlain reports whether s is printable ASCII only.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// foldWidth trims s and folds full-width letters and digits to half-width.
func foldWidth(s string) string {
	s = Trim(s)
	if isPlain(s) {
		return s
	}
	return Trim(width.Fold.String(s))
}

// What a spreadsheet writes into a cell whose formula failed: the error values
// of Excel, and those of its newer functions.
// Source: Microsoft, "How to correct a #… error" pages, and ECMA-376 part 1, 18.18.11.
var cellErrors = []string{
	"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA",
	"#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!",
}

// Damage says what a spreadsheet or a wrong charset did to the text of a cell
// (SPEC F6): an error value, or U+FFFD where characters were. Only a cell that
// would change something is to be asked about.
func Damage(s string) (problem.Problem, bool) {
	if s == "" {
		return problem.Problem{}, false
	}
	if s[0] == '#' && slices.Contains(cellErrors, s) {
		return problem.New(problem.DamagedError, "value", s), true
	}
	if !isPlain(s) && (strings.Contains(s, "\ufffd") || !utf8.ValidString(s)) {
		return problem.New(problem.DamagedReplacement), true
	}
	return problem.Problem{}, false
}

// DamagedIdentifier is [Damage], and besides what happens to identifiers made
// of digits: `1.23E+15`, and more than the 15 digits that a spreadsheet keeps.
func DamagedIdentifier(s string) (problem.Problem, bool) {
	s = foldWidth(s)
	if isScientific(s) || len(s) > 15 && countDigits(s) == len(s) {
		return problem.New(problem.DamagedNumber, "value", s), true
	}
	return Damage(s)
}

// isScientific reports whether s is a number with an exponent as spreadsheets
// show it: digits, perhaps a fraction, E, a sign, digits.
func isScientific(s string) bool {
	s = strings.TrimPrefix(s, "-")
	e := strings.IndexAny(s, "eE")
	if e < 1 || e+2 >= len(s) || s[e+1] != '+' && s[e+1] != '-' {
		return false
	}
	whole, fraction, dot := strings.Cut(s[:e], ".")
	if dot && (fraction == "" || countDigits(fraction) < len(fraction)) {
		return false
	}
	power := s[e+2:]
	return whole != "" && countDigits(whole) == len(whole) && countDigits(power) == len(power)
}

// countDigits returns how many ASCII digits s begins with.
func countDigits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

// SplitValues returns the several values of one cell: separated by | or a
// newline, trimmed, in their order, without empty ones and repetitions (SPEC F9).
func SplitValues(s string) []string {
	var values []string
	for part := range strings.FieldsFuncSeq(s, isSeparator) {
		if part = Trim(part); part != "" && !slices.Contains(values, part) {
			values = append(values, part)
		}
	}
	return values
}

func isSeparator(r rune) bool { return r == '|' || r == '\n' || r == '\r' }

// A ValuesEdit is what a cell of several values asks for: either Replace is
// what there shall be, or, with Edit, Add and Remove say what changes (SPEC F10).
type ValuesEdit struct {
	Edit    bool
	Replace []string // unless Edit
	Add     []string // with Edit
	Remove  []string // with Edit
}

// ParseValues reads a cell of several values: `A|B` replaces, `+A|-B` adds and
// removes. Some with and some without a sign, or the same value added and
// removed, is the problem ValuesMixed. A sign alone is a value like any other.
func ParseValues(s string) (ValuesEdit, error) {
	var edit ValuesEdit
	for _, v := range SplitValues(s) {
		rest := Trim(v[1:])
		switch {
		case rest != "" && v[0] == '+':
			edit.Add = append(edit.Add, rest)
		case rest != "" && v[0] == '-':
			edit.Remove = append(edit.Remove, rest)
		default:
			edit.Replace = append(edit.Replace, v)
		}
	}
	edit.Edit = len(edit.Add)+len(edit.Remove) > 0
	both := slices.ContainsFunc(edit.Add, func(v string) bool { return slices.Contains(edit.Remove, v) })
	if both || edit.Edit && len(edit.Replace) > 0 {
		return ValuesEdit{}, problem.New(problem.ValuesMixed, "value", s)
	}
	return edit, nil
}
