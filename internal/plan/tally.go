package plan

import (
	"meibo/internal/member"
	"meibo/internal/problem"
)

// Counts are changes by action, indexed by [Action].
type Counts [Reject + 1]int64

// Applied returns how many changes applying the plan carries out.
func (c Counts) Applied() int64 { return c[Create] + c[Invite] + c[Update] + c[Delete] }

// A Brake stops a plan until its number is accepted (P21).
type Brake struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	Limit int64  `json:"limit"`
}

// The kinds of brakes.
const (
	DeletesBrake     = "deletes"
	MailsBrake       = "mails"
	OwnersBrake      = "owners"
	ClearedBrake     = "cleared"
	WidenedBrake     = "widened"
	MembershipsBrake = "memberships"
)

// BrakeKinds lists all kinds, as --accept takes them.
var BrakeKinds = []string{DeletesBrake, MailsBrake, OwnersBrake, ClearedBrake, WidenedBrake, MembershipsBrake}

// A Tally counts what the changes of a plan come to. Add every change; when
// one is turned into a reject later, Remove it as it was and Add it as it is.
type Tally struct {
	Counts Counts // of changes that have a line, and of all changes of an undo
	Absent Counts // of changes that have none: members absent from a full sync
	Seats  int64  // seats taken (positive) or freed
	Mails  int64
	// Cancelled are invitations cancelled on their own, which count as deletes.
	Cancelled int64

	NeedOwner, NeedAdministrator int64 // changes that only such may make (G7)

	Problems int64 // of all rows, each counted
	Warnings int64 // notes of all rows, each counted
	Codes    Codes // how often each code is a problem of a row
	Noted    Codes // how often each is a note

	primary int64 // primary owners more than before
	movers  int64 // rows that make or unmake one
	named   int64 // rows that name an existing member
	owners  int64
	widened int64
	grouped int64            // members losing a group by the chosen groups
	cleared map[string]int64 // rows that clear an attribute or field

	welcome bool // new members with an address get a mail
	undo    bool // changes have no lines, but are what is counted
}

// Codes says how often each code is there; none has the count 0.
type Codes map[problem.Code]int64

// Add counts problems, or takes them back where by is negative.
func (n Codes) Add(ps []problem.Problem, by int64) {
	for _, p := range ps {
		if n[p.Code] += by; n[p.Code] == 0 {
			delete(n, p.Code)
		}
	}
}

// NewTally makes an empty tally. welcome says whether new members get a mail.
func NewTally(welcome, undo bool) *Tally {
	return &Tally{welcome: welcome, undo: undo, cleared: map[string]int64{}, Codes: Codes{}, Noted: Codes{}}
}

// Add counts c.
func (t *Tally) Add(c *Change) { t.count(c, 1) }

// Remove takes back what Add counted of c.
func (t *Tally) Remove(c *Change) { t.count(c, -1) }

func (t *Tally) count(c *Change, by int64) {
	if c.Line > 0 || t.undo {
		t.Counts[c.Action] += by
	} else {
		t.Absent[c.Action] += by
	}
	if c.MemberID > 0 && c.Version > 0 && (c.Line > 0 || t.undo) {
		t.named += by
	}
	t.Problems += by * int64(len(c.Problems))
	t.Warnings += by * int64(len(c.Notes))
	t.Codes.Add(c.Problems, by)
	t.Noted.Add(c.Notes, by)
	t.mails(c, by)
	t.Seats += by * seatsTaken(c)
	if c.Action == Delete && c.MemberID == 0 {
		t.Cancelled += by
	}
	t.hazards(c, by)
	if c.Action == Update {
		t.clearing(c, by)
	}
	if n := c.PrimaryOwners(); n != 0 {
		t.primary += by * n
		t.movers += by
	}
}

func (t *Tally) mails(c *Change, by int64) {
	switch {
	case c.InvitationOp == OpenInvitation:
		t.Mails += by
	case c.Action == Create && c.Version == 0 && t.welcome && c.After.Email != "":
		t.Mails += by
	}
}

// seatsTaken returns how many seats c takes; negative if it frees some (M6).
func seatsTaken(c *Change) int64 {
	seats := int64(0)
	switch {
	case c.Action == Create:
		seats++
	case c.Action == Delete && c.MemberID > 0:
		seats--
	}
	switch c.InvitationOp {
	case OpenInvitation, ReopenInvitation:
		seats++
	case CancelInvitation, CloseInvitation:
		seats--
	}
	return seats
}

