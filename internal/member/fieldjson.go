package member

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// maxDefinitions bounds the JSON of a list of fields, in bytes: MaxFields of
// them with a hundred long choices each.
const maxDefinitions = 16 << 20

// EncodeFields writes definitions as a JSON list, one line for each key, as
// people edit them. DecodeFields reads it back; IDs stay behind.
func EncodeFields(w io.Writer, fields []Field) error {
	if fields == nil {
		fields = []Field{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(fields); err != nil {
		return fmt.Errorf("encode fields: %w", err)
	}
	return nil
}

// DecodeFields reads what EncodeFields writes and checks the whole list
// ([CheckFields]). What is not such a list, an unknown key and anything after the
// list included, is the problem FieldsMalformed. A failing reader is no problem but an error.
func DecodeFields(r io.Reader) ([]Field, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDefinitions+1))
	if err != nil {
		return nil, fmt.Errorf("read fields: %w", err)
	}
	if len(data) > maxDefinitions || !utf8.Valid(data) {
		return nil, problem.New(problem.FieldsMalformed)
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	var fields []Field
	if err := d.Decode(&fields); err != nil || fields == nil {
		return nil, problem.New(problem.FieldsMalformed)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.FieldsMalformed)
	}
	return fields, CheckFields(fields)
}

// FieldsJSON writes the values of a member's fields as they are stored: one
// JSON object, keys ascending, no spaces, nothing escaped that need not be; {}
// for none. The same values are the same bytes, so that they can be summed.
// Empty values are left out, as [Member] has none.
func FieldsJSON(values map[string]string) string {
	if len(values) == 0 {
		return "{}"
	}
	b := []byte{'{'}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendQuoted(b, key)
		b = append(b, ':')
		b = appendQuoted(b, values[key])
	}
	return string(append(b, '}'))
}

// appendQuoted appends s as a JSON string (RFC 8259, section 7), escaping only
// what must be. Bytes that are not UTF-8 become U+FFFD: JSON cannot hold them.
func appendQuoted(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// ParseFieldsJSON reads what FieldsJSON writes, in any order and spacing (a
// database may keep documents its own way). No values are a nil map. Its
// errors are about our own database, so they are no problems; they hold no value.
func ParseFieldsJSON(s string) (map[string]string, error) {
	if s == "" || s == "{}" {
		return nil, nil
	}
	var values map[string]string
	if err := json.Unmarshal([]byte(s), &values); err != nil {
		return nil, errors.New("fields of a member are not a JSON object of texts")
	}
	if len(values) == 0 {
		return nil, nil
	}
	return values, nil
}
