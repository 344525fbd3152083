// Package admin is what a person may do. It is the only place that asks
// whether they may; every door (command line, pages, APIs) stands on it.
//
// It does not know HTTP, HTML or flags.
package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Config says where a Service keeps things.
type Config struct {
	Database string // path of an SQLite file, or postgres://…
	// Key returns the instance's key, 32 bytes (see LoadKey). It is called after
	// the database was found; it may make a key for a new database only.
	Key    func(mayMake bool) ([]byte, error)
	Files  string           // where files are kept: a folder, or s3://… (see [openStorage])
	MustBe bool             // the database must be there already: a mistyped path makes no empty one
	Now    func() time.Time // nil: the machine's clock

	// PasswordCost is what passwords that people choose cost; nil: [member.FullCost].
	// Tests of something else pay less.
	PasswordCost *member.PasswordCost

	// Settled is told of every import that was planned or applied, or came to
	// nothing, after the commit, and how long that took; nil: nobody is. It is called
	// by several goroutines and must not wait.
	Settled func(imp store.Import, took time.Duration)
}

// A Service does what people ask for. It is safe for concurrent use.
type Service struct {
	db    *store.DB
	key   []byte
	files storage
	// filesReady is when files could be reached last, see [Service.FilesReady].
	filesReady atomic.Int64
	kept       keptFiles
	now        func() time.Time

	cost   member.PasswordCost
	hashes chan struct{} // has room for the passwords that are looked at at once

	uploads keptFiles // that were brought and not sent yet

	blobs   blobs  // files of fields
	blobKey []byte // what they are sealed with

	wake    chan struct{} // has room for one: there is a new task
	working atomic.Int32  // calls of Work

	settled func(store.Import, time.Duration)

	demoMaking sync.Mutex // one at a time finishes a demo organisation
}

// Open opens the database and checks that the key is the one it was made with.
func Open(ctx context.Context, c Config) (*Service, error) {
	if c.MustBe && !store.Exists(c.Database) {
		return nil, problem.Of(problem.NotFound, problem.DatabaseMissing, "file", Redact(c.Database))
	}
	db, err := store.Open(ctx, c.Database)
	if err != nil {
		return nil, err
	}
	s, err := newService(ctx, c, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func newService(ctx context.Context, c Config, db *store.DB) (*Service, error) {
	check, err := db.KeyCheck(ctx)
	if err != nil {
		return nil, err
	}
	key, err := c.Key(check == nil)
	if err != nil {
		return nil, err
	}
	files, err := openStorage(ctx, c.Files)
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, key: key, now: c.Now, files: files, kept: keptFiles{in: files, key: deriveKey(key, "kept files")},
		hashes: make(chan struct{}, runtime.GOMAXPROCS(0)), wake: make(chan struct{}, 1)}
	if s.cost = member.FullCost; c.PasswordCost != nil {
		s.cost = *c.PasswordCost
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.settled = c.Settled; s.settled == nil {
		s.settled = func(store.Import, time.Duration) {}
	}
	s.uploads = keptFiles{in: files, folder: uploadFolder, key: deriveKey(key, "uploads")}
	s.blobKey = deriveKey(key, "files of members")
	s.blobs = keptBlobs{in: files, key: s.blobKey, now: s.now}
	return s, s.checkKey(ctx)
}

// Close closes the database.
func (s *Service) Close() error { return s.db.Close() }

func (s *Service) checkKey(ctx context.Context) error {
	have, err := s.db.KeyCheck(ctx)
	if err != nil {
		return err
	}
	if have == nil {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return tx.SetKeyCheck(ctx, keyCheck(s.key), s.micros()) }); err != nil {
			return err
		}
		if have, err = s.db.KeyCheck(ctx); err != nil {
			return err
		}
	}
	if !bytes.Equal(have, keyCheck(s.key)) {
		return problem.Of(problem.Conflict, problem.KeyMismatch)
	}
	return nil
}

// micros is the time as it is stored.
func (s *Service) micros() int64 { return s.now().UnixMicro() }

// An Actor is who asks. Make one with [Service.Operator] or [Service.As].
type Actor struct {
	Org      store.Organisation
	MemberID int64 // 0 for the operator of the machine
	owner    bool
	admin    bool
	access   member.Access
	groups   []int64 // that the member is in, ascending
}

// Operator returns the operator of the machine in the organisation with the
// given code or name, with an owner's rights. With one organisation the code
// may be empty. Its problems are NotSetUp, OrganisationNeeded and
// OrganisationUnknown.
func (s *Service) Operator(ctx context.Context, code string) (Actor, error) {
	org, err := s.organisation(ctx, code)
	return operatorOf(org), err
}

// Operators returns the operator of the machine in every organisation, for what
// concerns the database as a whole. Its problem is NotSetUp.
func (s *Service) Operators(ctx context.Context) ([]Actor, error) {
	all, err := s.db.Organisations(ctx)
	if err == nil && len(all) == 0 {
		err = problem.Of(problem.NotFound, problem.NotSetUp)
	}
	actors := make([]Actor, len(all))
	for i, o := range all {
		actors[i] = operatorOf(o)
	}
	return actors, err
}

