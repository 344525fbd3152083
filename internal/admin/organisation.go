package admin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// An OrganisationEdit is what is to change of an organisation; nil leaves.
type OrganisationEdit struct {
	Name     *string
	Zone     *string           // such as Asia/Tokyo
	Settings map[string]string // by name
}

// The names by which EditOrganisation tells what was refused, beside those of
// settings.
const (
	OrganisationName = "name"
	OrganisationZone = "time_zone"
)

// EditOrganisation changes name, time zone and settings: all of them, or nothing
// if any is refused, each of which is returned by its name. These are
// TitleInvalid and OrganisationExists of the name, TimeZoneUnknown,
// SettingUnknown and SettingMalformed.
//
// Whoever writes settings may do it; the name and the settings of the
// subscription are for owners (OwnerOnly).
func (s *Service) EditOrganisation(ctx context.Context, a Actor, e OrganisationEdit) (refused map[string]problem.Problem, err error) {
	if err := a.may(member.SettingsArea, member.WriteAccess); err != nil {
		return nil, err
	}
	if e.forOwners() {
		if err := a.mustOwn(); err != nil {
			return nil, err
		}
	}
	all, err := s.db.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if refused, err = e.change(&org, all); err != nil || len(refused) > 0 {
			return err
		}
		return tx.SaveOrganisation(ctx, org)
	})
	return refused, err
}

func (e OrganisationEdit) forOwners() bool {
	return e.Name != nil || slices.ContainsFunc(slices.Collect(maps.Keys(e.Settings)), OfSubscription)
}

// change makes the edit in org. What is refused changes nothing.
func (e OrganisationEdit) change(org *store.Organisation, all []store.Organisation) (map[string]problem.Problem, error) {
	refused := map[string]problem.Problem{}
	note := func(name string, err error) error {
		var p problem.Problem
		if !errors.As(err, &p) {
			return err
		}
		refused[name] = p
		return nil
	}
	if e.Name != nil {
		if err := note(OrganisationName, e.rename(org, all)); err != nil {
			return nil, err
		}
	}
	if e.Zone != nil {
		zone, err := ParseZone(*e.Zone)
		if err := note(OrganisationZone, err); err != nil {
			return nil, err
		}
		org.Zone = zone
	}
	for _, name := range slices.Sorted(maps.Keys(e.Settings)) {
		next, err := org.Settings.With(name, e.Settings[name])
		if err != nil {
			if err := note(name, err); err != nil {
				return nil, err
			}
			continue
		}
		org.Settings = next
	}
	return refused, nil
}

// rename refuses what could be taken for another organisation, as setting up does.
func (e OrganisationEdit) rename(org *store.Organisation, all []store.Organisation) error {
	name, err := member.ParseTitle(*e.Name)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID != org.ID && (o.Name == name || o.Code == name) {
			return problem.Of(problem.Conflict, problem.OrganisationExists, "name", name)
		}
	}
	org.Name = name
	return nil
}

// ParseZone reads the name of a time zone of the IANA database, such as
// Asia/Tokyo. Anything else is TimeZoneUnknown: "Local", too, which is another
// one on each machine.
func ParseZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, problem.New(problem.TimeZoneUnknown, "value", name)
	}
	return zone, nil
}
