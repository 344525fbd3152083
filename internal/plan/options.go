package plan

import (
	"reflect"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A Layout says which columns a file has and how they are read (SPEC §5).
type Layout string

// The layouts. Edit and undo are not layouts of files: they are what the plans
// of one edit on a page and of an undo carry in the same place.
const (
	Register    Layout = "register"
	InviteSheet Layout = "invitation"
	Memberships Layout = "memberships"
)

// Options are the options of one import, as SPEC §10 names them. They are kept
// with the import as JSON.
type Options struct {
	Layout         Layout            `json:"layout,omitempty"` // empty: recognised from the header
	Format         string            `json:"format,omitempty"`
	Sheet          string            `json:"sheet,omitempty"`
	Charset        string            `json:"charset,omitempty"`
	Delimiter      string            `json:"delimiter,omitempty"`
	Map            map[string]string `json:"map,omitempty"` // header → attribute identifier
	IgnoreColumns  []string          `json:"ignore_columns,omitempty"`
	Match          []string          `json:"match,omitempty"` // email, login_id; nil: the layout's default
	New            string            `json:"new,omitempty"`   // register or invite; empty: the layout's default
	Only           []string          `json:"only,omitempty"`  // create, update, delete; empty: all
	Sync           bool              `json:"sync,omitempty"`
	SyncWithin     string            `json:"sync_within,omitempty"` // a filter
	Blank          string            `json:"blank,omitempty"`       // keep or clear
	Conflicts      string            `json:"conflicts,omitempty"`   // stop or file
	BadRows        string            `json:"bad_rows,omitempty"`    // skip or stop; empty: the layout's default
	RandomPassword bool              `json:"random_passwords,omitempty"`
	ResetPasswords bool              `json:"reset_passwords,omitempty"`
	Groups         []string          `json:"groups,omitempty"`
	AddGroups      bool              `json:"add_groups,omitempty"`
	CreateGroups   bool              `json:"create_groups,omitempty"`
	Welcome        bool              `json:"welcome,omitempty"`
	HoldMails      bool              `json:"hold_mails,omitempty"`
	ChangedToo     bool              `json:"changed_too,omitempty"` // undo only
	Files          string            `json:"files,omitempty"`       // SHA-256 of the zip that came with the file, hexadecimal
}

// ForLayout returns o with every default of the layout filled in (SPEC §5).
func (o Options) ForLayout(l Layout) Options {
	o.Layout = l
	o.Sync = o.Sync || o.SyncWithin != ""
	invitation := l == InviteSheet
	if o.Match == nil && invitation {
		o.Match = []string{member.Email.String()}
	}
	if o.New == "" {
		o.New = choose(invitation, "invite", "register")
	}
	if o.BadRows == "" {
		o.BadRows = choose(invitation, "stop", "skip")
	}
	if o.Blank == "" {
		o.Blank = "keep"
	}
	if o.Conflicts == "" {
		o.Conflicts = "stop"
	}
	return o
}

// Same reports whether o and p, both with the defaults filled in ([Options.ForLayout]),
// ask for the same. Words that mean "find out" are one; an empty list is none.
func (o Options) Same(p Options) bool { return reflect.DeepEqual(o.plain(), p.plain()) }

func (o Options) plain() Options {
	for _, word := range []*string{&o.Charset, &o.Delimiter, &o.Format} {
		if *word == "auto" {
			*word = ""
		}
	}
	for _, list := range []*[]string{&o.IgnoreColumns, &o.Match, &o.Only, &o.Groups} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if len(o.Map) == 0 {
		o.Map = nil
	}
	return o
}

// optionWords are the words that options take, beside nothing.
var optionWords = []struct {
	name  string
	given func(o Options) []string
	known []string
}{
	{"layout", func(o Options) []string { return []string{string(o.Layout)} }, []string{string(Register), string(InviteSheet), string(Memberships)}},
	{"match", func(o Options) []string { return o.Match }, []string{member.Email.String(), member.LoginID.String()}},
	{"new", func(o Options) []string { return []string{o.New} }, []string{"register", "invite"}},
	{"only", func(o Options) []string { return o.Only }, []string{Create.String(), Update.String(), Delete.String()}},
	{"blank", func(o Options) []string { return []string{o.Blank} }, []string{"keep", "clear"}},
	{"conflicts", func(o Options) []string { return []string{o.Conflicts} }, []string{"stop", "file"}},
	{"bad_rows", func(o Options) []string { return []string{o.BadRows} }, []string{"skip", "stop"}},
}

// Check refuses words that options do not take, and options that cannot stand
// together. Its problems are OptionUnknown and OptionsContradict.
func (o Options) Check() error {
	for _, w := range optionWords {
		for _, word := range w.given(o) {
			if word != "" && !slices.Contains(w.known, word) {
				return problem.New(problem.OptionUnknown, "option", w.name, "value", word, "known", strings.Join(w.known, "\n"))
			}
		}
	}
	contradict := func(first, second string) error {
		return problem.New(problem.OptionsContradict, "first", first, "second", second)
	}
	switch {
	case o.Sync && !o.Allows(Delete):
		return contradict("--sync", "--only "+strings.Join(o.Only, ","))
	case o.Sync && o.Layout == Memberships:
		return contradict("--sync", "--layout memberships")
	}
	return nil
}

func choose[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// Matches reports whether rows without a member ID are matched by a.
func (o Options) Matches(a member.Attribute) bool {
	for _, m := range o.Match {
		if m == a.String() {
			return true
		}
	}
	return false
}

// Allows reports whether --only lets rows of the given action through; invite
// counts as create.
func (o Options) Allows(a Action) bool {
	if len(o.Only) == 0 {
		return true
	}
	if a == Invite {
		a = Create
	}
	for _, only := range o.Only {
		if only == a.String() {
			return true
		}
	}
	return false
}
