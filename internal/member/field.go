package member

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// MaxFields is how many fields an organisation may have: as many as a file may
// have columns (SPEC F11).
const MaxFields = 500

// A FieldType is the type of a custom field (SPEC G3).
type FieldType string

// The field types, by the words of files, JSON and the command line.
const (
	Text     FieldType = "text"
	Textarea FieldType = "textarea"
	Number   FieldType = "number"
	URL      FieldType = "url"
	Select   FieldType = "select"
	Radio    FieldType = "radio"
	Checkbox FieldType = "checkbox" // several choices
	Boolean  FieldType = "boolean"
	Date     FieldType = "date"
	DateTime FieldType = "datetime"
	FileType FieldType = "file"
)

// A Choice is one possible value of a select, radio or checkbox field.
type Choice struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Shown returns the label, or the key of a choice that has none.
func (c Choice) Shown() string {
	if c.Label == "" {
		return c.Key
	}
	return c.Label
}

// A Field is a custom attribute defined by the organisation (SPEC G3).
type Field struct {
	ID         int64     `json:"-"`
	Identifier string    `json:"identifier"`
	LabelEN    string    `json:"label_en"`
	LabelJA    string    `json:"label_ja"`
	Type       FieldType `json:"type"`
	Required   bool      `json:"required"`
	Position   int64     `json:"position"` // smaller first
	Choices    []Choice  `json:"choices,omitempty"`
	MinLength  int       `json:"min_length,omitempty"` // characters; 0 = none
	MaxLength  int       `json:"max_length,omitempty"` // characters; 0 = none
	Format     string    `json:"format,omitempty"`     // "", email, telephone, postal_code, url, digits, pattern
	Pattern    string    `json:"pattern,omitempty"`    // RE2, with Format "pattern"
	Extensions []string  `json:"extensions,omitempty"` // of a file, in lower case, without the dot; none = any that is not dangerous
	MaxSize    int64     `json:"max_size,omitempty"`   // bytes of a file; 0 = the setting's
}

// The formats a text may have to follow, by the words of JSON and the command
// line. The zero Format is any text.
const (
	EmailFormat      = "email"       // as the attribute, see ParseEmail
	TelephoneFormat  = "telephone"   // perhaps +, then digits with spaces, hyphens, dots, brackets between them; 3 to 20 digits
	PostalCodeFormat = "postal_code" // 3 to 10 letters, digits, inner spaces and hyphens, a digit among them (any country's)
	URLFormat        = "url"         // as the type URL
	DigitsFormat     = "digits"      // ASCII digits; leading zeros count
	PatternFormat    = "pattern"     // the Pattern, which must match the whole value
)

// FieldTypes returns the types a field can be defined with, in the order in
// which pages list them.
func FieldTypes() []FieldType {
	return []FieldType{Text, Textarea, Number, URL, Select, Radio, Checkbox, Boolean, Date, DateTime, FileType}
}

var formats = []string{EmailFormat, TelephoneFormat, PostalCodeFormat, URLFormat, DigitsFormat, PatternFormat}

// Limits of a definition.
const (
	maxChoices = 1000 // a drop-down list longer than this is no choice for people
	maxPattern = 1000 // bytes; RE2 takes time in proportion to it
)

// HasChoices reports whether values of the type come from a list.
func (t FieldType) HasChoices() bool { return t == Select || t == Radio || t == Checkbox }

// HasRestriction reports whether length, format and pattern may restrict the type.
func (t FieldType) HasRestriction() bool { return t == Text || t == Textarea }

// Labels are the labels of f, English and Japanese, on a line each: the value of a
// problem that names a field.
func (f Field) Labels() string { return f.LabelEN + "\n" + f.LabelJA }

