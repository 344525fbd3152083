package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
	"meibo/internal/workbook"
)

// HasOwnFile reports whether an import was made from a file whose rows were
// understood: such a file was kept with it, and can be given back as long as it
// is.
func HasOwnFile(imp store.Import) bool {
	unread := imp.Rows == 0 && (imp.State == store.Rejected || imp.State == store.Failed)
	return imp.Kind == store.FileImport && !unread
}

// OwnFile writes the person's own file with two more columns, result and reason
// (A5): charset, delimiter, quotes and line ends as they brought it, passwords
// emptied. Columns that an earlier report added are replaced. fallback, in
// English, speaks where the file's charset cannot hold what text says.
//
// Problems of the file as a whole are told at its first row; its warnings, as that a
// column is ignored, are about no row and stand on the page and in the table. Its
// problems are FileGone and FileDamaged.
func (s *Service) OwnFile(ctx context.Context, a Actor, imp store.Import, text, fallback Texter, w io.Writer) (err error) {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return err
	}
	kept, f, err := s.ownFile(ctx, imp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	header := func(t Texter) []string {
		return []string{t.Say("report.column.result"), t.Say("report.column.reason")}
	}
	return f.Rewrite(ctx, w, sheet.RewriteOptions{HeaderLine: imp.Header.Line, Drop: plan.AddedHeaders(),
		Header: header(text), HeaderFallback: header(fallback), Author: noteAuthor, Overflow: overflow(text)},
		s.marks(ctx, a, imp, text, fallback))
}

// noteAuthor is who the notes in a workbook are by, which is how they are known
// again when the workbook comes back.
const noteAuthor = "Meibo"

// overflow describes the sheet of problems of a workbook.
func overflow(text Texter) sheet.Overflow {
	name := text.Say("workbook.sheet.problems")
	return sheet.Overflow{Name: name,
		Header: []string{text.Say("report.column.line"), text.Say("report.column.cell"), text.Say("report.column.message")},
		Drop:   func(other string) bool { return slices.Contains(problemSheets, other) }}
}

// problemSheets are the names of the sheet of problems in all languages: a report
// in one may be followed by one in the other.
var problemSheets = []string{"Problems", "問題一覧"}

// ownFile opens the kept file of an import, to be read as it was when it was
// planned. The caller closes the first result.
func (s *Service) ownFile(ctx context.Context, imp store.Import) (*keptFile, *sheet.File, error) {
	kept, err := s.openKept(ctx, imp)
	if err != nil {
		return nil, nil, err
	}
	delimiter, err := delimiterOf(imp.Outcome.Delimiter)
	if err != nil {
		return nil, nil, errors.Join(err, kept.Close())
	}
	f, err := sheet.Open(kept, kept.Size(), sheet.Options{Format: imp.Header.Format, Sheet: imp.Outcome.Sheet, Charset: imp.Charset, Delimiter: delimiter})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("file of import %d: %w", imp.ID, err), kept.Close())
	}
	return kept, f, nil
}

// openKept opens the kept file of an import. Its problem is FileGone.
func (s *Service) openKept(ctx context.Context, imp store.Import) (*keptFile, error) {
	gone := problem.Of(problem.NotFound, problem.FileGone, "import", line(imp.ID))
	if imp.FileKey == "" {
		return nil, gone
	}
	kept, err := s.kept.open(ctx, imp.FileKey)
	if errors.Is(err, fs.ErrNotExist) {
		err = gone
	}
	return kept, err
}

// marks yields what is written beside each row of the file.
func (s *Service) marks(ctx context.Context, a Actor, imp store.Import, text, fallback Texter) iter.Seq2[sheet.Mark, error] {
	return func(yield func(sheet.Mark, error) bool) {
		whole, err := plan.ParseProblems(imp.Outcome.Problems)
		if err != nil {
			yield(sheet.Mark{}, err)
			return
		}
		for r, err := range s.Report(ctx, a, imp) {
			if err != nil {
				yield(sheet.Mark{}, err)
				return
			}
			if r.Line == 0 {
				continue
			}
			m := sheet.Mark{Line: int(r.Line), Cells: r.cells(imp, whole, text), Fallback: r.cells(imp, whole, fallback)}
			if imp.Header.Format == sheet.XLSX {
				m.Bad = r.bad(text)
			}
			if !yield(m, nil) {
				return
			}
			whole = nil
		}
	}
}

// bad are the cells that the row is rejected for, each with all its problems.
func (r ReportRow) bad(text Texter) []sheet.Bad {
	var bad []sheet.Bad
	for _, p := range r.Problems {
		column := workbook.Index(p.Place.Column)
		if column < 0 {
			continue
		}
		note := text.Problem(p)
		if i := slices.IndexFunc(bad, func(b sheet.Bad) bool { return b.Column == column }); i >= 0 {
			bad[i].Note += "\n" + note
			continue
		}
		bad = append(bad, sheet.Bad{Column: column, Note: note})
	}
	return bad
}

// cells are the two cells of a row: its result, and its reasons in one text,
// after those of the file.
func (r ReportRow) cells(imp store.Import, whole []problem.Problem, text Texter) []string {
	var reasons []string
	for _, ps := range [][]problem.Problem{whole, r.Problems, r.Notes} {
		for _, p := range ps {
			reason := text.Problem(p)
			if column := columnOf(p.Place); column != "" {
				reason = text.Say("report.reason", "column", column, "message", reason)
			}
			reasons = append(reasons, reason)
		}
	}
	return []string{r.Result(imp, text), strings.Join(reasons, " ")}
}
