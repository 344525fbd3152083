package plan

import (
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// An Actor is who makes the plan, as far as the rules need to know. Package
// admin decides what the fields are.
type Actor struct {
	ID            int64 // member ID; 0 for the operator of the machine
	Owner         bool  // may change owners
	Administrator bool  // may give roles, permissions and policies
	Members       bool  // may change members
	Invitations   bool  // may invite
}

// An Env is everything that deciding rows depends on beside the row and the
// members it is about. It is used by one goroutine.
type Env struct {
	Options  Options
	Mapping  *Mapping
	Masters  *Masters
	Settings Settings
	Actor    Actor
	Zone     *time.Location
	Now      int64 // microseconds UTC

	// RoundTrip returns what a text looks like once written in the charset of
	// the file and read again (F13); nil for charsets that hold everything.
	RoundTrip func(string) string
	// Bases reads the tokens of the _base column; nil if the file has none.
	Bases *BaseKey
	// RandomVerifier returns the verifier of the random password of a change;
	// nil if random passwords are not wanted.
	RandomVerifier func(seq int64) string
	// NewGroup reserves a group that applying the plan will create; nil if
	// unknown groups are problems.
	NewGroup func(name string) (member.Group, error)

	// Files finds what a cell of a file field names among the files that came with
	// the table (G3); nil if none came. id is the member's, 0 for somebody new.
	Files func(f *member.Field, id int64, cell string) (BroughtFile, error)
	// Lost reports whether a file is no longer kept, by its key; nil but for an undo.
	Lost func(key string) bool

	// Own says that a member changes what is theirs, or that somebody accepts an
	// invitation: nobody else's file or page.
	Own bool

	// Undone are the FieldIDs of the plan that is turned back; nil but for an undo.
	Undone map[string]int64

	chosen []int64 // Options.Groups as IDs
	seq    int64
	number map[Action]int64 // ordinals given out
	typed  int              // passwords typed in the file so far

	agree, disagree int   // tokens of _base that name the member their row is about, or another
	err             error // of NewGroup, or cells without a header; ends the plan

	parsers []*member.Parser // of Masters.Fields, made on first use
}

// Err returns the error that ended deciding, if any.
func (e *Env) Err() error { return e.err }

// Beside returns an environment for another goroutine, which reads rows and finds out
// what they need, while e decides. It is called before that begins. It has an error of its own.
func (e *Env) Beside() *Env {
	other := *e
	if e.Bases != nil {
		other.Bases = e.Bases.clone()
	}
	return &other
}

// Choose resolves the groups chosen for the upload. Its problems are
// GroupUnknown and GroupDisabled.
func (e *Env) Choose() error {
	for _, name := range e.Options.Groups {
		id, known := e.group(name)
		switch {
		case e.err != nil:
			return e.err
		case !known:
			return problem.New(problem.GroupUnknown, "value", name, "create", e.canCreate(name, int64(e.Mapping.Line)))
		case !e.Masters.enabled(id):
			return problem.New(problem.GroupDisabled, "value", name)
		}
		e.chosen = append(e.chosen, id)
	}
	return nil
}

// group finds a group by ID or name, or reserves it where that is wanted.
func (e *Env) group(name string) (int64, bool) {
	if id, ok := e.Masters.Group(name); ok {
		return id, true
	}
	if e.NewGroup == nil || !member.ValidGroupName(name) || e.err != nil {
		return 0, false
	}
	g, err := e.NewGroup(name)
	if err != nil {
		e.err = err
		return 0, false
	}
	e.Masters.AddGroup(g)
	return g.ID, true
}

// ordinal gives the next number among the changes of an action.
func (e *Env) ordinal(a Action) int64 {
	if e.number == nil {
		e.number = map[Action]int64{}
	}
	n := e.number[a]
	e.number[a] = n + 1
	return n
}

// Ordinals returns how many ordinals were given to new members and new invitations.
func (e *Env) Ordinals() (creates, invites int64) { return e.number[Create], e.number[Invite] }

// A Found is what the roll knows of who a draft may be about.
type Found struct {
	ByID, ByEmail, ByLogin *member.Member // nil if nobody; ByID may be withdrawn
	WithdrawnBy            int64          // import that withdrew ByID; 0 if unknown
	Invitation             *Invitation    // the open one to the draft's address
	Past                   *member.Member // what the member was at the version of _base, if it moved
	Owned                  bool           // only the member may change name and e-mail (I3)
}
