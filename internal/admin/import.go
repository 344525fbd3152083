package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// An Upload is a file that somebody brings.
type Upload struct {
	Name    string // as the person knows it; only its last element is kept
	Content io.ReaderAt
	Size    int64
	Limits  sheet.Limits // zero: those of the organisation's settings

	Files     io.ReaderAt // zip with the files that cells of file fields name; nil if none came
	FilesSize int64
}

// batch is how many rows are looked up at once while planning: larger ones save
// nothing (measured: ADVICE, 2.7 to 6 µs a key at 2,000), smaller ones cost a
// round trip each.
const batch = 2000

// lease is how long a plan that is being made is taken for alive after its last
// sign of life; it gives one every beat.
const (
	lease = 5 * time.Minute
	beat  = time.Minute
)

// dayMicros is a day in microseconds.
const dayMicros = int64(24 * time.Hour / time.Microsecond)

// Plan makes the plan of a file and applies nothing. Whatever is wrong with the
// file is in the import it returns, in state rejected; errors are of other
// kinds: no right to import, no database.
func (s *Service) Plan(ctx context.Context, a Actor, u Upload, o plan.Options, progress func(Progress)) (store.Import, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	if _, err := s.Sweep(ctx, a); err != nil {
		return store.Import{}, err
	}
	p, err := s.newPlanner(ctx, a, store.FileImport, o, progress)
	if err != nil {
		return store.Import{}, err
	}
	p.imp.FileName = baseName(u.Name)
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	u.Limits = uploadLimits(a, u)
	return p.end(ctx, p.file(ctx, u))
}

// baseName is the last element of a path, of Windows or not.
func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' || path[i] == '\\' {
			return path[i+1:]
		}
	}
	return path
}

// file plans a file. Problems of the file as a whole are collected, not returned.
func (p *planner) file(ctx context.Context, u Upload) (err error) {
	ctx, span := traced(ctx, "plan", aboutImport(p.imp.Org, p.imp.ID, string(p.imp.Kind))...)
	defer func() {
		span.SetAttributes(attribute.Int64("meibo.rows", p.imp.Rows))
		span.end(err)
	}()
	digest := sha256.New() // first: a file in a bucket is read in order or slowly
	if _, err := io.Copy(digest, io.NewSectionReader(u.Content, 0, u.Size)); err != nil {
		return wrap("read file", err)
	}
	p.imp.FileSHA256 = digest.Sum(nil)
	if err := p.openFiles(u); err != nil {
		return err
	}
	f, err := p.openUploaded(ctx, u)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	p.imp.Charset = f.Charset
	p.imp.Outcome.Guessed, p.imp.Outcome.Sample = f.CharsetGuessed, f.Sample
	p.imp.Outcome.Sheet = f.Sheet
	if f.Delimiter != 0 {
		p.imp.Outcome.Delimiter = string(f.Delimiter)
	}
	p.named(f.Format)
	if err := p.rows(ctx, f, u.Size); err != nil {
		return err
	}
	return p.wholeBesideKeeping(ctx, f, u)
}

// wholeBesideKeeping judges the file as a whole while it is being kept.
func (p *planner) wholeBesideKeeping(ctx context.Context, f *sheet.File, u Upload) error {
	var told sync.Mutex // both tell how far they are
	progress := p.progress
	p.progress = func(at Progress) {
		told.Lock()
		defer told.Unlock()
		progress(at)
	}
	group, beside := errgroup.WithContext(ctx)
	var k keeping
	group.Go(func() (err error) {
		k, err = p.keepFile(beside, f, u)
		return err
	})
	group.Go(func() error { return p.whole(beside) })
	err := group.Wait()
	p.imp.FileKey = k.key
	p.warnings = append(p.warnings, k.warnings...)
	p.fillWarnings()
	return err
}

// named warns where the name of the file says another format than its content.
func (p *planner) named(f sheet.Format) {
	if said := FormatNamed(p.imp.FileName); said != "" && said != f {
		p.warnings = append(p.warnings, problem.New(problem.FileNamedOtherwise, "format", strings.ToUpper(string(f)), "file", p.imp.FileName))
	}
}

