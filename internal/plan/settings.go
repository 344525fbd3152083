package plan

import (
	"encoding/json"
	"net/mail"
	"net/url"
	"slices"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A SettingKind says what values a setting takes.
type SettingKind uint8

// The kinds of settings.
const (
	CountSetting    SettingKind = iota // an integer from 0
	SwitchSetting                      // 0 or 1
	TextSetting                        // any one line of text
	LanguageSetting                    // en or ja
)

// A Setting is a number or switch that an administrator may change. Its meaning
// in words is in the catalogues under "setting." and its name.
type Setting struct {
	Name    string
	Unit    string // of a count: rows, days, percent, bytes …; empty for none
	Kind    SettingKind
	Default string
	Most    int64 // largest count; 0 for other kinds
}

// Languages are the languages that mails and pages speak.
var Languages = []string{"en", "ja"}

// century is the most days that a setting may say: beyond what anybody means,
// and far from where microseconds overflow.
const century = 36500

// The names that code asks for. All settings, with defaults, are in settingList.
const (
	LoginAllowedDefault = "login_allowed_default"
	WithdrawnDays       = "withdrawn_days"
	FilesDays           = "files_days"
	InvitationDays      = "invitation_days"
	PasswordsDays       = "passwords_days"
	PasswordsMax        = "passwords_max"
	PasswordLength      = "password_length"
	PasswordClasses     = "password_classes"
	RolesMax            = "roles_max"
	SeatsBase           = "seats_base"
	SeatPrice           = "seat_price"
	BrakeDeletes        = "brake_deletes"
	BrakeDeletesPercent = "brake_deletes_percent"
	BrakeMails          = "brake_mails"
	BrakeOwners         = "brake_owners"
	BrakeCleared        = "brake_cleared"
	BrakeWidened        = "brake_widened"
	BrakeMemberships    = "brake_memberships"
	SecondApproval      = "second_approval"
	WelcomeMails        = "welcome_mails"
	LimitFileBytes      = "limit_file_bytes"
	LimitRows           = "limit_rows"
	LimitColumns        = "limit_columns"
	LimitCell           = "limit_cell"
	LimitSheetRows      = "limit_sheet_rows"
	LimitInflated       = "limit_inflated"
	LimitRatio          = "limit_ratio"
	LimitEntries        = "limit_entries"
	LimitDepth          = "limit_depth"
	LimitFieldFile      = "limit_field_file"
	LimitFilesBytes     = "limit_files_bytes"
	LimitFilesEntries   = "limit_files_entries"
	LimitFilesInflated  = "limit_files_inflated"
	BaseURL             = "base_url"
	Sender              = "sender"
	Language            = "language"
	MailRate            = "mail_rate"
	FirstPasswordDays   = "first_password_days"
	ResetMinutes        = "reset_minutes"
	PasswordHistory     = "password_history"
	SessionIdleMinutes  = "session_idle_minutes"
	SessionDays         = "session_days"
	PeopleOwnProfile    = "people_own_profile"
	BackgroundRows      = "background_rows"
)

var settingList = []Setting{
	{LoginAllowedDefault, "", SwitchSetting, "1", 0},
	{WithdrawnDays, "days", CountSetting, "30", century},
	{FilesDays, "days", CountSetting, "90", century},
	{InvitationDays, "days", CountSetting, "7", century},
	{PasswordsDays, "days", CountSetting, "7", century},
	{PasswordsMax, "passwords", CountSetting, "20000", 1_000_000},
	{PasswordLength, "characters", CountSetting, "8", 256},
	{PasswordClasses, "kinds", CountSetting, "1", 4},
	{RolesMax, "roles", CountSetting, "5", 10_000},
	{SeatsBase, "seats", CountSetting, "15", 1_000_000_000},
	{SeatPrice, "JPY", CountSetting, "500", 1_000_000_000},
	{BrakeDeletes, "members", CountSetting, "10", 1_000_000_000},
	{BrakeDeletesPercent, "percent", CountSetting, "10", 100},
	{BrakeMails, "mails", CountSetting, "100", 1_000_000_000},
	{BrakeOwners, "owners", CountSetting, "0", 1_000_000_000},
	{BrakeCleared, "rows", CountSetting, "20", 1_000_000_000},
	{BrakeWidened, "members", CountSetting, "5", 1_000_000_000},
	{BrakeMemberships, "members", CountSetting, "20", 1_000_000_000},
	{SecondApproval, "", SwitchSetting, "0", 0},
	{WelcomeMails, "", SwitchSetting, "0", 0},
	{LimitFileBytes, "bytes", CountSetting, "209715200", 4 << 30},
	{LimitRows, "rows", CountSetting, "5000000", 20_000_000},
	{LimitColumns, "columns", CountSetting, "500", 16_384},
	{LimitCell, "characters", CountSetting, "32767", 1_000_000},
	{LimitSheetRows, "rows", CountSetting, "1048576", 1 << 20},
	{LimitInflated, "bytes", CountSetting, "2147483648", 64 << 30},
	{LimitRatio, "times", CountSetting, "200", 1_100},
	{LimitEntries, "entries", CountSetting, "10000", 100_000},
	{LimitDepth, "levels", CountSetting, "64", 1_000},
	{LimitFieldFile, "bytes", CountSetting, "10485760", 4 << 30},
	{LimitFilesBytes, "bytes", CountSetting, "1073741824", 64 << 30},
	{LimitFilesEntries, "entries", CountSetting, "100000", 300_000},
	{LimitFilesInflated, "bytes", CountSetting, "2147483648", 256 << 30},
	{BaseURL, "", TextSetting, "", 0},
	{Sender, "", TextSetting, "", 0},
	{Language, "", LanguageSetting, "en", 0},
	{MailRate, "mails", CountSetting, "300", 1_000_000},
	{FirstPasswordDays, "days", CountSetting, "7", century},
	{ResetMinutes, "minutes", CountSetting, "60", 525_600},
	{PasswordHistory, "passwords", CountSetting, "3", 24},
	{SessionIdleMinutes, "minutes", CountSetting, "480", 525_600},
	{SessionDays, "days", CountSetting, "7", century},
	{PeopleOwnProfile, "", SwitchSetting, "0", 0},
	{BackgroundRows, "rows", CountSetting, "5000", 20_000_000},
}

// SettingList returns every setting, in the order in which they are shown.
func SettingList() []Setting { return slices.Clone(settingList) }

// Settings are an organisation's settings: those that differ from the
// defaults. The zero value is all defaults.
type Settings map[string]string

// Get returns the value of a setting that exists.
func (s Settings) Get(name string) string {
	if v, ok := s[name]; ok {
		return v
	}
	i := slices.IndexFunc(settingList, func(x Setting) bool { return x.Name == name })
	return settingList[i].Default
}

// Count returns a setting of kind count, at most the setting's most: who
// multiplies days by microseconds cannot overflow.
func (s Settings) Count(name string) int64 {
	n, err := strconv.ParseInt(s.Get(name), 10, 64)
	if err != nil {
		panic("plan: a stored setting is no number: " + name)
	}
	return n
}

// Is reports whether a setting of kind switch is on.
func (s Settings) Is(name string) bool { return s.Get(name) == "1" }

// With returns s with one setting changed. Its problems are SettingUnknown and
// SettingMalformed.
func (s Settings) With(name, value string) (Settings, error) {
	i := slices.IndexFunc(settingList, func(x Setting) bool { return x.Name == name })
	if i < 0 {
		return nil, problem.Of(problem.NotFound, problem.SettingUnknown, "name", name)
	}
	value = member.Trim(value)
	switch settingList[i].Kind {
	case CountSetting:
		most := settingList[i].Most
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 || n > most {
			return nil, problem.New(problem.SettingMalformed, "name", name, "value", value, "limit", number(most))
		}
		value = number(n) // as Count reads it: no sign, no leading zeros
	case SwitchSetting:
		on, err := member.ParseBoolean(value)
		if err != nil {
			return nil, problem.New(problem.SettingMalformed, "name", name, "value", value, "limit", "")
		}
		value = showBool(on)
	case LanguageSetting:
		if !slices.Contains(Languages, value) {
			return nil, problem.New(problem.SettingMalformed, "name", name, "value", value, "limit", "")
		}
	default:
		if !textFits(name, value) {
			return nil, problem.New(problem.SettingMalformed, "name", name, "value", value, "limit", "")
		}
		if clean, err := member.Normalise(value); err != nil || slices.Contains([]byte(clean), '\n') {
			return nil, problem.New(problem.SettingMalformed, "name", name, "value", value, "limit", "")
		}
	}
	next := Settings{}
	for k, v := range s {
		next[k] = v
	}
	next[name] = value
	return next, nil
}

// PasswordPolicy returns what typed passwords must be like (I2).
func (s Settings) PasswordPolicy() member.PasswordPolicy {
	return member.PasswordPolicy{MinLength: int(s.Count(PasswordLength)), Classes: int(s.Count(PasswordClasses))}
}

// JSON returns s as it is stored.
func (s Settings) JSON() string {
	b, err := json.Marshal(map[string]string(s))
	if err != nil || s == nil {
		return "{}"
	}
	return string(b)
}

// ParseSettings reads stored settings. A count that was stored when there was
// no bound to it is the most that it may be.
func ParseSettings(text string) (Settings, error) {
	s := Settings{}
	err := json.Unmarshal([]byte(text), &s)
	for _, x := range settingList {
		if n, err := strconv.ParseInt(s[x.Name], 10, 64); err == nil && x.Kind == CountSetting && n > x.Most {
			s[x.Name] = number(x.Most)
		}
	}
	return s, err
}

// textFits reports whether a text can be what a setting means: the address of the
// pages, that of a sender of mails; empty is none.
func textFits(name, value string) bool {
	switch {
	case value == "":
		return true
	case name == BaseURL:
		u, err := url.Parse(value)
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
	case name == Sender:
		_, err := mail.ParseAddress(value)
		return err == nil
	}
	return true
}
