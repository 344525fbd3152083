package web

import (
	"net/http"
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var settingRoutes = []route{
	{http.MethodGet, "/settings", reading(member.SettingsArea), (*request).settings},
	{http.MethodPost, "/settings", writing(member.SettingsArea), (*request).saveSettings},
}

// A part of the page of settings. The keys of the titles end with its name.
type settingsPart struct {
	Name     string
	Settings []string
}

// settingsParts are the parts in the order of the page; settings that none of
// them names are in a last one.
var settingsParts = []settingsPart{
	{"organisation", []string{plan.Language}},
	{"members", []string{plan.LoginAllowedDefault, plan.PeopleOwnProfile, plan.RolesMax}},
	{"mails", []string{plan.BaseURL, plan.Sender, plan.MailRate, plan.WelcomeMails, plan.InvitationDays, plan.FirstPasswordDays, plan.ResetMinutes}},
	{"passwords", []string{plan.PasswordLength, plan.PasswordClasses, plan.PasswordHistory, plan.PasswordsMax, plan.PasswordsDays, plan.SessionIdleMinutes, plan.SessionDays}},
	{"brakes", []string{plan.BrakeDeletes, plan.BrakeDeletesPercent, plan.BrakeMails, plan.BrakeOwners, plan.BrakeCleared, plan.BrakeWidened, plan.BrakeMemberships, plan.SecondApproval}},
	{"retention", []string{plan.WithdrawnDays, plan.FilesDays}},
	{"subscription", []string{plan.SeatsBase, plan.SeatPrice}},
}

// A settingInput is one setting as the form shows it.
type settingInput struct {
	admin.SettingNow
	Typed   string // as it is in the form
	Problem string // of what was typed; empty for none
	Locked  bool   // it is not for the reader to change
}

// A settingsForm is the page of settings.
type settingsForm struct {
	Parts       []settingsShown
	Name, Zone  settingInput // of the organisation
	Zones       []string     // names to choose from
	Problems    int
	Done        done
	MayNotWrite bool
}

// settingsShown is a part of the page with its settings.
type settingsShown struct {
	Name   string
	Inputs []settingInput
}

func (q *request) settings() error { return q.showSettings(http.StatusOK, nil) }

// showSettings shows the form. After one was refused it has what was typed, and
// each problem at its setting.
func (q *request) showSettings(status int, refused map[string]problem.Problem) error {
	all, err := q.svc.Settings(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	f := settingsForm{Zones: zones, Problems: len(refused), MayNotWrite: !q.may(member.SettingsArea, member.WriteAccess)}
	if f.Done, err = q.done(); err != nil {
		return err
	}
	org := q.actor.Org
	f.Name = q.settingInput(admin.SettingNow{Setting: plan.Setting{Name: admin.OrganisationName, Kind: plan.TextSetting}, Value: org.Name}, refused)
	f.Zone = q.settingInput(admin.SettingNow{Setting: plan.Setting{Name: admin.OrganisationZone, Kind: plan.TextSetting}, Value: org.Zone.String()}, refused)
	f.Name.Locked = !q.actor.IsOwner()
	for _, part := range append(slices.Clone(settingsParts), restOf(all)) {
		shown := settingsShown{Name: part.Name}
		for _, name := range part.Settings {
			i := slices.IndexFunc(all, func(x admin.SettingNow) bool { return x.Name == name })
			shown.Inputs = append(shown.Inputs, q.settingInput(all[i], refused))
		}
		f.Parts = append(f.Parts, shown)
	}
	return q.pageAs(status, q.say.Say("web.nav.settings"), settingsPage(q, f))
}

// restOf is the part of the settings that no other part names.
func restOf(all []admin.SettingNow) settingsPart {
	rest := settingsPart{Name: "limits"}
	for _, x := range all {
		if !slices.ContainsFunc(settingsParts, func(p settingsPart) bool { return slices.Contains(p.Settings, x.Name) }) {
			rest.Settings = append(rest.Settings, x.Name)
		}
	}
	return rest
}

func (q *request) settingInput(x admin.SettingNow, refused map[string]problem.Problem) settingInput {
	in := settingInput{SettingNow: x, Typed: x.Value, Locked: !q.may(member.SettingsArea, member.WriteAccess) || admin.OfSubscription(x.Name) && !q.actor.IsOwner()}
	if was := q.r.PostForm["was."+x.Name]; len(was) > 0 && len(refused) > 0 {
		in.Typed = q.typedSetting(x.Setting)
	}
	if p, bad := refused[x.Name]; bad {
		in.Problem = q.settingProblem(x.Setting, p)
	}
	return in
}

// settingProblem says what a value must be like; the sentence of the problem
// speaks of the terminal.
func (q *request) settingProblem(x plan.Setting, p problem.Problem) string {
	if p.Code != problem.SettingMalformed {
		return q.say.Problem(p)
	}
	most := ""
	switch {
	case x.Kind == plan.CountSetting:
		most = strconv.FormatInt(x.Most, 10)
	case x.Name == plan.BaseURL || x.Name == plan.Sender:
		most = x.Name
	}
	return q.say.Say("web.settings.malformed", "value", p.Values["value"], "limit", most)
}

// typedSetting is what the form says of a setting. A box that is not ticked is
// not sent.
func (q *request) typedSetting(x plan.Setting) string {
	if x.Kind != plan.SwitchSetting {
		return q.value("set." + x.Name)
	}
	if q.checked("set." + x.Name) {
		return "1"
	}
	return "0"
}

// saveSettings changes what differs from what the form showed, and nothing else:
// what somebody changed meanwhile stays.
func (q *request) saveSettings() error {
	e := admin.OrganisationEdit{Settings: map[string]string{}}
	if typed, ok := q.changedSetting(plan.Setting{Name: admin.OrganisationName}); ok {
		e.Name = &typed
	}
	if typed, ok := q.changedSetting(plan.Setting{Name: admin.OrganisationZone}); ok {
		e.Zone = &typed
	}
	for _, x := range plan.SettingList() {
		if typed, ok := q.changedSetting(x); ok {
			e.Settings[x.Name] = typed
		}
	}
	refused, err := q.svc.EditOrganisation(q.r.Context(), q.actor, e)
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		return q.showSettings(http.StatusUnprocessableEntity, refused)
	}
	return q.redirect(after("/settings", "changed", store.Import{}))
}

func (q *request) changedSetting(x plan.Setting) (string, bool) {
	typed := q.typedSetting(x)
	was := q.r.PostForm["was."+x.Name]
	return typed, len(was) > 0 && was[0] != typed
}

// zones are the time zones that the form proposes; any other of the IANA database
// may be typed.
var zones = []string{
	"Asia/Tokyo", "Asia/Seoul", "Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta", "Asia/Kolkata", "Asia/Dubai",
	"Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Helsinki", "America/New_York",
	"America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "UTC",
}
