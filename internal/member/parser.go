package member

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"meibo/internal/problem"
)

// A Parser reads and shows the values of one field. It is made once for many
// values ([Field.Compile]), and may be used from several
// goroutines at once.
type Parser struct {
	field   Field
	pattern *regexp.Regexp // with Format "pattern"
	choices map[string]int // key and label → index in field.Choices
}

// Compile makes the field's parser. Its only problem is FieldPatternInvalid,
// which a valid field does not have.
func (f Field) Compile() (Parser, error) {
	p := Parser{field: f}
	p.field.Choices = slices.Clone(f.Choices)
	if f.Format == PatternFormat {
		re, err := compilePattern(f.Pattern)
		if err != nil {
			return Parser{}, err
		}
		p.pattern = re
	}
	if f.Type.HasChoices() {
		p.choices = make(map[string]int, 2*len(f.Choices))
		for i, c := range f.Choices {
			p.choices[c.Shown()] = i
		}
		for i, c := range f.Choices {
			p.choices[c.Key] = i
		}
	}
	return p, nil
}

// Parse reads one value; for many values make a [Parser].
func (f Field) Parse(s string, zone *time.Location) (string, error) {
	p, err := f.Compile()
	if err != nil {
		return "", err
	}
	return p.Parse(s, zone)
}

// Show writes one canonical value as exports give it: a moment in the given
// zone with its offset, of a file the name, anything else as it is stored. Parse
// reads it back to the same canonical text, but for files: bytes do not come in a
// cell.
func (f *Field) Show(canonical string, zone *time.Location) string {
	switch f.Type {
	case DateTime:
		return showDateTime(canonical, zone)
	case FileType:
		if v, ok := ParseFileValue(canonical); ok {
			return v.Name
		}
	}
	return canonical
}

// Field returns the definition that p was made of.
func (p *Parser) Field() Field { return p.field }

// Show is [Field.Show].
func (p *Parser) Show(canonical string, zone *time.Location) string {
	return p.field.Show(canonical, zone)
}

// Parse turns what a cell, a page or an API gives into the canonical text that
// is stored (SPEC G3, F7):
//
//	text, textarea   normalised; with a format of ASCII characters full-width folded
//	number           decimal: perhaps -, digits, perhaps a fraction; no needless zeros
//	url              absolute, http or https, as typed
//	select, radio    the choice's key
//	checkbox         keys joined by |, in the order of the definition
//	boolean          1 or 0
//	date             YYYY-MM-DD
//	datetime         UTC, YYYY-MM-DDTHH:MM:SSZ
//	file             never: a name alone brings no bytes (FilesNeeded), see [FileValue]
//
// zone is the organisation's, for moments without an offset. Blank is "" and
// never a problem here: what blank means is the caller's (SPEC F10). A problem has no
// place.
func (p *Parser) Parse(s string, zone *time.Location) (string, error) {
	s, err := Normalise(s)
	if err != nil || s == "" {
		return "", err
	}
	switch p.field.Type {
	case Text, Textarea:
		return p.parseText(s)
	case Number:
		return parseNumber(s)
	case URL:
		if !isURL(s) {
			return "", problem.New(problem.URLMalformed, "value", s)
		}
		return s, nil
	case Select, Radio:
		return p.parseChoice(s)
	case Checkbox:
		return p.parseChoices(s)
	case Boolean:
		b, err := ParseBoolean(s)
		if err != nil {
			return "", err
		}
		return map[bool]string{true: "1", false: "0"}[b], nil
	case Date:
		return ParseDate(s)
	case DateTime:
		return ParseDateTime(s, zone)
	}
	return "", problem.New(problem.FilesNeeded, "value", s)
}

func (p *Parser) parseText(s string) (string, error) {
	s, ok := p.format(s)
	if !ok {
		if damage, damaged := DamagedIdentifier(s); damaged && p.field.Format == DigitsFormat && isScientific(s) {
			return "", damage
		}
		return "", problem.New(problem.PatternMismatch, "value", s, "rule", p.field.Format)
	}
	length := utf8.RuneCountInString(s)
	if length < p.field.MinLength {
		return "", problem.New(problem.TextTooShort, "limit", strconv.Itoa(p.field.MinLength))
	}
	if p.field.MaxLength > 0 && length > p.field.MaxLength {
		return "", problem.New(problem.TextTooLong, "limit", strconv.Itoa(p.field.MaxLength))
	}
	return s, nil
}

