package workbook

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"regexp"
	"strconv"

	"github.com/klauspost/compress/flate"
)

// overflow is the sheet of problems: its rows wait in temporary files, packed,
// because the sheet they are about is still being written. Where they are more
// than a sheet has rows, there are several.
type overflow struct {
	earlier []tab        // sheets of problems of an earlier copy
	tabs    []tab        // of the workbook, if they were read
	local   map[int]bool // positions that names of the workbook belong to
	spools  []*spool
}

// A tab is a sheet of any kind as the workbook lists it.
type tab struct {
	position, id int
	name, part   string
	relation     string // its ID
}

// A spool is one sheet of problems.
type spool struct {
	file    *os.File
	packed  *bufio.Writer
	deflate *flate.Writer
	w       *bufio.Writer
	sum     hash.Hash32
	size    int64
	rows    int
}

func (v *overflow) close() {
	for _, s := range v.spools {
		if s.file != nil {
			_ = s.file.Close()
			_ = os.Remove(s.file.Name())
		}
	}
}

// add appends a row.
func (v *overflow) add(p *patcher, n note) error {
	if len(v.spools) == 0 || v.spools[len(v.spools)-1].rows == maxRows {
		s, err := newSpool()
		if s != nil {
			v.spools = append(v.spools, s)
		}
		if err != nil {
			return fmt.Errorf("workbook: sheet of problems: %w", err)
		}
		s.begin(p)
	}
	s := v.spools[len(v.spools)-1]
	s.rows++
	b := fmt.Appendf(nil, `<row r="%[1]d"><c r="A%[1]d"><v>%[2]d</v></c><c r="B%[1]d" t="inlineStr"><is><t>%[3]s</t></is></c><c r="C%[1]d" t="inlineStr"><is>`, s.rows, n.at.row, n.at)
	b = appendTextIn(b, "", n.text)
	b = append(b, `</is></c></row>`...)
	if _, err := s.w.Write(b); err != nil {
		return fmt.Errorf("workbook: sheet of problems: %w", err)
	}
	return nil
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "meibo-problems-*")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f, packed: bufio.NewWriterSize(f, 64<<10), sum: crc32.NewIEEE()}
	if s.deflate, err = flate.NewWriter(s.packed, packing); err != nil {
		return s, err
	}
	s.w = bufio.NewWriterSize(io.MultiWriter(s.deflate, s.sum, (*tally)(&s.size)), 64<<10)
	return s, nil
}

// A tally counts the bytes that are written to it.
type tally int64

func (c *tally) Write(b []byte) (int, error) {
	*c += tally(len(b))
	return len(b), nil
}

// begin writes what comes before the rows, and the heading.
func (s *spool) begin(p *patcher) {
	b := []byte(xmlDeclaration + `<worksheet xmlns="` + p.mainSpace() + `"><sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
		`<cols><col min="1" max="2" width="10" customWidth="1"/><col min="3" max="3" width="100" customWidth="1"/></cols><sheetData><row r="1">`)
	for i, text := range p.o.Overflow.Header {
		b = append(b, `<c r="`+Letters(i)+`1" t="inlineStr"><is>`...)
		b = append(appendTextIn(b, "", text), `</is></c>`...)
	}
	_, _ = s.w.Write(append(b, `</row>`...)) // an error comes back from the flush
	s.rows = 1
}

// write ends the sheet and writes it as the part of that name.
func (s *spool) write(p *patcher, name string) error {
	_, _ = s.w.WriteString(`</sheetData></worksheet>`)
	if err := errors.Join(s.w.Flush(), s.deflate.Close(), s.packed.Flush()); err != nil {
		return fmt.Errorf("workbook: sheet of problems: %w", err)
	}
	length, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("workbook: sheet of problems: %w", err)
	}
	w, err := p.zip.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch, CRC32: s.sum.Sum32(),
		CompressedSize64: uint64(length), UncompressedSize64: uint64(s.size)})
	if err != nil {
		return fmt.Errorf("workbook: begin %s: %w", name, err)
	}
	if _, err := io.Copy(w, io.NewSectionReader(s.file, 0, length)); err != nil {
		return fmt.Errorf("workbook: write %s: %w", name, err)
	}
	return nil
}

// lookAtOverflow finds the sheets of problems of an earlier copy.
func (p *patcher) lookAtOverflow() error {
	if !p.annotates() || p.o.Overflow.Name == "" {
		return nil
	}
	for i, sheet := range p.b.sheets {
		if i == p.o.Sheet || !p.namesProblems(sheet.Name) {
			continue
		}
		ours, err := p.listsProblems(sheet.part)
		if err != nil {
			return err
		}
		if ours {
			p.overflow.earlier = append(p.overflow.earlier, tab{part: sheet.part})
		}
	}
	if len(p.overflow.earlier) == 0 {
		return nil
	}
	if err := p.readTabs(); err != nil {
		return err
	}
	for i, e := range p.overflow.earlier {
		for _, t := range p.overflow.tabs {
			if t.part == e.part {
				p.overflow.earlier[i] = t
			}
		}
	}
	return nil
}

var numbered = regexp.MustCompile(` \(\d+\)$`)

// namesProblems reports whether a sheet of problems could have that name.
func (p *patcher) namesProblems(name string) bool {
	base := numbered.ReplaceAllString(name, "")
	if foldTab(base) == foldTab(newTab(p.o.Overflow.Name, map[string]bool{})) {
		return true
	}
	return p.o.Overflow.Drop != nil && (p.o.Overflow.Drop(name) || p.o.Overflow.Drop(base))
}

// listsProblems reports whether a sheet looks like ours: below the heading, the
// first cell is the number of a row, and the second a cell in that row. A sheet
// with nothing but our heading is ours too.
func (p *patcher) listsProblems(part string) (bool, error) {
	l := &listLooker{}
	err := p.scan(part, l.read)
	if isDamage(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	wanted := map[int]string{}
	for _, c := range l.cells {
		if c.shared {
			wanted[number([]byte(c.text))] = ""
		}
	}
	if err := p.sharedTexts(wanted); err != nil {
		return false, err
	}
	var rows [2][]string
	for _, c := range l.cells {
		if c.shared {
			c.text = wanted[number([]byte(c.text))]
		}
		rows[c.row-1] = append(rows[c.row-1], c.text)
	}
	if len(rows[1]) == 0 {
		return equalTexts(rows[0], p.o.Overflow.Header), nil
	}
	if len(rows[0]) != len(p.o.Overflow.Header) || len(rows[1]) < 2 {
		return false, nil
	}
	at, ok := parseRef([]byte(rows[1][1]))
	return ok && strconv.Itoa(at.row) == rows[1][0], nil
}

func equalTexts(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
