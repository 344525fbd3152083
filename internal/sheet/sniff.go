package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"meibo/internal/problem"
)

// isZip reports whether a file begins as a zip does, which every workbook is.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// sniff refuses what is neither CSV nor zip, by the bytes alone (SPEC F1).
func sniff(r io.ReaderAt, size int64, head []byte, o Options) error {
	if bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return sniffOLE(r, size)
	}
	if what := magic(head); what != "" {
		return unsupported(what)
	}
	if what := markup(head); what != "" {
		return unsupported(what)
	}
	if isBinary(head, o.Charset) {
		return unsupported("binary")
	}
	return nil
}

func unsupported(what string) error {
	return problem.New(problem.FileUnsupported, "what", what)
}

// signatures are what files begin with. The dots stand for any byte.
var signatures = []struct{ begin, what string }{
	{"%PDF-", "pdf"},
	{"\x89PNG\r\n", "image"}, {"\xff\xd8\xff", "image"}, {"GIF87a", "image"}, {"GIF89a", "image"},
	{"II*\x00", "image"}, {"MM\x00*", "image"}, {"RIFF....WEBP", "image"},
	{"....ftyphei", "image"}, {"....ftypavif", "image"}, {"....ftypmif1", "image"},
	{"BM....\x00\x00\x00\x00", "image"}, {"\x00\x00\x01\x00", "image"},
	{"\x1f\x8b", "zip"}, {"7z\xbc\xaf\x27\x1c", "zip"}, {"Rar!\x1a\x07", "zip"},
	{"BZh", "zip"}, {"\xfd7zXZ\x00", "zip"}, {"\x28\xb5\x2f\xfd", "zip"},
	{"\x09\x00\x04\x00", "xls"}, {"\x09\x02\x06\x00", "xls"}, {"\x09\x04\x06\x00", "xls"}, // BIFF 2 to 4
	{"\xff\xfe\x00\x00", "binary"}, {"\x00\x00\xfe\xff", "binary"}, // UTF-32
	{"{\\rtf", "binary"}, {"SQLite format 3\x00", "binary"}, {"\x7fELF", "binary"},
}

func magic(head []byte) string {
	for _, s := range signatures {
		if hasSignature(head, s.begin) && (s.begin != "BZh" || isBzip2(head)) {
			return s.what
		}
	}
	return ""
}

func hasSignature(head []byte, begin string) bool {
	if len(head) < len(begin) {
		return false
	}
	for i := range len(begin) {
		if begin[i] != '.' && head[i] != begin[i] {
			return false
		}
	}
	return true
}

// isBzip2 tells bzip2 from a text that begins with BZh.
func isBzip2(head []byte) bool {
	return len(head) > 4 && '1' <= head[3] && head[3] <= '9' && head[4] == '1'
}

// markup recognises web pages and XML, in UTF-16 too: programs write them as
// .xls.
func markup(head []byte) string {
	text := bytes.ReplaceAll(head[:min(len(head), 4096)], []byte{0}, nil)
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	text = bytes.TrimPrefix(bytes.TrimPrefix(text, []byte("\xff\xfe")), []byte("\xfe\xff"))
	text = bytes.ToLower(bytes.TrimSpace(text))
	switch {
	case bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("schemas-microsoft-com:office:spreadsheet")):
		return "xls"
	case !bytes.HasPrefix(text, []byte("<")) && !bytes.HasPrefix(text, []byte("mime-version:")):
		return ""
	case bytes.Contains(text, []byte("<office:document")):
		return "ods"
	case bytes.Contains(text, []byte("<svg")):
		return "image"
	}
	for _, begin := range []string{"<!doctype", "<html", "<head", "<meta", "<table", "<body", "<?xml", "mime-version:"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return "html"
		}
	}
	return ""
}

// oleNames are streams of an OLE2 file that say what it is. An encrypted
// workbook may hold a plain one only as bait, so it comes first.
var oleNames = []struct{ name, what string }{
	{"EncryptedPackage", "encrypted"}, {"Workbook", "xls"}, {"Book", "xls"},
}

// sniffOLE looks for the entry of a telling stream. Directory entries are 128
// bytes, on a multiple of 128, wherever the directory lies.
func sniffOLE(r io.ReaderAt, size int64) error {
	found := map[string]bool{}
	buf := make([]byte, 64<<10)
	for off := int64(0); off < size; off += int64(len(buf)) {
		n, err := r.ReadAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read at byte %d: %w", off, err)
		}
		for i := 0; i+128 <= n; i += 128 {
			if what := oleEntry(buf[i : i+128]); what != "" {
				found[what] = true
			}
		}
	}
	for _, o := range oleNames {
		if found[o.what] {
			return unsupported(o.what)
		}
	}
	return unsupported("binary")
}

func oleEntry(entry []byte) string {
	const stream = 2
	size := int(binary.LittleEndian.Uint16(entry[64:]))
	for _, o := range oleNames {
		name := utf16.Encode([]rune(o.name + "\x00"))
		if entry[66] == stream && size == 2*len(name) && sameUnits(entry, name) {
			return o.what
		}
	}
	return ""
}

func sameUnits(b []byte, units []uint16) bool {
	for i, u := range units {
		if binary.LittleEndian.Uint16(b[2*i:]) != u {
			return false
		}
	}
	return true
}

// isBinary reports whether head has NULs although it is not UTF-16, or more
// control characters than a text has.
func isBinary(head []byte, charset string) bool {
	if name, err := CharsetName(charset); err == nil && (name == utf16leName || name == utf16beName) {
		return false
	}
	if _, size := byteOrderMark(head); size == 2 {
		return false
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return looksUTF16(head) == ""
	}
	controls := 0
	for _, b := range head {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\r\n\v\f\x1a\x1b"), rune(b)) {
			controls++
		}
	}
	return controls > 3 && controls*20 > len(head)
}

// byteOrderMark returns the charset that the byte order mark at the beginning of
// head names, and the size of the mark.
func byteOrderMark(head []byte) (charset string, size int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Name, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16leName, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16beName, 2
	}
	return "", 0
}

// looksUTF16 returns the byte order in which head, which has NULs, is clean
// UTF-16 text with line ends or delimiters; empty if in none.
func looksUTF16(head []byte) string {
	for _, name := range []string{utf16leName, utf16beName} {
		if isCleanUTF16(head, name) {
			return name
		}
	}
	return ""
}

// isCleanUTF16 takes no text that has more of CSV's characters when read byte by
// byte: that is ASCII with a NUL in it.
func isCleanUTF16(head []byte, name string) bool {
	text, bad, _ := decoderOf(name).decode(nil, head)
	if bad >= 0 && (bad < len(head)-3 || len(head) < headSize) {
		return false
	}
	strange, all := 0, 0
	for _, r := range string(text) {
		if all++; isStrange(r) {
			strange++
		}
	}
	structure := countStructure(text)
	return structure > 0 && 2*structure > countStructure(head) && strange*100 <= all
}

func isStrange(r rune) bool {
	switch r {
	case '\t', '\n', '\r', '\v', '\f', 0x1a:
		return false
	}
	return r < ' ' || 0x80 <= r && r < 0xa0 || isPrivate(r) || r == 0xfffe || r == 0xffff
}

func countStructure(b []byte) int {
	n := 0
	for _, c := range []byte("\t\n\r,;") {
		n += bytes.Count(b, []byte{c})
	}
	return n
}
