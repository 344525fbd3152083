package member

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	var text [512]byte
	return string(AppendFieldsJSON(text[:0], values))
}

// AppendFieldsJSON appends what [FieldsJSON] returns.
func AppendFieldsJSON(b []byte, values map[string]string) []byte {
	type pair struct{ key, value string }
	var few [16]pair // on the stack, for as many as members mostly have: this runs for every row of a file
	pairs := few[:0]
	for key, value := range values {
		if value != "" {
			pairs = append(pairs, pair{key, value})
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int { return strings.Compare(x.key, y.key) })
	b = append(b, '{')
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, p.key)
		b = append(b, ':')
		b = appendQuoted(b, p.value)
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string (RFC 8259, section 7), escaping only
// what must be. Bytes that are not UTF-8 become U+FFFD: JSON cannot hold them.
func appendQuoted(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	b = append(b, '"')
	from := 0 // what needs no escape is copied in one piece
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// ParseFieldsJSON reads what FieldsJSON writes, in any order and spacing (a
// database may keep documents its own way). No values are a nil map. Its
// errors are about our own database, so they are no problems; they hold no value.
func ParseFieldsJSON(s string) (map[string]string, error) { return ParseFieldsInto(nil, s) }

// ParseFieldsInto is [ParseFieldsJSON] into a map that is used again, if it is not nil:
// many members are read with the maps of few.
func ParseFieldsInto(values map[string]string, s string) (map[string]string, error) {
	clear(values)
	if s == "" || s == "{}" {
		return values, nil
	}
	if values, ok := plainFields(values, s); ok {
		return values, nil
	}
	clear(values)
	if err := json.Unmarshal([]byte(s), &values); err != nil {
		return nil, errors.New("fields of a member are not a JSON object of texts")
	}
	if len(values) == 0 {
		return nil, nil
	}
	return values, nil
}

// FieldIn cuts the value of one field out of what [FieldsJSON] writes, without reading
// the others; ok is false if there is none. It is a part of the document, unless
// something in it is escaped.
//
// Nothing else looks like a key: a quote inside a value is escaped, and only a key is
// followed by a colon.
func FieldIn(document, identifier []byte) (text []byte, ok bool) {
	for rest := document; len(identifier) > 0; {
		i := bytes.Index(rest, identifier)
		if i < 0 {
			break
		}
		after := rest[i+len(identifier):]
		if i > 0 && rest[i-1] == '"' && bytes.HasPrefix(after, []byte(`":"`)) {
			return quotedText(after[2:])
		}
		rest = after
	}
	return nil, false
}

// quotedText reads the JSON string with which s begins.
func quotedText(s []byte) (text []byte, ok bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return s[1:i], true
		case '\\':
			var decoded string
			err := json.NewDecoder(bytes.NewReader(s)).Decode(&decoded)
			return []byte(decoded), err == nil
		}
	}
	return nil, false
}

// plainFields reads what has no escapes, as nearly all documents, in a seventh of
// the time that package json takes (eight fields); ok is false for the others.
// Keys and values are parts of s: nothing is copied.
func plainFields(into map[string]string, s string) (values map[string]string, ok bool) {
	if len(s) < len(`{"":""}`) || s[0] != '{' || s[len(s)-1] != '}' {
		return into, false
	}
	if values = into; values == nil {
		values = make(map[string]string, strings.Count(s, `":`))
	}
	for rest := s[1 : len(s)-1]; ; {
		key, after, ok1 := plainText(rest)
		after, ok2 := strings.CutPrefix(after, ":")
		value, after, ok3 := plainText(strings.TrimPrefix(after, " ")) // PostgreSQL writes a space
		if !ok1 || !ok2 || !ok3 {
			return values, false
		}
		values[key] = value
		if after == "" {
			return values, true
		}
		if rest, ok = strings.CutPrefix(after, ","); !ok {
			return values, false
		}
		rest = strings.TrimPrefix(rest, " ")
	}
}

// plainText cuts a JSON string without escapes from the beginning of s.
func plainText(s string) (text, after string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], true
		case c == '\\' || c < ' ':
			return "", s, false
		}
	}
	return "", s, false
}
