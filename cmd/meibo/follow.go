package main

import (
	"regexp"
	"strconv"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// This file writes the commands that people are told to call next. They can be
// copied and run as they stand.

// follow writes a command with the flags of this call that say where and as whom.
// A password in the address of the database is masked: what is told ends up in logs.
func (a *app) follow(words ...string) string {
	return command(append(words, a.where(a.as)...))
}

// followAs is follow for another member: ADDRESS is for the reader to fill in.
func (a *app) followAs(words ...string) string {
	return command(append(words, a.where("ADDRESS")...))
}

func (a *app) where(as string) []string {
	var flags []string
	for _, f := range [][2]string{{"--config", a.configFlag()}, {"--db", admin.Redact(a.database)}, {"--org", a.org}, {"--as", as}, {"--lang", a.lang}} {
		if f[1] != "" {
			flags = append(flags, f[0], f[1])
		}
	}
	return flags
}

// configFlag is the file of settings, where a flag named it.
func (a *app) configFlag() string {
	if a.configFrom != "--config" {
		return ""
	}
	return a.configPath
}

// plainWord is what no shell reads as anything else.
var plainWord = regexp.MustCompile(`^[\pL\pN_@%+=:,./-]+$`)

// command quotes words as POSIX shells read them.
func command(words []string) string {
	quoted := []string{"meibo"}
	for _, w := range words {
		if !plainWord.MatchString(w) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted = append(quoted, w)
	}
	return strings.Join(quoted, " ")
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// tellNext says how a plan that waits is applied.
func (a *app) tellNext(imp store.Import) {
	switch id := number(imp.ID); imp.State {
	case store.NeedsAcceptance:
		a.tell("%s", a.say.Say("next.apply", "command", a.follow("apply", id, "--accept", acceptOf(imp.Outcome.Brakes))))
	case store.NeedsApproval:
		a.tell("%s", a.say.Say("next.approval", "command", a.followAs("apply", id)))
	case store.Planned:
		if !nothingToDo(imp) {
			a.tell("%s", a.say.Say("next.apply", "command", a.follow("apply", id)))
		}
	}
}

func (a *app) tellUndo(imp store.Import) {
	a.tell("%s", a.say.Say("next.undo", "command", a.follow("undo", number(imp.ID))))
}

// tellKept says the same of a plan that a verb has left waiting, as far as the
// problem that ended the verb names it.
func (a *app) tellKept(p problem.Problem) {
	id := p.Values["id"]
	switch {
	case id == "":
	case p.Code == problem.BrakesNotAccepted:
		a.tell("%s", a.say.Say("next.apply", "command", a.follow("apply", id, "--accept", p.Values["accept"])))
	case p.Code == problem.ApprovalNeeded:
		a.tell("%s", a.say.Say("next.approval", "command", a.followAs("apply", id)))
	}
}

// tellReplan says how a plan that is stale is made anew. A file is known by its
// name only: where it lay is not kept.
func (a *app) tellReplan(imp store.Import) {
	switch {
	case imp.Kind == store.UndoImport:
		words := []string{"undo", number(imp.UndoOf)}
		if imp.Options.ChangedToo {
			words = append(words, "--changed-too")
		}
		a.tell("%s", a.say.Say("next.replan", "command", a.follow(words...)))
	case imp.Kind == store.FileImport && imp.FileName != "":
		a.tell("%s", a.say.Say("next.replan", "command", a.follow(append([]string{"plan", imp.FileName}, optionFlags(imp.Options)...)...)))
	}
}

// optionFlags are the flags that ask for the options of an import. Those that
// the layout asks for by itself are left out; a mapping that was not saved is
// known by its content only, and left out too.
func optionFlags(o plan.Options) []string {
	usual := plan.Options{}.ForLayout(o.Layout)
	var flags []string
	text := func(flag, value, usual string) {
		if value != "" && value != usual {
			flags = append(flags, flag, value)
		}
	}
	list := func(flag string, values, usual []string) {
		text(flag, strings.Join(values, ","), strings.Join(usual, ","))
	}
	text("--layout", string(o.Layout), string(plan.Register))
	text("--format", o.Format, "")
	text("--sheet", o.Sheet, "")
	text("--charset", o.Charset, "auto")
	text("--delimiter", o.Delimiter, "auto")
	list("--ignore-columns", o.IgnoreColumns, nil)
	list("--match", o.Match, usual.Match)
	text("--new", o.New, usual.New)
	list("--only", o.Only, nil)
	text("--sync-within", o.SyncWithin, "")
	text("--blank", o.Blank, usual.Blank)
	text("--conflicts", o.Conflicts, usual.Conflicts)
	text("--bad-rows", o.BadRows, usual.BadRows)
	list("--groups", o.Groups, nil)
	for _, f := range []struct {
		flag  string
		given bool
	}{{"--sync", o.Sync}, {"--random-passwords", o.RandomPassword}, {"--reset-passwords", o.ResetPasswords}, {"--add-groups", o.AddGroups},
		{"--create-groups", o.CreateGroups}, {"--welcome", o.Welcome}, {"--hold-mails", o.HoldMails}} {
		if f.given {
			flags = append(flags, f.flag)
		}
	}
	return flags
}
