// Package sheet reads and writes spreadsheet files: bytes on one side, rows of
// cells on the other. It judges files by their bytes, knows charsets, and treats
// every file as hostile.
//
// It does not know what a member is, which columns there are or what a cell
// means: cells come out as they stand in the file, neither trimmed nor checked.
package sheet

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"meibo/internal/problem"
	"meibo/internal/workbook"
)

// Limits are the most that a file may have (SPEC F11). A field that is zero is
// no limit. What goes beyond is a problem of kind TooLarge, never cut.
type Limits struct {
	FileBytes int64
	Rows      int64 // of a CSV, without the header and without blank rows
	SheetRows int64 // the same of a workbook
	Columns   int   // up to the last cell of a row that is not blank
	CellRunes int
	Book      workbook.Limits // what a workbook may come to, unpacked
}

// Options say how a file is to be read. The zero Options find out everything.
type Options struct {
	// Format is what the file must be; empty: what its bytes say. A file of another
	// format is FormatDiffers.
	Format Format

	// Sheet is the name of a visible worksheet, in any case; empty is the first
	// one that has a known header. Only workbooks have sheets.
	Sheet string

	// Charset is a name or label that CharsetName knows; empty or "auto" is by
	// the bytes. A byte order mark says more than what was chosen.
	Charset string

	// Delimiter is ',', ';' or '\t'; 0 is by the first line "sep=", or else by
	// the first rows.
	Delimiter rune

	Limits Limits

	// KnownHeader, if given, reports whether a cell, trimmed, is the header of a
	// known column. It helps to tell charsets and delimiters apart.
	KnownHeader func(cell string) bool
}

// A File is a file that has been looked at and can be read.
type File struct {
	Format Format
	Sheet  string // name of the worksheet; empty for a CSV, as the rest is for a workbook

	Charset        string   // one of Charsets
	CharsetGuessed bool     // by likelihood: the person should look at Sample
	Sample         []string // if guessed: up to five cells that are not plain ASCII
	BOM            bool     // begins with a byte order mark
	Delimiter      rune
	SepLine        bool   // the first line is sep= and the delimiter
	LineEnd        string // the first one, "\r\n", "\n" or "\r"; "\r\n" if there is none

	book  *workbook.Book // nil for a CSV
	sheet int            // index of the worksheet

	src    io.ReaderAt
	size   int64
	limits Limits
	body   int64 // where rows begin: behind the byte order mark and the line sep=
	line   int   // on which the first row begins
}

// Open looks at the bytes of a file of the given size and says how it is to be
// read. r is kept, and read again by every [File.Rows] and [File.Rewrite]. The
// caller closes the file.
//
// What cannot be read is a [problem.Problem]: FileEmpty, FileTooLarge,
// FileUnsupported, FormatDiffers, CharsetUnknown, CharsetUndetected,
// DelimiterUnknown, SheetUnknown, SheetHidden, SheetOfCSV or one of
// [workbook.Open]. Other errors are those of r.
func Open(r io.ReaderAt, size int64, o Options) (*File, error) {
	if max := o.Limits.FileBytes; max > 0 && size > max {
		return nil, problem.Of(problem.TooLarge, problem.FileTooLarge, "limit", strconv.FormatInt(max, 10))
	}
	r = io.NewSectionReader(r, 0, size)
	head, err := readHead(r, size)
	if err != nil {
		return nil, err
	}
	if isZip(head) {
		return openBook(r, size, o)
	}
	if err := sniff(r, size, head, o); err != nil {
		return nil, err
	}
	if o.Format == XLSX {
		return nil, problem.New(problem.FormatDiffers, "format", string(o.Format))
	}
	if o.Sheet != "" {
		return nil, problem.New(problem.SheetOfCSV, "name", o.Sheet)
	}
	f := &File{Format: CSV, src: r, size: size, limits: o.Limits, line: 1}
	if err := f.findCharset(head, o); err != nil {
		return nil, err
	}
	if err := f.findDelimiter(head, o); err != nil {
		return nil, err
	}
	return f, f.findRow()
}

// Close frees what is held beside the file's bytes, which stay the caller's.
func (f *File) Close() error {
	if f.book == nil {
		return nil
	}
	return f.book.Close()
}

// findRow refuses a file that has no row, and notes the first line end. Problems
// of the first row are left to those who read it.
func (f *File) findRow() error {
	f.LineEnd = "\r\n"
	r := f.reader()
	for first := true; ; first = false {
		rec, err := r.scan.next()
		if errors.Is(err, io.EOF) {
			return problem.New(problem.FileEmpty)
		}
		if p := (problem.Problem{}); errors.As(err, &p) {
			return nil
		}
		if err != nil {
			return err
		}
		if first && len(rec.end) > 0 {
			f.LineEnd = strings.ReplaceAll(string(rec.end), "\x00", "")
		}
		if rec.open.Code != "" || !r.isBlankRecord(rec) {
			return nil
		}
	}
}

// headSize is how much of a file is looked at to tell what it is.
const headSize = 64 << 10

func readHead(r io.ReaderAt, size int64) ([]byte, error) {
	head := make([]byte, min(size, headSize))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the beginning: %w", err)
	}
	if n == 0 {
		return nil, problem.New(problem.FileEmpty)
	}
	return head[:n], nil
}
