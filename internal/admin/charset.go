package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// provingRows is how many rows of a file are read to prove its charset, of its first
// provingBytes: read in a wrong one, all of a file may be one row.
const (
	provingRows  = 500
	provingBytes = 2 << 20
)

// Charsets lists the charsets that files may be in, as [plan.Options] and [Export]
// name them.
func Charsets() []string { return sheet.Charsets() }

// openUploaded opens a file to read as the options of the plan say.
func (p *planner) openUploaded(ctx context.Context, u Upload) (*sheet.File, error) {
	o := p.imp.Options
	delimiter, err := delimiterOf(o.Delimiter)
	if err != nil {
		return nil, err
	}
	return p.openSheet(ctx, u, sheet.Options{Format: sheet.Format(o.Format), Sheet: o.Sheet, Charset: o.Charset, Delimiter: delimiter,
		Limits: u.Limits, KnownHeader: plan.KnownHeader(p.masters.Fields, o)})
}

// openSheet opens a file to read. Where its charset can only be guessed, the
// fingerprints of our own exports decide (F12, P9): a charset in which rows
// read just as they were exported is no guess.
func (p *planner) openSheet(ctx context.Context, u Upload, o sheet.Options) (*sheet.File, error) {
	f, err := sheet.Open(u.Content, u.Size, o)
	if err == nil && !f.CharsetGuessed || err != nil && !errors.Is(err, problem.New(problem.CharsetUndetected)) {
		return f, err
	}
	has, unread := p.hasFingerprints(u)
	if unread != nil {
		return nil, unread
	}
	if !has {
		return f, err
	}
	most := 0
	if f != nil {
		most = p.proofs(ctx, f)
	}
	best := ""
	for _, charset := range sheet.Charsets() {
		o.Charset = charset
		g, err := sheet.Open(u.Content, min(u.Size, provingBytes), o)
		if err != nil {
			continue // cannot be that charset
		}
		if n := p.proofs(ctx, g); n > most {
			best, most = charset, n
		}
	}
	if most == 0 {
		return f, err
	}
	if best != "" {
		o.Charset = best
		f, err = sheet.Open(u.Content, u.Size, o)
	}
	if f != nil {
		f.CharsetGuessed = false
	}
	return f, err
}

// hasFingerprints reports whether a column may have them. A file in CP932 from elsewhere
// would be read in ten charsets to find none, in UTF-16 as one row: a tenth of a second.
func (p *planner) hasFingerprints(u Upload) (bool, error) {
	if len(p.imp.Options.Map) > 0 {
		return true, nil // any header may be that of the column
	}
	head := make([]byte, min(u.Size, provingBytes))
	if _, err := u.Content.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read the beginning: %w", err)
	}
	name := []byte(member.Base.String())
	wide := bytes.Join(bytes.Split(name, nil), []byte{0}) // in UTF-16, of either order
	return bytes.Contains(head, name) || bytes.Contains(head, wide), nil
}

// proofs counts rows that read just as they were exported.
func (p *planner) proofs(ctx context.Context, f *sheet.File) int {
	var m *plan.Mapping
	key := plan.NewBaseKey(p.s.key, p.imp.Org)
	n, rows := 0, 0
	for row, err := range f.Rows(ctx) {
		if err != nil || rows > provingRows {
			break
		}
		rows++
		if m == nil {
			m, _, _ = plan.MapHeader(f.Format, row, p.imp.Options.ForLayout(p.imp.Options.Layout), p.masters)
			continue
		}
		if len(row.Problems) == 0 && key.Proves(m, row.Cells) {
			n++
		}
	}
	return n
}