func (t *Tally) hazards(c *Change, by int64) {
	if c.Hazards&TouchesOwner != 0 {
		t.owners += by
	}
	if c.Hazards&NeedsOwner != 0 {
		t.NeedOwner += by
	}
	if c.Hazards&NeedsAdministrator != 0 {
		t.NeedAdministrator += by
	}
	if c.Hazards&ClearsGroups != 0 {
		t.cleared[member.Groups.String()] += by
	}
	if c.Hazards&WidensAccess != 0 {
		t.widened += by
	}
	if c.Hazards&LosesGroup != 0 {
		t.grouped += by
	}
}

// clearing counts attributes that had a value and will have none.
func (t *Tally) clearing(c *Change, by int64) {
	emptied := func(a member.Attribute, before, after bool) {
		if c.Mask.Has(a) && before && !after {
			t.cleared[a.String()] += by
		}
	}
	b, n := &c.Before, &c.After
	emptied(member.Email, b.Email != "", n.Email != "")
	emptied(member.LoginID, b.LoginID != "", n.LoginID != "")
	emptied(member.LoginUntil, b.LoginUntil != "", n.LoginUntil != "")
	emptied(member.BrandPolicy, b.PolicyID != 0, n.PolicyID != 0)
	emptied(member.Role, b.RoleID != 0, n.RoleID != 0)
	emptied(member.Remarks, b.Remarks != "", n.Remarks != "")
	emptied(member.DisplayOrder, b.DisplayOrder != 0, n.DisplayOrder != 0)
	if !c.Mask.Has(member.Fields) {
		return
	}
	for identifier, value := range b.Fields {
		if value != "" && n.Fields[identifier] == "" {
			t.cleared[identifier] += by
		}
	}
}

// PrimaryOwners returns how many primary owners more there are after c: 1, 0 or -1.
func (c *Change) PrimaryOwners() int64 {
	was := c.Action == Update && c.Mask.Has(member.SystemRole) && c.Before.Role == member.PrimaryOwner
	will := (c.Action == Update && c.Mask.Has(member.SystemRole) || c.Action == Create) && c.After.Role == member.PrimaryOwner
	switch {
	case will && !was:
		return 1
	case was && !will:
		return -1
	}
	return 0
}

// PrimaryOwnerProblem returns the problem of every row that takes part when
// there will not be exactly one primary owner (P14); those are the rows of which
// [Change.PrimaryOwners] is not 0. had is how many there are now.
func (t *Tally) PrimaryOwnerProblem(had int64) (problem.Problem, bool) {
	switch n := had + t.primary; {
	case n == 1 || t.movers == 0:
		return problem.Problem{}, false
	case n < 1:
		return problem.New(problem.PrimaryOwnerNone), true
	default:
		return problem.New(problem.PrimaryOwnerMany, "count", number(n)), true
	}
}

// SeatProblem returns the problem of a plan that needs more seats than there
// are (P16). A plan that takes none is never stopped by it.
func (t *Tally) SeatProblem(used int64, limit *int64) (problem.Problem, bool) {
	if limit == nil || t.Seats <= 0 || used+t.Seats <= *limit {
		return problem.Problem{}, false
	}
	return problem.New(problem.SeatsMissing, "missing", number(used+t.Seats-*limit), "limit", number(*limit)), true
}

// Brakes returns what must be accepted before the plan is applied (P21).
// members is how many there are now. held says that mails are kept back. The
// deletions of a full sync are always confirmed by number (P19).
func (t *Tally) Brakes(s Settings, members int64, held, sync bool) []Brake {
	brakes := []Brake{}
	add := func(kind string, count, limit int64) {
		if count > limit {
			brakes = append(brakes, Brake{kind, count, limit})
		}
	}
	deletes := t.Counts[Delete] + t.Absent[Delete]
	limit := max(s.Count(BrakeDeletes), members*s.Count(BrakeDeletesPercent)/100)
	if sync && t.Absent[Delete] > 0 {
		limit = 0
	}
	add(DeletesBrake, deletes, limit)
	if !held {
		add(MailsBrake, t.Mails, s.Count(BrakeMails))
	}
	add(OwnersBrake, t.owners, s.Count(BrakeOwners))
	most := int64(0)
	for _, n := range t.cleared {
		most = max(most, n)
	}
	add(ClearedBrake, most, max(s.Count(BrakeCleared), t.named/2))
	add(WidenedBrake, t.widened, s.Count(BrakeWidened))
	add(MembershipsBrake, t.grouped, s.Count(BrakeMemberships))
	return brakes
}
