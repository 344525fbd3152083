package admin_test

import (
	"strconv"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

func TestM6_SeatsAreTheBaseAndWhatIsBoughtAndNeverFewerThanInUse(t *testing.T) {
	each(t, func(h *house) {
		h.crowd(3, "remarks", "")
		h.offer("i@x.example", "", "") // 5 with the owner
		now, err := h.svc.Seats(t.Context(), h.owner)
		h.must(err)
		if now.Used != 5 || now.Limit != nil || now.Base != 15 || now.AddOn != 0 || now.Price != 500 {
			t.Errorf("seats = %+v", now)
		}
		four, five, forty := int64(4), int64(5), int64(40)
		_, err = h.svc.SetSeats(t.Context(), h.owner, &four)
		if values := h.refused(err, problem.SeatsBelowUse); values["use"] != "5" {
			t.Errorf("values = %v", values)
		}
		now, err = h.svc.SetSeats(t.Context(), h.owner, &forty)
		h.must(err)
		if now.AddOn != 25 || *now.Limit != 40 {
			t.Errorf("seats = %+v", now)
		}
		now, err = h.svc.SetSeats(t.Context(), h.owner, &five)
		h.must(err)
		if now.AddOn != 0 || now.Used != 5 {
			t.Errorf("seats = %+v", now)
		}
	})
}

func TestG7_OnlyOwnersChangeSeatsAndSubscriptionAndWhoMayImportSeesThem(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,system_permission\nadm@x.example,Adm,admin\n", plan.Options{Match: []string{"email"}})
		adm, importer := h.as("adm@x.example"), h.writer("w@x.example", nil, []string{"imports"})
		for _, a := range []string{"adm@x.example", "w@x.example"} {
			if now, err := h.svc.Seats(t.Context(), h.as(a)); err != nil || now.Used != 3 {
				t.Errorf("%s: seats = %+v, %v", a, now, err)
			}
		}
		_, err := h.svc.SetSeats(t.Context(), adm, nil)
		h.refused(err, problem.OwnerOnly)
		_, err = h.svc.SetSeats(t.Context(), importer, nil)
		h.refused(err, problem.OwnerOnly)
		_, err = h.svc.SetSetting(t.Context(), adm, plan.SeatPrice, "1")
		h.refused(err, problem.OwnerOnly)
		_, err = h.svc.SetSetting(t.Context(), adm, plan.InvitationDays, "9")
		h.must(err)
		_, err = h.svc.SetSeats(t.Context(), h.as("owner@acme.example"), nil)
		h.must(err)
	})
}

func TestSettingsAreReadAsTheyAreStoredAndEachAlone(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.svc.SetSetting(t.Context(), h.owner, "no_such", "1")
		h.refused(err, problem.SettingUnknown)
		_, err = h.svc.Setting(t.Context(), h.owner, "no_such")
		h.refused(err, problem.SettingUnknown)
		_, err = h.svc.SetSetting(t.Context(), h.owner, plan.InvitationDays, "-1")
		h.refused(err, problem.SettingMalformed)
		// Both with the same actor, who knows the organisation as it was.
		for name, value := range map[string]string{plan.InvitationDays: "9", plan.WelcomeMails: "true"} {
			_, err := h.svc.SetSetting(t.Context(), h.owner, name, value)
			h.must(err)
		}
		for name, want := range map[string]string{plan.InvitationDays: "9", plan.WelcomeMails: "1", plan.FilesDays: "90"} {
			if got, err := h.svc.Setting(t.Context(), h.owner, name); err != nil || got.Value != want {
				t.Errorf("%s = %q, %v, want %q", name, got.Value, err, want)
			}
		}
	})
}

func TestF4_MappingsAreSavedByName(t *testing.T) {
	each(t, func(h *house) {
		good := map[string]string{"Adresse": "email", "Nom": "name"}
		h.refused(h.svc.AddMapping(t.Context(), h.owner, "m", map[string]string{"Adresse": "e-mail"}), problem.MappingAttributeUnknown)
		h.refused(h.svc.AddMapping(t.Context(), h.owner, "m", nil), problem.MappingMalformed)
		h.refused(h.svc.EditMapping(t.Context(), h.owner, "m", good), problem.MappingUnknown)
		h.must(h.svc.AddMapping(t.Context(), h.owner, "m", good))
		h.refused(h.svc.AddMapping(t.Context(), h.owner, "m", good), problem.NameTaken)
		h.must(h.svc.EditMapping(t.Context(), h.owner, "m", map[string]string{"Courriel": "email", "Nom": "name"}))
		m, err := h.svc.Mapping(t.Context(), h.owner, "m")
		h.must(err)
		imp := h.plan("Courriel,Nom\nann@x.example,Ann\n", plan.Options{Map: m, Match: []string{"email"}})
		if got := counts(imp); got[0] != 1 {
			t.Errorf("counts = %v", got)
		}
		h.must(h.svc.DeleteMapping(t.Context(), h.owner, "m"))
		h.refused(h.svc.DeleteMapping(t.Context(), h.owner, "m"), problem.MappingUnknown)
		_, err = h.svc.Mapping(t.Context(), h.owner, "m")
		h.refused(err, problem.MappingUnknown)
	})
}

func TestF11_NoCountIsBeyondItsBoundWhichTheProblemTells(t *testing.T) {
	each(t, func(h *house) {
		for _, x := range plan.SettingList() {
			if x.Kind != plan.CountSetting {
				continue
			}
			_, err := h.svc.SetSetting(t.Context(), h.owner, x.Name, strconv.FormatInt(x.Most+1, 10))
			if values := h.refused(err, problem.SettingMalformed); x.Most == 0 || values["limit"] != strconv.FormatInt(x.Most, 10) {
				t.Errorf("%s: limit = %q, want %d", x.Name, values["limit"], x.Most)
			}
			_, err = h.svc.SetSetting(t.Context(), h.owner, x.Name, strconv.FormatInt(x.Most, 10))
			h.must(err)
		}
	})
}

// 999,999,999 days were taken once; in microseconds they are more than 64 bits.
func TestM7_TheLongestRetentionErasesNobodyAndLetsNoInvitationExpire(t *testing.T) {
	for _, days := range []string{"36500", "999999999"} {
		t.Run(days+" days", func(t *testing.T) {
			eachAt(t, func(h *house, url string) {
				h.set(url, `{"withdrawn_days":"`+days+`","files_days":"`+days+`","invitation_days":"`+days+`","passwords_days":"`+days+`"}`, "NULL")
				h.apply("email,name\nann@x.example,Ann\n", plan.Options{Match: []string{"email"}, RandomPassword: true})
				h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
				h.invite("bob@x.example")
				*h.now = h.now.AddDate(1, 0, 0)
				if got := h.sweepNow(); got != (admin.Swept{}) {
					t.Errorf("swept = %+v, want nothing", got)
				}
				if got := h.states(plan.InvitationOpen); got != "bob@x.example" {
					t.Errorf("open invitations = %q", got)
				}
			})
		})
	}
}
