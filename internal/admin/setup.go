package admin

import (
	"context"
	"strings"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A NewOrganisation is what setting up asks for.
type NewOrganisation struct {
	Code       string // empty: made from the name
	Name       string
	OwnerEmail string
	OwnerName  string
	// OwnerPassword is as typed; empty: the owner gets one by a link later.
	OwnerPassword string
	Zone          *time.Location
	Seats         *int64 // nil: unlimited
	Settings      plan.Settings
}

// SetUp makes an organisation and its primary owner. Its problem is
// OrganisationExists; those of the owner are the usual ones of a member.
//
// Whoever was interrupted calls it again with the same name: an organisation in
// which there never was a member gets its owner then (M3).
func (s *Service) SetUp(ctx context.Context, n NewOrganisation) (Actor, store.Import, error) {
	if n.Code == "" {
		n.Code = slug(n.Name)
	}
	if n.Settings == nil {
		n.Settings = plan.Settings{}
	}
	owner := draftOf(map[member.Attribute]string{member.Email: n.OwnerEmail, member.Name: n.OwnerName,
		member.SystemRole: member.PrimaryOwner.String()})
	if n.OwnerPassword != "" {
		owner.Set = owner.Set.With(member.Password)
		owner.Text[member.Password] = n.OwnerPassword // spaces are part of it
	}
	if err := s.checkOwner(n, owner); err != nil {
		return Actor{}, store.Import{}, err
	}
	org, err := s.found(ctx, n)
	if err != nil {
		return Actor{}, store.Import{}, err
	}
	actor := Actor{Org: org, owner: true, admin: true, access: member.FullAccess}
	imp, err := s.edit(ctx, actor, []plan.Draft{owner}, plan.Options{New: "register"})
	return actor, imp, err
}

// Unfinished returns the name of the only organisation if setting it up was broken
// off before its owner was made: [Service.SetUp] with that name goes on. Empty: there
// is none.
func (s *Service) Unfinished(ctx context.Context) (name string, err error) {
	all, err := s.db.Organisations(ctx)
	if err != nil || len(all) != 1 {
		return "", err
	}
	had, err := s.db.HadMembers(ctx, all[0].ID)
	if err != nil || had {
		return "", err
	}
	return all[0].Name, nil
}

// found stores the organisation, or finds the one that setting up began with.
func (s *Service) found(ctx context.Context, n NewOrganisation) (store.Organisation, error) {
	org := store.Organisation{Code: n.Code, Name: n.Name, Zone: n.Zone, Seats: n.Seats, Settings: n.Settings}
	all, err := s.db.Organisations(ctx)
	if err != nil {
		return org, err
	}
	for _, o := range all {
		if !clash(o, n) {
			continue
		}
		if o.Code == n.Code && o.Name == n.Name {
			org.ID, org.DefaultAccess = o.ID, o.DefaultAccess
			if begun, err := s.beginAgain(ctx, org); begun || err != nil {
				return org, err
			}
		}
		return org, problem.Of(problem.Conflict, problem.OrganisationExists, "name", n.Name)
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error { return tx.NewOrganisation(ctx, &org, s.micros()) })
	return org, err
}

// clash reports whether a code or name of the one could be taken for one of the
// other, where people write either ([Service.Operator]).
func clash(o store.Organisation, n NewOrganisation) bool {
	return o.Code == n.Code || o.Code == n.Name || o.Name == n.Code || o.Name == n.Name
}

// beginAgain gives an organisation without any member what was asked for now;
// begun is false if it has members.
func (s *Service) beginAgain(ctx context.Context, org store.Organisation) (begun bool, err error) {
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, org.ID); err != nil {
			return err
		}
		begun, err = tx.BeginAgain(ctx, org)
		return err
	})
	return begun, err
}

// checkOwner refuses a primary owner who could not be made, by the rules that
// will make them, before there is an organisation without one (M3).
func (s *Service) checkOwner(n NewOrganisation, owner plan.Draft) error {
	if _, err := member.ParseEmail(owner.Text[member.Email]); err != nil {
		return err
	}
	masters := &plan.Masters{}
	mapping := &plan.Mapping{}
	mapping.Reindex(masters)
	env := plan.Env{Options: plan.Options{New: "register", BadRows: "stop"}.ForLayout(plan.Register), Mapping: mapping, Masters: masters,
		Settings: n.Settings, Actor: plan.Actor{Owner: true, Administrator: true, Members: true, Invitations: true}, Zone: n.Zone, Now: s.micros()}
	env.Complete(&owner)
	if c := env.Decide(&owner, plan.Found{}); len(c.Problems) > 0 {
		return c.Problems[0]
	}
	return nil
}

// slug makes an organisation's code from its name: ASCII letters and digits,
// the rest as hyphens; "org" if nothing is left.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "org"
}
