package member

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"meibo/internal/problem"
)

type tokenKind uint8

const (
	endToken   tokenKind = iota
	badToken             // what cannot be in a filter: an unclosed string, a broken escape
	openToken            // (
	closeToken           // )
	wordToken            // anything else up to white space, a parenthesis or a quote
	textToken            // a JSON string
)

type token struct {
	kind     tokenKind
	text     string // unescaped for textToken, otherwise as typed
	from, to int    // bytes of the expression
}

// tokens cuts expr up. The last token, and no other, is an endToken or a
// badToken, so that the parser reports the leftmost mistake.
func tokens(expr string) []token {
	var ts []token
	for at := 0; ; {
		at += len(expr[at:]) - len(strings.TrimLeftFunc(expr[at:], unicode.IsSpace))
		t := tokenAt(expr, at)
		ts = append(ts, t)
		if t.kind == endToken || t.kind == badToken {
			return ts
		}
		at = t.to
	}
}

// tokenAt reads the token that begins at byte at.
func tokenAt(expr string, at int) token {
	if at == len(expr) {
		return token{kind: endToken, from: at, to: at}
	}
	switch expr[at] {
	case '(':
		return token{openToken, "(", at, at + 1}
	case ')':
		return token{closeToken, ")", at, at + 1}
	case '"':
		return textAt(expr, at)
	}
	to := at
	for to < len(expr) {
		r, size := utf8.DecodeRuneInString(expr[to:])
		if r == utf8.RuneError && size == 1 {
			return token{kind: badToken, from: to, to: to + 1}
		}
		if unicode.IsSpace(r) || strings.ContainsRune(`()"`, r) {
			break
		}
		to += size
	}
	return token{wordToken, expr[at:to], at, to}
}

// textAt reads the JSON string (RFC 8259, section 7) whose quote is at byte at.
func textAt(expr string, at int) token {
	var b strings.Builder
	for i := at + 1; i < len(expr); {
		switch c := expr[i]; {
		case c == '"':
			return token{textToken, b.String(), at, i + 1}
		case c == '\\':
			r, size := escapeAt(expr[i:])
			if size == 0 {
				return token{kind: badToken, from: i, to: min(i+2, len(expr))}
			}
			b.WriteRune(r)
			i += size
		case c < ' ':
			return token{kind: badToken, from: i, to: i + 1}
		default:
			r, size := utf8.DecodeRuneInString(expr[i:])
			if r == utf8.RuneError && size == 1 {
				return token{kind: badToken, from: i, to: i + 1}
			}
			b.WriteRune(r)
			i += size
		}
	}
	return token{kind: badToken, from: at, to: len(expr)}
}

var escapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escapeAt reads the escape with which s begins; size is 0 if there is no such
// escape. Refused besides: half a surrogate pair, and \u0000, which PostgreSQL
// cannot hold.
func escapeAt(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	if r, ok := escapes[s[1]]; ok {
		return r, 2
	}
	r, ok := hexAt(s)
	if !ok || r == 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hexAt(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hexAt reads \uXXXX at the beginning of s.
func hexAt(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// writeQuoted writes s as a JSON string in which only what must be is escaped.
func writeQuoted(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			b.WriteString(`\u00`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// nearLength is how many characters of the expression a problem repeats: enough
// to find the place again, short enough for a sentence.
const nearLength = 20

// syntaxProblem says that the token t of expr cannot stand where it stands.
func syntaxProblem(expr string, t token) problem.Problem {
	near := strings.ToValidUTF8(expr[t.from:t.to], "\ufffd")
	if utf8.RuneCountInString(near) > nearLength {
		near = string([]rune(near)[:nearLength]) + "…"
	}
	return problem.New(problem.FilterSyntax,
		"position", strconv.Itoa(position(expr, t)), "near", near)
}

// position returns where t begins: 1-based, in characters.
func position(expr string, t token) int { return utf8.RuneCountInString(expr[:t.from]) + 1 }
