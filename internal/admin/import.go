package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"go.opentelemetry.io/otel/attribute"

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
	digest := sha256.New()
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
	if err := p.whole(ctx); err != nil {
		return err
	}
	return p.keepFile(ctx, f, u)
}

// named warns where the name of the file says another format than its content.
func (p *planner) named(f sheet.Format) {
	said := map[string]sheet.Format{".csv": sheet.CSV, ".tsv": sheet.CSV, ".txt": sheet.CSV, ".xlsx": sheet.XLSX, ".xlsm": sheet.XLSX}
	if by, ok := said[strings.ToLower(path.Ext(p.imp.FileName))]; ok && by != f {
		p.warnings = append(p.warnings, problem.New(problem.FileNamedOtherwise, "format", strings.ToUpper(string(f)), "file", p.imp.FileName))
	}
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

// A rowBatch is some rows of a file on their way into the plan.
type rowBatch struct {
	drafts []plan.Draft
	found  *lookup
	offset int64 // in the file, of the last row
	rows   int64 // so far
	err    error // that reading ended with, behind the rows of the batches before
}

// rows reads, looks up, decides and stores rows, each step beside the others. What
// ends one of them goes the way of the rows, so that of several problems of a file it
// is always the first that is told.
func (p *planner) rows(ctx context.Context, f *sheet.File, size int64) error {
	group, ctx := errgroup.WithContext(ctx)
	read, looked, full := make(chan *rowBatch), make(chan *rowBatch), make(chan []plan.Change) // without room: each batch takes memory
	used, stored := make(chan *rowBatch, 3), make(chan []plan.Change, 2)                       // to be used again: as many as there may be
	group.Go(func() error {
		defer close(read)
		return p.read(ctx, f, used, func(b *rowBatch) error { return send(ctx, read, b) })
	})
	group.Go(func() error {
		defer close(looked)
		var env *plan.Env
		for b := range read {
			if b.err == nil {
				if env == nil { // the header made it
					env = p.env.Beside()
				}
				b.found, b.err = p.lookup(ctx, env, b.drafts)
			}
			if err := send(ctx, looked, b); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		defer close(full)
		for b := range looked {
			if b.err != nil {
				return b.err
			}
			changes, err := p.decideAll(ctx, b.drafts, b.found, roomFrom(stored))
			if err != nil {
				return err
			}
			p.progress(Progress{Step: "reading", Done: b.offset, Total: size, Rows: b.rows})
			b.found = nil
			giveBack(used, b)
			if err := send(ctx, full, changes); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for changes := range full {
			lease := p.s.now().Add(lease).UnixMicro()
			if err := p.s.db.AddChanges(ctx, &p.imp, changes, lease); err != nil {
				return err
			}
			giveBack(stored, changes)
		}
		return nil
	})
	return group.Wait()
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveBack and roomFrom hand room on that is to be used again, if there is any.
func giveBack[T any](to chan<- T, v T) {
	select {
	case to <- v:
	default:
	}
}

func roomFrom[T any](from <-chan T) (room T) {
	select {
	case room = <-from:
	default:
	}
	return room
}

// read turns rows into batches of drafts and hands them over.
func (p *planner) read(ctx context.Context, f *sheet.File, used <-chan *rowBatch, hand func(*rowBatch) error) error {
	var env *plan.Env
	next := func() *rowBatch {
		b := roomFrom(used)
		if b == nil {
			b = &rowBatch{drafts: make([]plan.Draft, 0, batch)}
		}
		b.drafts = b.drafts[:0]
		return b
	}
	b := next()
	for row, err := range f.Rows(ctx) {
		if err == nil && env == nil {
			if err = p.header(ctx, row, f); err == nil {
				env = p.env.Beside()
				continue
			}
		}
		if err != nil {
			return hand(&rowBatch{err: err})
		}
		p.imp.Rows++
		b.drafts = b.drafts[:len(b.drafts)+1]
		env.Read(&b.drafts[len(b.drafts)-1], row)
		b.offset, b.rows = row.Offset, p.imp.Rows
		if len(b.drafts) < batch {
			continue
		}
		if b.err = env.Err(); b.err != nil {
			return hand(b)
		}
		if err := hand(b); err != nil {
			return err
		}
		b = next()
	}
	if env == nil {
		return hand(&rowBatch{err: problem.New(problem.FileEmpty)})
	}
	if b.err = env.Err(); b.err == nil && len(b.drafts) == 0 {
		return nil
	}
	return hand(b)
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

// decide looks up who a batch of drafts is about, decides them, and hands the
// changes over.
func (p *planner) decide(ctx context.Context, drafts []plan.Draft, store func([]plan.Change) error) error {
	if len(drafts) == 0 {
		return nil
	}
	found, err := p.lookup(ctx, p.env, drafts)
	if err != nil {
		return err
	}
	changes, err := p.decideAll(ctx, drafts, found, nil)
	if err != nil {
		return err
	}
	return store(changes)
}

// decideAll decides a batch of drafts. The changes are put into room.
func (p *planner) decideAll(ctx context.Context, drafts []plan.Draft, found *lookup, room []plan.Change) ([]plan.Change, error) {
	changes := slices.Grow(room[:0], len(drafts))[:len(drafts)]
	for i := range drafts {
		if p.imp.Layout == plan.Memberships {
			changes[i] = p.env.DecideMembership(&drafts[i], found.of(&drafts[i]))
		} else {
			changes[i] = p.env.Decide(&drafts[i], found.of(&drafts[i]))
		}
	}
	if err := p.env.Err(); err != nil {
		return nil, err
	}
	if limit := p.a.Org.Settings.Count(plan.PasswordsMax); int64(p.env.TypedPasswords()) > limit {
		return nil, problem.Of(problem.TooLarge, problem.PasswordsTooMany, "limit", strconv.FormatInt(limit, 10))
	}
	if err := hashPasswords(ctx, p.s.cost, changes); err != nil {
		return nil, err
	}
	if err := p.keepFiles(ctx, changes); err != nil {
		return nil, err
	}
	for i := range changes {
		p.tally.Add(&changes[i])
		p.repeats.Add(&changes[i])
	}
	return changes, nil
}

// hashPasswords hashes typed passwords on all cores: each takes tens of
// milliseconds, which is their point (P6).
func hashPasswords(ctx context.Context, cost member.PasswordCost, changes []plan.Change) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i := range changes {
		clear := changes[i].TakePassword()
		if clear == "" || !changes[i].Action.Applies() {
			continue
		}
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			changes[i].Secret, err = cost.Hash(clear)
			return err
		})
	}
	return group.Wait()
}
