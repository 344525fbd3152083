package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// A keeping is what became of keeping a file.
type keeping struct {
	key      string // where it is kept, or begins to be; empty if it is not
	warnings []problem.Problem
}

// keepFile keeps the uploaded file with the import, sealed, for its report as
// the person's own file (A5, A8). Columns of passwords are emptied before.
func (p *planner) keepFile(ctx context.Context, f *sheet.File, u Upload) (k keeping, err error) {
	p.progress(Progress{Step: "keeping"})
	blank := p.imp.Header.Passwords()
	// Two databases may share a folder by accident: a random part keeps names apart.
	name := fmt.Sprintf("import-%d-%d-%s", p.imp.Org, p.imp.ID, rand.Text())
	if err := p.s.db.NameFile(ctx, &p.imp, name); err != nil {
		return k, wrap("name file", err)
	}
	k.key = name
	err = p.s.kept.keep(ctx, name, func(w io.Writer) error {
		if len(blank) == 0 {
			_, err := io.Copy(w, io.NewSectionReader(u.Content, 0, u.Size))
			return err
		}
		return f.Rewrite(ctx, w, sheet.RewriteOptions{HeaderLine: p.imp.Header.Line, Blank: blank}, nil)
	})
	var only problem.Problem
	if errors.As(err, &only) && only.Code == problem.WorkbookOnlyTable {
		// Passwords cannot be taken out of such a workbook: it is not kept, and the person is told.
		return keeping{warnings: []problem.Problem{only}}, nil
	}
	if err != nil {
		return k, fmt.Errorf("keep file of import %d: %w", p.imp.ID, err)
	}
	p.progress(Progress{Step: "keeping", Done: u.Size, Total: u.Size})
	return k, nil
}