// FormatNamed returns the format that the ending of a file's name says; empty if it
// says none.
func FormatNamed(name string) sheet.Format {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		return sheet.CSV
	case ".xlsx", ".xlsm":
		return sheet.XLSX
	}
	return ""
}

// CheckDelimiter refuses a word that is no delimiter.
func CheckDelimiter(s string) error {
	_, err := delimiterOf(s)
	return err
}

func delimiterOf(s string) (rune, error) {
	switch s {
	case "", "auto":
		return 0, nil
	case ",", "comma":
		return ',', nil
	case ";", "semicolon":
		return ';', nil
	case "\t", `\t`, "tab":
		return '\t', nil
	}
	return 0, problem.New(problem.DelimiterUnknown, "delimiter", s)
}

// header understands the first row, and with it the layout.
func (p *planner) header(ctx context.Context, row sheet.Row, f *sheet.File) error {
	mapping, err := p.understand(row, f.Format)
	if err != nil {
		return err
	}
	o := p.imp.Options
	if err := o.Check(); err != nil {
		return err
	}
	if o.Sync && !mapping.Has(member.MemberID) && len(o.Match) == 0 {
		return problem.New(problem.SyncNoKey)
	}
	p.newEnv(o, mapping)
	if err := p.sameFile(ctx); err != nil {
		return err
	}
	return p.prepare(ctx, f)
}

// understand finds the layout, unless it was chosen, and what the columns mean.
// Of several problems it returns the first, and notes the others.
func (p *planner) understand(row sheet.Row, f sheet.Format) (*plan.Mapping, error) {
	if len(row.Problems) > 0 {
		return nil, row.Problems[0]
	}
	o := p.imp.Options
	if o.Layout == "" {
		o.Layout = plan.Recognise(row.Cells, f)
		if o.Layout == plan.Register && plan.HasInvitationColumns(row.Cells) {
			p.warnings = append(p.warnings, problem.New(problem.LayoutMaybeInvitation).At(problem.Place{Line: row.Line}))
		}
	}
	o = o.ForLayout(o.Layout)
	mapping, warnings, problems := plan.MapHeader(f, row, o, p.masters)
	p.warnings = append(p.warnings, warnings...)
	p.imp.Header, p.imp.Layout, p.imp.Options = *mapping, o.Layout, o
	if len(problems) > 0 {
		p.problems = append(p.problems, problems[1:]...)
		return mapping, problems[0]
	}
	return mapping, nil
}

// prepare completes the environment for what the options and the file ask for.
func (p *planner) prepare(ctx context.Context, f *sheet.File) error {
	o := p.env.Options
	if !slices.Contains([]string{"", "utf-8", "utf-16le", "utf-16be"}, f.Charset) {
		encoder, err := sheet.NewEncoder(f.Charset)
		if err != nil {
			return err
		}
		p.env.RoundTrip = encoder.RoundTrip
	}
	if o.CreateGroups {
		if err := p.a.may(member.GroupsArea, member.WriteAccess); err != nil {
			return err
		}
		p.env.NewGroup = func(name string) (member.Group, error) { return p.reserveGroup(ctx, name) }
	}
	if err := p.env.Choose(); err != nil {
		return err
	}
	if o.RandomPassword {
		p.secret = make([]byte, 32)
		if _, err := rand.Read(p.secret); err != nil {
			return err
		}
		p.env.RandomVerifier = func(seq int64) string { return member.RandomVerifier(member.RandomPassword(p.secret, seq)) }
	}
	return nil
}

func (p *planner) reserveGroup(ctx context.Context, name string) (member.Group, error) {
	id, err := p.s.db.ReserveGroup(ctx, p.imp.Org)
	if err != nil {
		return member.Group{}, err
	}
	g := member.Group{ID: id, Name: name, Enabled: true}
	p.imp.Outcome.NewGroups = append(p.imp.Outcome.NewGroups, g)
	return g, nil
}
