package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"time"

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
	if u.Limits == (sheet.Limits{}) {
		set := a.Org.Settings
		u.Limits = sheet.Limits{FileBytes: set.Count(plan.LimitFileBytes), Rows: set.Count(plan.LimitRows),
			Columns: int(set.Count(plan.LimitColumns)), CellRunes: int(set.Count(plan.LimitCell))}
	}
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

// A planner makes one plan: from a file, an edit or an undo.
type planner struct {
	s        *Service
	a        Actor
	imp      store.Import
	masters  *plan.Masters
	env      *plan.Env
	tally    *plan.Tally
	progress func(Progress)
	problems []problem.Problem // of the file as a whole: nothing will be applied
	warnings []problem.Problem // of the file as a whole
	blocked  bool              // a problem of rows lets nothing be applied, whatever the layout
	secret   []byte            // of random passwords; nil if not wanted
	now      int64
	rest     func() // ends the signs of life
}

func (s *Service) newPlanner(ctx context.Context, a Actor, kind store.Kind, o plan.Options, progress func(Progress)) (*planner, error) {
	now := s.micros()
	if err := s.db.FailAbandoned(ctx, a.Org.ID, now); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	// The plan keeps whether mails of welcome were counted, whatever the setting is later.
	o.Welcome = o.Welcome || a.Org.Settings.Is(plan.WelcomeMails)
	p := &planner{s: s, a: a, masters: masters, progress: progress, now: now}
	p.imp = store.Import{Org: a.Org.ID, Kind: kind, ActorID: a.MemberID, Layout: o.Layout, Options: o, MastersVersion: masters.Version, CreatedAt: now}
	p.tally = plan.NewTally(o.Welcome, kind != store.FileImport)
	return p, nil
}

func (p *planner) start(ctx context.Context) error {
	p.imp.LeaseUntil = p.s.now().Add(lease).UnixMicro()
	if err := p.s.db.StartImport(ctx, &p.imp); err != nil {
		return wrap("start plan", err)
	}
	p.live(ctx)
	return nil
}

// live gives signs of life until p.rest is called: judging a large file as a
// whole may take longer than the lease. A sign that cannot be given is no error:
// the next write of the plan will find out.
func (p *planner) live(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p.rest = func() { cancel(); <-done }
	go func() {
		defer close(done)
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = p.s.db.KeepAlive(ctx, p.imp.Org, p.imp.ID, p.s.now().Add(lease).UnixMicro())
			case <-ctx.Done():
				return
			}
		}
	}()
}

// newEnv makes what deciding depends on. The layout's defaults must be in o.
func (p *planner) newEnv(o plan.Options, m *plan.Mapping) {
	p.imp.Options, p.imp.Layout = o, o.Layout
	p.env = &plan.Env{Options: o, Mapping: m, Masters: p.masters, Settings: p.a.Org.Settings, Actor: p.a.rights(),
		Zone: p.a.Org.Zone, Now: p.now}
	if m.Has(member.Base) {
		p.env.Bases = plan.NewBaseKey(p.s.key, p.a.Org.ID)
	}
}

// file plans a file. Problems of the file as a whole are collected, not returned.
func (p *planner) file(ctx context.Context, u Upload) error {
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(u.Content, 0, u.Size)); err != nil {
		return wrap("read file", err)
	}
	p.imp.FileSHA256 = digest.Sum(nil)
	o := p.imp.Options
	delimiter, err := delimiterOf(o.Delimiter)
	if err != nil {
		return err
	}
	f, err := sheet.Open(u.Content, u.Size, sheet.Options{Format: o.Format, Charset: o.Charset, Delimiter: delimiter, Limits: u.Limits,
		KnownHeader: plan.KnownHeader(p.masters.Fields)})
	if err != nil {
		return err
	}
	p.imp.Charset = f.Charset
	p.imp.Outcome.Guessed, p.imp.Outcome.Sample = f.CharsetGuessed, f.Sample
	p.imp.Outcome.Delimiter = string(f.Delimiter)
	if err := p.rows(ctx, f, u.Size); err != nil {
		return err
	}
	if err := p.whole(ctx); err != nil {
		return err
	}
	return p.keepFile(ctx, f, u)
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

