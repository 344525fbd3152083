package admin

import (
	"context"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A SettingNow is a setting and its value.
type SettingNow struct {
	plan.Setting
	Value string
}

// subscription are the settings that only owners change (G7).
var subscription = []string{plan.SeatsBase, plan.SeatPrice}

// OfSubscription reports whether a setting is one of the subscription, which only
// owners change.
func OfSubscription(name string) bool { return slices.Contains(subscription, name) }

// Settings lists all settings in the order in which they are shown.
func (s *Service) Settings(ctx context.Context, a Actor) ([]SettingNow, error) {
	if err := a.may(member.SettingsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	org, err := s.db.Organisation(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	list := plan.SettingList()
	all := make([]SettingNow, len(list))
	for i, x := range list {
		all[i] = SettingNow{x, org.Settings.Get(x.Name)}
	}
	return all, nil
}

// Setting returns one setting. Its problem is SettingUnknown.
func (s *Service) Setting(ctx context.Context, a Actor, name string) (SettingNow, error) {
	all, err := s.Settings(ctx, a)
	if err != nil {
		return SettingNow{}, err
	}
	i := slices.IndexFunc(all, func(x SettingNow) bool { return x.Name == name })
	if i < 0 {
		return SettingNow{}, problem.Of(problem.NotFound, problem.SettingUnknown, "name", name)
	}
	return all[i], nil
}

// SetSetting changes one setting. Its problems are SettingUnknown,
// SettingMalformed, and OwnerOnly for those of the subscription.
func (s *Service) SetSetting(ctx context.Context, a Actor, name, value string) (SettingNow, error) {
	refused, err := s.EditOrganisation(ctx, a, OrganisationEdit{Settings: map[string]string{name: value}})
	if err != nil {
		return SettingNow{}, err
	}
	if p, is := refused[name]; is {
		return SettingNow{}, p
	}
	return s.Setting(ctx, a, name)
}