// Validate returns the first problem of the definition itself (SPEC G3). That
// identifier and labels are unique among the fields is for [CheckFields].
func (f Field) Validate() error {
	if !isFieldIdentifier(f.Identifier) || isReserved(f.Identifier) {
		return problem.New(problem.FieldIdentifierInvalid, "value", f.Identifier)
	}
	if !slices.Contains(FieldTypes(), f.Type) {
		return problem.New(problem.FieldTypeUnknown, "value", string(f.Type), "known", list(FieldTypes()))
	}
	for _, label := range []string{f.LabelEN, f.LabelJA} {
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	if err := f.validateChoices(); err != nil {
		return err
	}
	if err := f.validateFile(); err != nil {
		return err
	}
	return f.validateRestriction()
}

// isFieldIdentifier reports whether s is [a-z][a-z0-9_]{0,62}: an attribute name of
// RFC 7644 that is safe in DDL.
func isFieldIdentifier(s string) bool {
	if s == "" || len(s) > 63 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// ourColumns are the headers that a report adds to the person's own file, in
// its languages; a field of that name would be ignored on the way back (SPEC A5).
var ourColumns = []string{"result", "reason", "結果", "理由"}

// isReserved reports whether a header, folded, is already a column of ours.
func isReserved(header string) bool {
	if slices.Contains(ourColumns, header) {
		return true
	}
	for a := NoAttribute; a < attributes; a++ {
		for _, h := range a.Headers() {
			if FoldHeader(h) == header {
				return true
			}
		}
	}
	return false
}

// checkLabel says whether a label can head a column: one normal line of 1 to
// 200 characters that is no header of M1.
func checkLabel(label string) error {
	normal, err := Normalise(label)
	if err != nil || normal != label || label == "" || strings.Contains(label, "\n") || utf8.RuneCountInString(label) > MaxLabel {
		return problem.New(problem.FieldLabelInvalid, "value", label, "limit", strconv.Itoa(MaxLabel))
	}
	if isReserved(FoldHeader(label)) {
		return problem.New(problem.LabelTaken, "value", label)
	}
	return nil
}

func (f Field) validateChoices() error {
	if !f.Type.HasChoices() {
		if len(f.Choices) > 0 {
			return f.misplaced("choices")
		}
		return nil
	}
	if len(f.Choices) == 0 {
		return problem.New(problem.FieldChoicesRequired)
	}
	if len(f.Choices) > maxChoices {
		return problem.Of(problem.TooLarge, problem.FieldChoicesTooMany, "limit", strconv.Itoa(maxChoices))
	}
	// A cell may give key or label, so no text may mean two choices.
	seen := map[string]int{}
	for i, c := range f.Choices {
		for _, text := range []string{c.Key, c.Shown()} {
			other, taken := seen[text]
			if !isChoiceText(text) || taken && other != i {
				return problem.New(problem.FieldChoiceInvalid, "value", text)
			}
			seen[text] = i
		}
	}
	return nil
}

// isChoiceText reports whether s can stand in a cell as one of several values,
// with a sign before it, and be told from {clear} and a neutralised formula.
func isChoiceText(s string) bool {
	normal, err := Normalise(s)
	if err != nil || normal != s || s == "" || utf8.RuneCountInString(s) > MaxLabel {
		return false
	}
	return !strings.ContainsAny(s, "|\n") && !strings.ContainsAny(s[:1], "+-'{")
}

func (f Field) validateRestriction() error {
	if !f.Type.HasRestriction() {
		switch {
		case f.MinLength != 0 || f.MaxLength != 0:
			return f.misplaced("length")
		case f.Format != "" || f.Pattern != "":
			return f.misplaced("format")
		}
		return nil
	}
	if f.MinLength < 0 || f.MaxLength < 0 || f.MaxLength > 0 && f.MinLength > f.MaxLength {
		return problem.New(problem.FieldLimitsInvalid)
	}
	if f.Format != "" && !slices.Contains(formats, f.Format) {
		return problem.New(problem.FieldFormatUnknown, "value", f.Format, "known", list(formats))
	}
	if f.Format != PatternFormat && f.Pattern != "" {
		return f.misplaced("pattern")
	}
	if f.Format == PatternFormat {
		_, err := compilePattern(f.Pattern)
		return err
	}
	return nil
}

func (f Field) misplaced(restriction string) error {
	return problem.New(problem.FieldRestrictionMisplaced, "restriction", restriction, "type", string(f.Type))
}

// compilePattern compiles a pattern that will be asked for its leftmost longest
// match: where the whole value matches, that is the whole value. (Anchors put
// around the text of a pattern do not survive `\Qabc` or `a)|(b`.)
func compilePattern(pattern string) (*regexp.Regexp, error) {
	if pattern == "" || len(pattern) > maxPattern {
		return nil, problem.New(problem.FieldPatternInvalid)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, problem.New(problem.FieldPatternInvalid)
	}
	re.Longest()
	return re, nil
}

// CheckFields returns the first problem of a list of definitions: one that is
// not valid, more than MaxFields, or an identifier or a label by which a column could
// mean two fields. A field's own labels and identifier may be the same.
func CheckFields(fields []Field) error {
	if len(fields) > MaxFields {
		return problem.Of(problem.TooLarge, problem.FieldsTooMany, "limit", strconv.Itoa(MaxFields))
	}
	headers := map[string]int{} // folded → index of the field
	for i, f := range fields {
		if err := f.Validate(); err != nil {
			return err
		}
		if _, taken := headers[f.Identifier]; taken {
			return problem.New(problem.FieldIdentifierTaken, "value", f.Identifier)
		}
		headers[f.Identifier] = i
		for _, label := range []string{f.LabelEN, f.LabelJA} {
			folded := FoldHeader(label)
			if other, taken := headers[folded]; taken && other != i {
				return problem.New(problem.LabelTaken, "value", label)
			}
			headers[folded] = i
		}
	}
	return nil
}