// rows decides every row, and stores the changes beside deciding the next ones.
func (p *planner) rows(ctx context.Context, f *sheet.File, size int64) error {
	group, ctx := errgroup.WithContext(ctx)
	full := make(chan []plan.Change, 2)
	group.Go(func() error {
		for changes := range full {
			lease := p.s.now().Add(lease).UnixMicro()
			if err := p.s.db.AddChanges(ctx, p.imp.Org, p.imp.ID, changes, lease); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		defer close(full)
		return p.read(ctx, f, size, func(changes []plan.Change) error {
			select {
			case full <- changes:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	return group.Wait()
}

// read turns rows into drafts and hands over batches of decided changes.
func (p *planner) read(ctx context.Context, f *sheet.File, size int64, store func([]plan.Change) error) error {
	drafts := make([]plan.Draft, 0, batch)
	for row, err := range f.Rows(ctx) {
		if err != nil {
			return err
		}
		if p.env == nil {
			if err := p.header(ctx, row, f); err != nil {
				return err
			}
			continue
		}
		p.imp.Rows++
		drafts = append(drafts, p.env.Read(row))
		if len(drafts) == batch {
			if err := p.decide(ctx, drafts, store); err != nil {
				return err
			}
			p.progress(Progress{Step: "reading", Done: row.Offset, Total: size})
			drafts = drafts[:0]
		}
	}
	if p.env == nil {
		return problem.New(problem.FileEmpty)
	}
	return p.decide(ctx, drafts, store)
}

// header understands the first row, and with it the layout.
func (p *planner) header(ctx context.Context, row sheet.Row, f *sheet.File) error {
	if len(row.Problems) > 0 {
		return row.Problems[0]
	}
	o := p.imp.Options
	if o.Layout == "" {
		o.Layout = plan.Recognise(row.Cells, "csv")
	}
	o = o.ForLayout(o.Layout)
	mapping, warnings, problems := plan.MapHeader(row.Cells, row.Line, o, p.masters)
	p.warnings = append(p.warnings, warnings...)
	p.imp.Header, p.imp.Layout, p.imp.Options = *mapping, o.Layout, o
	if len(problems) > 0 {
		p.problems = append(p.problems, problems[1:]...)
		return problems[0]
	}
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
	return p.prepare(ctx, f.Charset)
}

// prepare completes the environment for what the options and the file ask for.
func (p *planner) prepare(ctx context.Context, charset string) error {
	o := p.env.Options
	encoder, err := sheet.NewEncoder(charset)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"utf-8", "utf-16le", "utf-16be"}, charset) {
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
	found, err := p.lookup(ctx, drafts)
	if err != nil {
		return err
	}
	changes := make([]plan.Change, len(drafts))
	for i := range drafts {
		if p.imp.Layout == plan.Memberships {
			changes[i] = p.env.DecideMembership(&drafts[i], found.of(&drafts[i]))
		} else {
			changes[i] = p.env.Decide(&drafts[i], found.of(&drafts[i]))
		}
	}
	if err := p.env.Err(); err != nil {
		return err
	}
	if limit := p.a.Org.Settings.Count(plan.PasswordsMax); int64(p.env.TypedPasswords()) > limit {
		return problem.Of(problem.TooLarge, problem.PasswordsTooMany, "limit", strconv.FormatInt(limit, 10))
	}
	if err := hashPasswords(ctx, changes); err != nil {
		return err
	}
	for i := range changes {
		p.tally.Add(&changes[i])
	}
	return store(changes)
}

// hashPasswords hashes typed passwords on all cores: each takes tens of
// milliseconds, which is their point (P6).
func hashPasswords(ctx context.Context, changes []plan.Change) error {
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
			changes[i].Secret, err = member.HashPassword(clear)
			return err
		})
	}
	return group.Wait()
}

// A lookup is what the roll knows of the members of a batch.
type lookup struct {
	env      *plan.Env
	byID     map[int64]*member.Member
	byEmail  map[string]*member.Member
	byLogin  map[string]*member.Member
	invited  map[string]*plan.Invitation
	past     map[int64]*member.Member
	deletion map[int64]int64 // member → import that withdrew them
}

func (p *planner) lookup(ctx context.Context, drafts []plan.Draft) (*lookup, error) {
	var ids []int64
	var emails, logins []string
	for i := range drafts {
		d := &drafts[i]
		if d.ID > 0 {
			ids = append(ids, d.ID)
		}
		if d.EmailKey != "" {
			emails = append(emails, d.EmailKey)
		}
		if d.LoginKey != "" {
			logins = append(logins, d.LoginKey)
		}
	}
	l := &lookup{env: p.env}
	db, org := p.s.db, p.imp.Org
	var err1, err2, err3, err4 error
	l.byID, err1 = db.MembersByID(ctx, org, ids)
	if p.env.Options.Matches(member.Email) {
		l.byEmail, err2 = db.MembersByKey(ctx, org, member.Email, emails)
	}
	if p.env.Options.Matches(member.LoginID) {
		l.byLogin, err3 = db.MembersByKey(ctx, org, member.LoginID, logins)
	}
	l.invited, err4 = db.OpenInvitations(ctx, org, emails)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	return l, p.history(ctx, l, drafts)
}

// history reads what members were at the versions that _base names, and who
// withdrew those that are gone.
func (p *planner) history(ctx context.Context, l *lookup, drafts []plan.Draft) error {
	versions := map[int64]int64{}
	var withdrawn []int64
	for i := range drafts {
		m := l.match(&drafts[i])
		if version, ok := p.env.NeedsPast(&drafts[i], m); ok {
			versions[m.ID] = version
		}
		if m != nil && m.State == member.Withdrawn {
			withdrawn = append(withdrawn, m.ID)
		}
	}
	var err1, err2 error
	l.past, err1 = p.s.db.PastMembers(ctx, p.imp.Org, l.current(versions), versions)
	l.deletion, err2 = p.s.db.WithdrawnBy(ctx, p.imp.Org, withdrawn)
	return errors.Join(err1, err2)
}

// match finds a draft's member as matching will: by ID, else e-mail, else login ID.
func (l *lookup) match(d *plan.Draft) *member.Member {
	if d.ID > 0 {
		return l.byID[d.ID]
	}
	if m := l.byEmail[d.EmailKey]; m != nil {
		return m
	}
	return l.byLogin[d.LoginKey]
}

func (l *lookup) current(versions map[int64]int64) map[int64]*member.Member {
	current := make(map[int64]*member.Member, len(versions))
	for id, m := range l.byID {
		if _, ok := versions[id]; ok {
			current[id] = m
		}
	}
	for _, byKey := range []map[string]*member.Member{l.byEmail, l.byLogin} {
		for _, m := range byKey {
			if _, ok := versions[m.ID]; ok {
				current[m.ID] = m
			}
		}
	}
	return current
}

func (l *lookup) of(d *plan.Draft) plan.Found {
	f := plan.Found{Invitation: l.invited[d.EmailKey]}
	if d.ID > 0 {
		f.ByID, f.WithdrawnBy = l.byID[d.ID], l.deletion[d.ID]
	}
	if d.EmailKey != "" {
		f.ByEmail = l.byEmail[d.EmailKey]
	}
	if d.LoginKey != "" {
		f.ByLogin = l.byLogin[d.LoginKey]
	}
	if m := l.match(d); m != nil {
		f.Past = l.past[m.ID]
	}
	return f
}

// end stores how planning ended. A problem of the file as a whole removes what
// was planned: nothing of such a file may be applied.
func (p *planner) end(ctx context.Context, err error) (store.Import, error) {
	p.rest()
	// Whatever happened, the import must not be left in state planning.
	ctx = context.WithoutCancel(ctx)
	var fatal problem.Problem
	switch {
	case errors.As(err, &fatal):
		p.problems = append([]problem.Problem{fatal}, p.problems...)
		err = p.forget(ctx, store.Rejected)
	case err != nil:
		return p.imp, errors.Join(err, p.forget(ctx, store.Failed), p.save(ctx))
	default:
		p.judge()
		p.sealSecret()
		if p.imp.Sum, err = p.s.db.Sum(ctx, p.imp.Org, p.imp.ID); err != nil {
			return p.imp, errors.Join(err, p.forget(ctx, store.Failed), p.save(ctx))
		}
	}
	return p.imp, errors.Join(err, p.save(ctx))
}

// forget removes the changes and what was counted of them.
func (p *planner) forget(ctx context.Context, state store.State) error {
	p.imp.State = state
	p.tally = plan.NewTally(false, false)
	p.imp.Rows, p.imp.Mails, p.imp.Creates, p.imp.Invites = 0, 0, 0, 0
	p.imp.Outcome.NewGroups = nil
	used, err := p.s.db.Seats(ctx, p.imp.Org, p.now)
	if err != nil {
		return err
	}
	p.fill(used, 0)
	return p.s.db.RemoveChanges(ctx, p.imp.Org, p.imp.ID)
}

func (p *planner) save(ctx context.Context) error {
	p.imp.LeaseUntil = 0
	return wrap(fmt.Sprintf("save import %d", p.imp.ID), p.s.db.SaveImport(ctx, &p.imp))
}
