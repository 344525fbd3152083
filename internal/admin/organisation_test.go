package admin_test

import (
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestNameZoneAndSettingsOfTheOrganisationChangeTogetherOrNotAtAll(t *testing.T) {
	each(t, func(h *house) {
		_, _, err := h.svc.SetUp(t.Context(), admin.NewOrganisation{Name: "Other", OwnerEmail: "o@o.example", OwnerName: "O", Zone: time.UTC})
		h.must(err)
		h.owner, err = h.svc.Operator(t.Context(), h.owner.Org.Code)
		h.must(err)
		name, zone := "新しい名前", "Europe/Paris"
		for _, tt := range []struct {
			name, zone, days string
			refused          map[string]problem.Code
		}{
			{"Other", zone, "9", map[string]problem.Code{admin.OrganisationName: problem.OrganisationExists}},
			{"other", "Local", "x", map[string]problem.Code{admin.OrganisationName: problem.OrganisationExists, admin.OrganisationZone: problem.TimeZoneUnknown, plan.InvitationDays: problem.SettingMalformed}},
			{"a\nb", "", "9", map[string]problem.Code{admin.OrganisationName: problem.TitleInvalid, admin.OrganisationZone: problem.TimeZoneUnknown}},
			{name, zone, "9", nil},
		} {
			refused, err := h.svc.EditOrganisation(t.Context(), h.owner, admin.OrganisationEdit{Name: &tt.name, Zone: &tt.zone, Settings: map[string]string{plan.InvitationDays: tt.days}})
			h.must(err)
			if len(refused) != len(tt.refused) {
				t.Errorf("%q: refused %v", tt.name, refused)
			}
			for what, code := range tt.refused {
				if refused[what].Code != code {
					t.Errorf("%s: %v, want %s", what, refused[what], code)
				}
			}
			now, err := h.svc.Operator(t.Context(), h.owner.Org.Code)
			h.must(err)
			if done := now.Org.Name == name && now.Org.Zone.String() == zone && now.Org.Settings.Get(plan.InvitationDays) == "9"; done != (tt.refused == nil) {
				t.Errorf("%q: organisation = %+v", tt.name, now.Org)
			}
		}
	})
}

func TestG7_TheNameOfTheOrganisationIsForOwnersAndItsZoneForWhoWritesSettings(t *testing.T) {
	each(t, func(h *house) {
		writer, reader := h.writer("w@x.example", nil, []string{"settings"}), h.writer("reader@x.example", []string{"settings"}, nil)
		name, zone := "New", "UTC"
		_, err := h.svc.EditOrganisation(t.Context(), writer, admin.OrganisationEdit{Name: &name})
		h.refused(err, problem.OwnerOnly)
		_, err = h.svc.EditOrganisation(t.Context(), reader, admin.OrganisationEdit{Zone: &zone})
		h.refused(err, problem.ActorForbidden)
		refused, err := h.svc.EditOrganisation(t.Context(), writer, admin.OrganisationEdit{Zone: &zone})
		h.must(err)
		if now, err := h.svc.Operator(t.Context(), ""); err != nil || len(refused) > 0 || now.Org.Zone.String() != "UTC" {
			t.Errorf("refused %v; zone %v, %v", refused, now.Org.Zone, err)
		}
	})
}

func TestI1_InvitationsAndMailsComeInPagesOfOlderOnes(t *testing.T) {
	each(t, func(h *house) {
		h.invite("a@y.example", "b@y.example", "c@y.example")
		is, total, err := h.svc.Invitations(t.Context(), h.owner, store.InvitationQuery{Limit: 1, Before: 3})
		h.must(err)
		if total != 3 || len(is) != 1 || is[0].Email != "b@y.example" {
			t.Errorf("%d invitations: %+v", total, is)
		}
		ms, total, err := h.svc.Mails(t.Context(), h.owner, store.MailQuery{Limit: 9, Before: 2})
		h.must(err)
		if total != 3 || len(ms) != 1 || ms[0].To != "a@y.example" {
			t.Errorf("%d mails: %+v", total, ms)
		}
		_, err = h.svc.PlanInvite(t.Context(), h.owner, nil, false)
		h.refused(err, problem.AddressesMissing)
		_, err = h.svc.PlanCancel(t.Context(), h.owner, nil)
		h.refused(err, problem.AddressesMissing)
		_, err = h.svc.Resend(t.Context(), h.owner, nil, nil)
		h.refused(err, problem.AddressesMissing)
	})
}