// format returns the text in the field's format, and whether it follows it.
func (p *Parser) format(s string) (string, bool) {
	switch p.field.Format {
	case EmailFormat:
		s = foldWidth(s)
		return s, isEmail(s)
	case TelephoneFormat:
		s = foldWidth(s)
		return s, isTelephone(s)
	case PostalCodeFormat:
		s = foldWidth(s)
		return s, isPostalCode(s)
	case DigitsFormat:
		s = foldWidth(s)
		return s, countDigits(s) == len(s)
	case URLFormat:
		return s, isURL(s)
	case PatternFormat:
		at := p.pattern.FindStringIndex(s)
		return s, at != nil && at[0] == 0 && at[1] == len(s)
	}
	return s, true
}

func isTelephone(s string) bool {
	digits := 0
	for i, r := range strings.TrimPrefix(s, "+") {
		switch {
		case '0' <= r && r <= '9':
			digits++
		case r == '(' || i > 0 && strings.ContainsRune(" -.)", r):
		default:
			return false
		}
	}
	return 3 <= digits && digits <= 20
}

func isPostalCode(s string) bool {
	if len(s) < 3 || len(s) > 10 || !isLetterOrDigit(s[0]) || !isLetterOrDigit(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != ' ' && s[i] != '-' {
			return false
		}
	}
	return strings.ContainsAny(s, "0123456789")
}

// maxURL is longer than any address bar keeps, in bytes.
const maxURL = 2048

// isURL reports whether s is an absolute http or https address without spaces.
func isURL(s string) bool {
	if len(s) > maxURL || strings.ContainsFunc(s, isBlank) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// maxNumber is how many digits a number field keeps.
const maxNumber = 40

// parseNumber reads a decimal number and returns its one canonical text.
// Full-width digits, signs and points are folded. A number with an exponent is
// DamagedNumber: digits are gone.
func parseNumber(s string) (string, error) {
	v := strings.Replace(foldWidth(s), "−", "-", 1) // U+2212, as Japanese input methods write it
	if isScientific(v) {
		return "", problem.New(problem.DamagedNumber, "value", s)
	}
	v, negative := strings.CutPrefix(v, "-")
	if !negative {
		v = strings.TrimPrefix(v, "+")
	}
	whole, fraction, dot := strings.Cut(v, ".")
	if whole == "" && fraction == "" || dot && fraction == "" || countDigits(whole) < len(whole) || countDigits(fraction) < len(fraction) {
		return "", problem.New(problem.NumberMalformed, "value", s)
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if len(whole)+len(fraction) > maxNumber {
		return "", problem.New(problem.TextTooLong, "limit", strconv.Itoa(maxNumber))
	}
	number := whole
	if number == "" {
		number = "0"
	}
	if fraction != "" {
		number += "." + fraction
	}
	if negative && number != "0" {
		number = "-" + number
	}
	return number, nil
}

func (p *Parser) parseChoice(s string) (string, error) {
	i, ok := p.choices[s]
	if !ok {
		return "", p.choiceUnknown(s)
	}
	return p.field.Choices[i].Key, nil
}

func (p *Parser) parseChoices(s string) (string, error) {
	var chosen []int
	for _, v := range SplitValues(s) {
		i, ok := p.choices[v]
		if !ok {
			return "", p.choiceUnknown(v)
		}
		chosen = append(chosen, i)
	}
	slices.Sort(chosen)
	var keys []string
	for _, i := range slices.Compact(chosen) {
		keys = append(keys, p.field.Choices[i].Key)
	}
	return strings.Join(keys, "|"), nil
}

func (p *Parser) choiceUnknown(s string) error {
	keys := make([]string, len(p.field.Choices))
	for i, c := range p.field.Choices {
		keys[i] = c.Key
	}
	return problem.New(problem.ChoiceUnknown, "value", s, "known", list(keys))
}
