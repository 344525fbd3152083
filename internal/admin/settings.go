package admin

import (
	"context"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A SettingNow is a setting and its value.
type SettingNow struct {
	plan.Setting
	Value string
}

// subscription are the settings that only owners change (G7).
var subscription = []string{plan.SeatsBase, plan.SeatPrice}

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
	if err := a.may(member.SettingsArea, member.WriteAccess); err != nil {
		return SettingNow{}, err
	}
	if slices.Contains(subscription, name) {
		if err := a.mustOwn(); err != nil {
			return SettingNow{}, err
		}
	}
	var now SettingNow
	err := s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if org.Settings, err = org.Settings.With(name, value); err != nil {
			return err
		}
		i := slices.IndexFunc(plan.SettingList(), func(x plan.Setting) bool { return x.Name == name })
		now = SettingNow{plan.SettingList()[i], org.Settings.Get(name)}
		return tx.SaveOrganisation(ctx, org)
	})
	return now, err
}
