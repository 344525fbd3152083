package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/internal/problem"
)

// findCharset sets the charset, as chosen or by the bytes: byte order mark, the
// NULs of UTF-16, the escapes of ISO-2022-JP, strict UTF-8, and then the
// candidate that reads most like names and addresses.
func (f *File) findCharset(head []byte, o Options) error {
	chosen := ""
	if o.Charset != "" && !strings.EqualFold(o.Charset, "auto") {
		name, err := CharsetName(o.Charset)
		if err != nil {
			return err
		}
		chosen = name
	}
	if name, size := byteOrderMark(head); size > 0 {
		f.Charset, f.BOM, f.body = name, true, int64(size)
		return nil
	}
	if f.Charset = chosen; chosen != "" {
		return nil
	}
	if bytes.IndexByte(head, 0) >= 0 {
		f.Charset, f.CharsetGuessed = looksUTF16(head), true
		f.Sample = samples(decoderOf(f.Charset), head)
		return nil
	}
	lines, escapes, err := f.foreignLines()
	if err != nil {
		return err
	}
	return f.guess(lines, escapes, headerCells(head), o.KnownHeader)
}

// guess sets the charset by lines that are not plain ASCII; escapes says that
// there are none but escape sequences of ISO-2022-JP in them.
func (f *File) guess(lines []byte, escapes bool, header [][]byte, known func(string) bool) error {
	switch {
	case len(lines) == 0:
		f.Charset = utf8Name
		return nil
	case escapes:
		f.Charset = iso2022JPName
	case isUTF8(lines):
		f.Charset = utf8Name
		f.CharsetGuessed = !utf8.Valid(lines)
	default:
		f.Charset = likeliest(lines, header, known)
	}
	if f.Charset == "" && utf8.Valid(lines) {
		f.Charset = utf8Name
	}
	if f.Charset == "" {
		return problem.New(problem.CharsetUndetected)
	}
	f.CharsetGuessed = f.CharsetGuessed || f.Charset != utf8Name
	if f.CharsetGuessed {
		f.Sample = samples(decoderOf(f.Charset), lines)
	}
	return nil
}

// isUTF8 reports whether lines are UTF-8 but for damage in few places: a cell cut
// within a character must not make a whole file something else. A handful of pairs
// is not enough, since pairs of other charsets may look alike, unless they are
// letters of one script.
func isUTF8(lines []byte) bool {
	pairs, long, bad := 0, 0, 0
	for i := 0; i < len(lines); {
		r, n := utf8.DecodeRune(lines[i:])
		switch {
		case n > 2:
			long++
		case n > 1:
			pairs++
		case r == utf8.RuneError:
			bad++
		}
		i += n
	}
	if bad > 0 {
		return long+pairs >= 20*bad
	}
	return long > 0 || pairs > 20 || isOneScript(lines)
}

// isOneScript reports whether all that is not ASCII in lines, read as UTF-8, is
// Latin-1, or letters of one and the same script.
func isOneScript(lines []byte) bool {
	var script *unicode.RangeTable
	for _, r := range string(lines) {
		if r < 0x100 {
			continue
		}
		if script == nil {
			script = scriptOf(r)
		}
		if script == nil || !unicode.IsLetter(r) || !unicode.Is(script, r) {
			return false
		}
	}
	return true
}

func scriptOf(r rune) *unicode.RangeTable {
	for _, s := range []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Hebrew, unicode.Arabic,
	} {
		if unicode.Is(s, r) {
			return s
		}
	}
	return nil
}

// sampleSize is how many bytes of lines that are not plain ASCII a guess rests on.
const sampleSize = 32 << 10

// foreignLines collects lines that are not plain ASCII, up to sampleSize, from
// wherever in the file they are. If there are none, it collects lines with the
// escape sequences of ISO-2022-JP, and says so.
func (f *File) foreignLines() (lines []byte, escapes bool, err error) {
	buf := make([]byte, headSize)
	var escaped []byte
	for pos := f.body; pos < f.size && len(lines) < sampleSize; {
		n, err := f.src.ReadAt(buf, pos)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, fmt.Errorf("read at byte %d: %w", pos, err)
		}
		if n == 0 {
			break
		}
		chunk, last := buf[:n], pos+int64(n) >= f.size
		if !last {
			chunk = cutWhole(chunk)
		}
		if !isASCII(chunk) {
			lines = appendLines(lines, chunk, isASCII)
		} else if len(escaped) < sampleSize && bytes.IndexByte(chunk, esc) >= 0 {
			escaped = appendLines(escaped, chunk, hasNoEscape)
		}
		pos += int64(len(chunk))
	}
	if len(lines) == 0 {
		return escaped, len(escaped) > 0, nil
	}
	return lines, false, nil
}

// cutWhole cuts chunk behind its last line end, or, in a line too long for that,
// behind its last ASCII byte, which in every charset but GB18030 ends a character.
func cutWhole(chunk []byte) []byte {
	if i := bytes.LastIndexAny(chunk, "\r\n"); i >= 0 {
		return chunk[:i+1]
	}
	for i := len(chunk) - 1; i >= 0; i-- {
		if chunk[i] < utf8.RuneSelf {
			return chunk[:i+1]
		}
	}
	return chunk
}

// appendLines appends the lines of chunk that are not plain.
func appendLines(lines, chunk []byte, isPlain func([]byte) bool) []byte {
	for len(chunk) > 0 && len(lines) < sampleSize+headSize {
		n := bytes.IndexAny(chunk, "\r\n") + 1
		if n == 0 {
			n = len(chunk)
		}
		if !isPlain(chunk[:n]) {
			lines = append(lines, chunk[:n]...)
		}
		chunk = chunk[n:]
	}
	return lines
}

func hasNoEscape(line []byte) bool {
	for {
		i := bytes.IndexByte(line, esc)
		if i < 0 {
			return true
		}
		if s, n := isoEscape(line[i:]); n > 0 && s != isoASCII {
			return false
		}
		line = line[i+1:]
	}
}

func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// headerCells returns the pieces of the first line that is not blank, cut at
// every delimiter and quote: it is looked at before the delimiter is known.
func headerCells(head []byte) [][]byte {
	head = bytes.TrimLeft(head, "\r\n")
	if i := bytes.IndexAny(head, "\r\n"); i >= 0 {
		if sepDelimiter(head[:i]) != 0 {
			return headerCells(head[i:])
		}
		head = head[:i]
	}
	return bytes.FieldsFunc(head, func(r rune) bool { return strings.ContainsRune(",;\t\"", r) })
}

// samples returns up to five different cells of lines that are not plain ASCII,
// of at most 40 characters, those of the first line last: names of people show a
// wrong charset sooner than headers. Damage shows as U+FFFD.
func samples(d decoder, lines []byte) []string {
	var found []string
	header, rest, _ := strings.Cut(decodeAll(d, lines), "\n")
	for _, cell := range strings.FieldsFunc(rest+"\n"+header, func(r rune) bool {
		return strings.ContainsRune(",;\t\"\r\n", r)
	}) {
		cell = trim(cell)
		if runes := []rune(cell); len(runes) > 40 {
			cell = string(runes[:40])
		}
		if isASCII([]byte(cell)) || slices.Contains(found, cell) {
			continue
		}
		if found = append(found, cell); len(found) == 5 {
			break
		}
	}
	return found
}

func decodeAll(d decoder, src []byte) string {
	var text []byte
	for {
		out, bad, size := d.decode(text, src)
		if bad < 0 {
			return string(out)
		}
		text = utf8.AppendRune(out, utf8.RuneError)
		src = src[bad+size:]
	}
}