func operatorOf(o store.Organisation) Actor {
	return Actor{Org: o, owner: true, admin: true, access: member.FullAccess}
}

func (s *Service) organisation(ctx context.Context, code string) (store.Organisation, error) {
	all, err := s.db.Organisations(ctx)
	if err != nil {
		return store.Organisation{}, err
	}
	codes := make([]string, 0, len(all))
	for _, o := range all {
		if code != "" && (o.Code == code || o.Name == code) {
			return o, nil
		}
		codes = append(codes, o.Code)
	}
	switch {
	case len(all) == 0:
		return store.Organisation{}, problem.Of(problem.NotFound, problem.NotSetUp)
	case code != "":
		return store.Organisation{}, problem.Of(problem.NotFound, problem.OrganisationUnknown, "name", code)
	case len(all) > 1:
		return store.Organisation{}, problem.New(problem.OrganisationNeeded, "known", strings.Join(codes, "\n"))
	}
	return all[0], nil
}

// As returns the member with the given e-mail address or login ID, with exactly
// that member's rights (G5, G7). Its problem is ActorUnknown.
func (s *Service) As(ctx context.Context, operator Actor, address string) (Actor, error) {
	key := member.FoldKey(member.Trim(address))
	for _, by := range []member.Attribute{member.Email, member.LoginID} {
		found, err := s.db.MembersByKey(ctx, operator.Org.ID, by, []string{key})
		if err != nil {
			return Actor{}, err
		}
		if m := found[key]; m != nil {
			return s.actor(ctx, operator.Org, m)
		}
	}
	return Actor{}, problem.Of(problem.NotFound, problem.ActorUnknown, "value", address)
}

func (s *Service) actor(ctx context.Context, org store.Organisation, m *member.Member) (Actor, error) {
	masters, err := s.db.Masters(ctx, org.ID)
	if err != nil {
		return Actor{}, err
	}
	return actorOf(org, m, masters), nil
}

// actorByID returns the member with an ID as they are now, or the operator of the
// machine. Who is no member any more has no right at all.
func (s *Service) actorByID(ctx context.Context, org store.Organisation, id int64) (Actor, error) {
	if id == 0 {
		return operatorOf(org), nil
	}
	found, err := s.db.MembersByID(ctx, org.ID, []int64{id})
	if err != nil {
		return Actor{}, err
	}
	if m := found[id]; m != nil && m.State == member.Active {
		return s.actor(ctx, org, m)
	}
	return Actor{Org: org, MemberID: id}, nil
}

func actorOf(org store.Organisation, m *member.Member, masters *plan.Masters) Actor {
	a := Actor{Org: org, MemberID: m.ID, owner: m.Role.IsOwner(), admin: m.Permission == member.Admin, access: org.DefaultAccess, groups: m.Groups}
	switch {
	case a.admin || a.owner:
		a.admin, a.access = true, member.FullAccess
	case m.RoleID != 0:
		a.access = masters.RoleAccess(m.RoleID)
	}
	return a
}

// may refuses what the actor has no right to (G5, G7).
func (a Actor) may(area member.Area, level member.Level) error {
	if a.access.Allows(area, level) {
		return nil
	}
	return problem.Of(problem.Forbidden, problem.ActorForbidden, "right", string(area))
}

// Allows reports whether the actor has an area open as far as a level, so that
// pages offer only what can be done. Methods ask for themselves.
func (a Actor) Allows(area member.Area, level member.Level) bool { return a.access.Allows(area, level) }

// Insist refuses what the actor has no right to, before a form is shown that only
// who has it can send (G7).
func (a Actor) Insist(area member.Area, level member.Level) error { return a.may(area, level) }

// IsOwner reports whether the actor may do what only owners may (G7).
func (a Actor) IsOwner() bool { return a.owner }

// IsAdministrator reports whether the actor may give roles, permissions and
// policies (G7). Owners are administrators.
func (a Actor) IsAdministrator() bool { return a.admin }

// mustOwn refuses what only owners may do (G7).
func (a Actor) mustOwn() error {
	if a.owner {
		return nil
	}
	return problem.Of(problem.Forbidden, problem.OwnerOnly)
}

// mustBeMember refuses the operator of the machine, who has no profile: everybody
// else may change what is theirs (I3).
func (a Actor) mustBeMember() error {
	if a.MemberID == 0 {
		return problem.Of(problem.Forbidden, problem.ProfileMembersOnly)
	}
	return nil
}

// rights are the actor's rights as planning needs them.
func (a Actor) rights() plan.Actor {
	return plan.Actor{ID: a.MemberID, Owner: a.owner, Administrator: a.admin,
		Members:     a.access.Allows(member.MembersArea, member.WriteAccess),
		Invitations: a.access.Allows(member.InvitationsArea, member.WriteAccess)}
}

// A Progress is how far a long piece of work is.
type Progress struct {
	Step  string // reading, checking, applying …: key of the catalogues under "progress."
	Done  int64  // bytes while reading a file, else rows or steps
	Total int64  // 0 if unknown
	Rows  int64  // read so far; 0 before and after reading a file
}

// wrap says what was being done when err came up; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
