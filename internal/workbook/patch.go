package workbook

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/klauspost/compress/flate"

	"meibo/internal/problem"
)

// A Mark is what is written beside one row, and what is wrong in it.
type Mark struct {
	Line  int      // the number of the row
	Cells []string // of the added columns, in the order of PatchOptions.Header
	Bad   []Bad
}

// A Bad cell is filled and gets a note.
type Bad struct {
	Column int    // from 0
	Note   string // empty: it is only filled
}

// PatchOptions say what is changed in the copy of a workbook. The zero
// PatchOptions change nothing but that signatures are left out.
type PatchOptions struct {
	Sheet      int // index in Book.Sheets
	HeaderLine int // the number of the header's row; 0 is the first row that has a text

	// Header names the added columns; nil adds none. They stand behind the last
	// column in use, or where an earlier copy had them.
	Header []string

	// Drop knows the headers of the columns that an earlier copy added: they are
	// emptied, and used again for Header. nil knows none.
	Drop func(header string) bool

	// Blank are the columns, from 0, emptied below the header: passwords. Nothing
	// of them is left in the file, in shared strings, formulas and links neither.
	Blank []int

	// Author is who the notes are by. What an earlier copy added is known by it
	// and removed: notes, fills and the sheet of problems. Empty: no cell is
	// filled, nothing is noted or removed.
	Author string

	// Notes is how many notes there may be. What is beyond goes to the sheet that
	// Overflow describes.
	Notes    int
	Overflow Overflow
}

// Overflow describes the sheet of problems. Its rows are the number of the row,
// the cell, as in C5, and the text of the note.
type Overflow struct {
	Name   string   // made valid, and numbered where it is taken
	Header []string // three texts

	// Drop knows the names that the sheet had in earlier copies, beside Name.
	// nil knows none. A sheet that does not look like ours is never touched.
	Drop func(name string) bool
}

// Patch copies the workbook to w. Only what o says is changed: every other part
// is copied as it is, packed, and of the sheet every byte that is not of a
// changed cell (in UTF-8, if it was in UTF-16). Signatures are left out, as they
// would not hold.
//
// Bad cells keep their style but for the fill, which is a light red; cells that
// are good now get back the fill they had. A cell with a note of the person keeps
// it and gets none.
//
// marks are in the order of lines; nil is none. A mark for a line on which no row
// below the header is is an error: nothing is lost silently. Where the workbook
// cannot be given back, for what is in it, the problem is WorkbookOnlyTable;
// others are those of [Book.Rows]. After an error the copy is no archive.
func (b *Book) Patch(ctx context.Context, w io.Writer, o PatchOptions, marks iter.Seq2[Mark, error]) error {
	if o.Sheet < 0 || o.Sheet >= len(b.sheets) {
		return fmt.Errorf("workbook: no sheet %d among %d", o.Sheet, len(b.sheets))
	}
	if marks == nil {
		marks = func(func(Mark, error) bool) {}
	}
	next, stop := iter.Pull2(marks)
	defer stop()
	p := &patcher{
		b: b, ctx: ctx, o: o, part: b.sheets[o.Sheet].part, zip: zip.NewWriter(w), next: next,
		written: map[*zip.File]bool{}, taken: map[string]bool{}, gone: map[string]bool{},
		cut: map[string]map[string]bool{},
	}
	deflate, err := flate.NewWriter(io.Discard, packing)
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	p.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate.Reset(w) // one for all parts: they are packed one after the other
		return deflate, nil
	})
	defer p.overflow.close()
	return p.run()
}

// A patcher is one run of Patch.
type patcher struct {
	b    *Book
	ctx  context.Context // of one call of Patch, and not kept longer
	o    PatchOptions
	part string // the sheet
	zip  *zip.Writer
	next func() (Mark, error, bool)

	survey   survey
	styles   formatTable
	notes    notes
	overflow overflow
	blanked  blanked

	written map[*zip.File]bool // entries that the copy has, or that are left out
	taken   map[string]bool    // names of new parts, normalised
	gone    map[string]bool    // parts that are left out, normalised
	types   []partType         // of new parts
	links   []link             // new relations

	relations map[string]map[string]relationship // of the archive, the workbook and the sheet, by their IDs
	cut       map[string]map[string]bool         // of them, those that go
}

// annotates reports whether cells are filled and noted, and what an earlier copy
// added is removed.
func (p *patcher) annotates() bool { return p.o.Author != "" }

// run looks first at what is there, so that nothing is known too late, and
// writes the sheet before the parts that depend on what it needs.
func (p *patcher) run() error {
	steps := []func() error{
		p.look, p.lookAtLinks, p.lookAtStyles, p.lookAtNotes, p.lookAtOverflow,
		p.writeRoot, p.patchSheet,
		p.writeStyles, p.writeNotes, p.writeOverflow, p.writeStrings, p.writeRelations, p.writeTypes,
		p.copyRest,
	}
	for _, step := range steps {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	if err := p.zip.Close(); err != nil {
		return fmt.Errorf("workbook: end: %w", err)
	}
	return nil
}

// copyRest copies every entry that was not written yet, packed as it is.
func (p *patcher) copyRest() error {
	for _, f := range p.b.c.zip.File {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if err := p.copyEntry(f); err != nil {
			return err
		}
	}
	return nil
}

// copyEntry copies an entry as it is, unless it was written already or goes.
func (p *patcher) copyEntry(f *zip.File) error {
	if p.written[f] || p.gone[partName(f.Name)] {
		return nil
	}
	p.written[f] = true
	if err := p.zip.Copy(f); err != nil {
		return fmt.Errorf("workbook: copy %s: %w", f.Name, err)
	}
	return nil
}

// onlyTable is the problem of a workbook that can be read, but not be given back.
func onlyTable(reason string) error {
	return problem.New(problem.WorkbookOnlyTable, "reason", reason)
}
