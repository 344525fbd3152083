package web_test

import (
	"net/http"
	"strings"
	"testing"

	"meibo/internal/plan"
)

// settingNow is the value of a setting.
func (h *house) settingNow(name string) string {
	h.Helper()
	x, err := h.svc.Setting(h.Context(), h.owner, name)
	if err != nil {
		h.Fatal(err)
	}
	return x.Value
}

func TestEverySettingIsOnThePageOnceWithItsUnitDefaultAndMeaning(t *testing.T) {
	each(t, func(h *house) {
		a := h.as("owner").get("/settings").wants(h.T, http.StatusOK, "How long an invitation is valid. invitation_days · Default: 7 days", "Brakes: what needs acceptance", "limit_rows · Default: 5,000,000 rows", "limit_file_bytes · Default: 200 MB", "bytes = 200 MB")
		for _, x := range plan.SettingList() {
			if n := strings.Count(a.body, `name="set.`+x.Name+`"`); n != 1 {
				h.Errorf("%s is there %d times", x.Name, n)
			}
		}
	})
}

func TestSettingsAreSavedAsOneFormAndOnlyWhatWasChanged(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		h.setting(plan.FilesDays, "50") // somebody else, after the form was shown
		b.follow(b.post("/settings", "was.files_days", "90", "set.files_days", "90", "was.invitation_days", "7", "set.invitation_days", "14",
			"was.login_allowed_default", "1", "was.welcome_mails", "0", "set.welcome_mails", "1", "was.language", "en", "set.language", "ja",
			"was.name", "Acme", "set.name", "Ácme 社", "was.time_zone", "Asia/Tokyo", "set.time_zone", "Europe/Paris")).wants(h.T, http.StatusOK, "保存しました", "Ácme 社")
		for name, want := range map[string]string{plan.FilesDays: "50", plan.InvitationDays: "14", plan.LoginAllowedDefault: "0", plan.WelcomeMails: "1", plan.Language: "ja"} {
			if got := h.settingNow(name); got != want {
				h.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if owner, err := h.svc.Operator(h.Context(), ""); err != nil || owner.Org.Name != "Ácme 社" || owner.Org.Zone.String() != "Europe/Paris" {
			h.Errorf("organisation = %+v, %v", owner.Org, err)
		}
	})
}

func TestProblemsOfSettingsStandAtThemAndNothingIsSaved(t *testing.T) {
	each(t, func(h *house) {
		a := h.as("owner").post("/settings", "was.invitation_days", "7", "set.invitation_days", "soon", "was.files_days", "90", "set.files_days", "10",
			"was.time_zone", "Asia/Tokyo", "set.time_zone", "Mars/Base", "was.name", "Acme", "set.name", "",
			"was.base_url", "", "set.base_url", "nonsense", "was.sender", "", "set.sender", "nobody").
			wants(h.T, http.StatusUnprocessableEntity, "Nothing was saved: 5 settings need to be corrected.", "“nonsense” is no address of web pages. Write it from https://", "“nobody” is no e-mail address.", "“soon” is no whole number from 0 to 36,500", "no time zone “Mars/Base”")
		for _, part := range []string{`value="soon"`, `value="10"`, `value="Mars/Base"`, `aria-describedby="problem-invitation_days"`} {
			if !strings.Contains(a.body, part) {
				h.Errorf("the page has no %s", part)
			}
		}
		if got := h.settingNow(plan.FilesDays); got != "90" {
			h.Errorf("files_days = %s", got)
		}
	})
}

func TestG7_NameAndSubscriptionAreForOwners(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		a := b.get("/settings").wants(h.T, http.StatusOK, "Only owners change the subscription.")
		for _, name := range []string{"name", plan.SeatsBase, plan.SeatPrice} {
			if strings.Contains(a.body, `name="was.`+name+`"`) {
				h.Errorf("%s can be sent", name)
			}
			b.post("/settings", "was."+name, "1", "set."+name, "2").wants(h.T, http.StatusForbidden)
		}
		b.post("/settings", "was.invitation_days", "7", "set.invitation_days", "9").leadsTo(h.T, "/settings?said=changed")
	})
}
