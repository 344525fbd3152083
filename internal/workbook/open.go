package workbook

import (
	"errors"
	"io"
	"net/url"
	"path"
	"strings"

	"meibo/internal/problem"
)

// A Book is a workbook that has been opened: its sheets are known, and can be
// read as often as needed, one after the other. It is not safe for concurrent
// use.
type Book struct {
	c        *container
	size     int64 // of the file
	main     string
	sheets   []Sheet
	date1904 bool
	parts    map[string]string // of the other parts of the workbook: relation, name
	formats  []*format         // by the index that cells name; nil until they are needed
	strings  *sharedStrings    // nil until they are needed
}

// A Sheet is one worksheet.
type Sheet struct {
	Name   string
	Hidden bool // hidden or very hidden
	part   string
}

// Open reads what a workbook says of itself. r is kept and read again by
// [Book.Rows]; it stays the caller's.
//
// What cannot be read is a [problem.Problem]: FileEmpty, FileUnsupported (no
// archive, or one of another kind), WorkbookDamaged, WorkbookLimit or
// WorkbookNoSheet. Other errors are those of r.
func Open(r io.ReaderAt, size int64, l Limits) (*Book, error) {
	c, err := openContainer(r, size, l)
	if err != nil {
		return nil, err
	}
	b := &Book{c: c, size: size}
	if err := b.refuseOpenDocument(); err != nil {
		return nil, err
	}
	if err := b.findMain(); err != nil {
		return nil, err
	}
	if err := b.readMain(); err != nil {
		return nil, err
	}
	if len(b.sheets) == 0 {
		return nil, problem.New(problem.WorkbookNoSheet)
	}
	return b, nil
}

// Close frees what the book holds beside its file.
func (b *Book) Close() error {
	if b.strings == nil {
		return nil
	}
	return b.strings.close()
}

// Sheets returns the worksheets in the order of their tabs, hidden ones too.
func (b *Book) Sheets() []Sheet { return b.sheets }

// refuseOpenDocument refuses the archives that say by a part named mimetype what
// they are (OpenDocument 1.3 part 2, section 3.3).
func (b *Book) refuseOpenDocument() error {
	if b.c.find("mimetype") == nil {
		return nil
	}
	r, err := b.c.open("mimetype")
	if err != nil {
		return err
	}
	defer r.Close()
	head := make([]byte, 80)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	kind := string(head[:n])
	switch {
	case strings.HasPrefix(kind, "application/vnd.oasis.opendocument.spreadsheet"):
		return unsupported("ods")
	case strings.HasPrefix(kind, "application/vnd.openxmlformats"):
		return nil
	}
	return unsupported("zip")
}

// A relationship leads from one part to another (OPC, relationships).
type relationship struct {
	kind, target string
	external     bool
}

// is compares the end of the kind: transitional and strict names differ before
// it.
func (r relationship) is(kind string) bool {
	return strings.HasSuffix(r.kind, "/relationships/"+kind)
}

// findMain finds the part that is the workbook, and tells other documents by it.
func (b *Book) findMain() error {
	const rels = "_rels/.rels"
	if b.c.find(rels) == nil {
		if b.looksLikeWorkbook() {
			return damaged(reasonMissing, rels)
		}
		return unsupported("zip")
	}
	found, err := b.relationships("")
	if err != nil {
		return err
	}
	for _, r := range found {
		if r.is("officeDocument") && !r.external {
			b.main = b.resolve("", r.target)
		}
	}
	switch {
	case b.main == "" && b.looksLikeWorkbook():
		return damaged(reasonMissing, "xl/workbook.xml")
	case b.main == "":
		return unsupported("zip")
	case strings.EqualFold(path.Ext(b.main), ".bin"):
		return unsupported("xlsb")
	}
	return nil
}

// looksLikeWorkbook reports whether the archive has parts where every program
// that writes workbooks puts them.
func (b *Book) looksLikeWorkbook() bool {
	for name := range b.c.parts {
		if strings.HasPrefix(name, "xl/") {
			return true
		}
	}
	return false
}

// resolve returns the name of the part that target leads to from part, which is
// empty for the archive itself.
func (b *Book) resolve(part, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir(part), target)
	}
	if b.c.find(target) == nil {
		if plain, err := url.PathUnescape(target); err == nil {
			target = plain
		}
	}
	return strings.TrimPrefix(path.Clean("/"+target), "/")
}

// relationships reads the relationships of a part, by their IDs. A part without any has
// an empty map.
func (b *Book) relationships(part string) (map[string]relationship, error) {
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
	}
	found := map[string]relationship{}
	if b.c.find(name) == nil {
		return found, nil
	}
	err := b.walk(name, "Relationships", packageSpace, func(s *scanner, t *token) error {
		if t.kind == endTag || t.kind == charData || t.space != packageSpace || string(t.name) != "Relationship" {
			return nil
		}
		id, err := s.attrText(t.attr("Id"))
		if err != nil {
			return err
		}
		var r relationship
		if r.kind, err = s.attrText(t.attr("Type")); err != nil {
			return err
		}
		if r.target, err = s.attrText(t.attr("Target")); err != nil {
			return err
		}
		r.external = strings.EqualFold(string(t.attr("TargetMode")), "External")
		if _, twice := found[id]; twice {
			return s.malformed()
		}
		found[id] = r
		return nil
	})
	return found, err
}

// maxSmall is how far the parts unpack that are kept in memory as tables: names
// of sheets and relations.
const maxSmall = 16 << 20

// walk reads a part whose root is the element of that name, and calls f with
// every tag and text behind the root's start tag.
func (b *Book) walk(part, root string, sp space, f func(*scanner, *token) error) error {
	r, err := b.c.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	r.max = maxSmall
	s, err := newScanner(r, part, b.c.limits.Depth)
	if err != nil {
		return err
	}
	if err := s.rootIs(root, sp); err != nil {
		return err
	}
	for {
		t, err := s.content()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(s, t); err != nil {
			return err
		}
	}
}

// rootIs reads up to the root element, which must be of that name.
func (s *scanner) rootIs(name string, sp space) error {
	for {
		t, err := s.content()
		if errors.Is(err, io.EOF) {
			return s.malformed()
		}
		if err != nil {
			return err
		}
		if t.kind == charData {
			continue
		}
		if t.space != sp || string(t.name) != name {
			return s.malformed()
		}
		return nil
	}
}

// attrText returns what an attribute's value means.
func (s *scanner) attrText(value []byte) (string, error) {
	text, err := appendText(nil, value)
	if err != nil {
		return "", s.malformed()
	}
	return string(text), nil
}
