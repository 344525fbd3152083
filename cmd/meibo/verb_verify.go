package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/store"
)

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: a.say.Say("help.verify"), Long: a.say.Say("help.verify.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo verify\n  meibo verify --json | jq .ok",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAll(cmd.Context(), func(svc *admin.Service, actors []admin.Actor) error {
				all := verificationsJSON{Organisations: []organisationJSON{}, verificationJSON: newVerification()}
				for _, actor := range actors {
					v, err := svc.Verify(cmd.Context(), actor)
					if err != nil {
						return err
					}
					if a.json {
						all.add(actor.Org, a.verification(v))
						continue
					}
					if len(actors) > 1 {
						a.tell("%s:", actor.Org.Name)
					}
					a.showVerification(v)
					all.OK = all.OK && v.Right()
				}
				if a.json {
					if err := a.printJSON(all); err != nil {
						return err
					}
				}
				if !all.OK {
					return exit(exitFailed)
				}
				return nil
			})
		},
	}
}

type findingJSON struct {
	Kind    string  `json:"kind"`
	Rule    *string `json:"rule"`
	Count   int64   `json:"count"`
	IDs     []int64 `json:"ids"` // the first hundred
	Message string  `json:"message"`
}

// A verificationJSON is what was looked at, and what is wrong with it.
type verificationJSON struct {
	OK       bool          `json:"ok"`
	Findings []findingJSON `json:"findings"`
	Members  int64         `json:"members"`
	Imports  int64         `json:"imports"`
	Journal  journalJSON   `json:"journal"`
}

type journalJSON struct {
	Entries int64 `json:"entries"`
	Changes int64 `json:"changes"`
	Erased  int64 `json:"erased"`
}

type organisationJSON struct {
	Organisation string `json:"organisation"` // as --org takes it
	Name         string `json:"name"`
	verificationJSON
}

// verificationsJSON is all organisations together, and each.
type verificationsJSON struct {
	verificationJSON
	Organisations []organisationJSON `json:"organisations"`
}

func newVerification() verificationJSON {
	return verificationJSON{OK: true, Findings: []findingJSON{}}
}

func (all *verificationsJSON) add(o store.Organisation, v verificationJSON) {
	all.Organisations = append(all.Organisations, organisationJSON{o.Code, o.Name, v})
	all.OK = all.OK && v.OK
	all.Findings = append(all.Findings, v.Findings...)
	all.Members, all.Imports = all.Members+v.Members, all.Imports+v.Imports
	j := &all.Journal
	j.Entries, j.Changes, j.Erased = j.Entries+v.Journal.Entries, j.Changes+v.Journal.Changes, j.Erased+v.Journal.Erased
}

func (a *app) verification(v admin.Verification) verificationJSON {
	out := newVerification()
	out.OK, out.Members, out.Imports = v.Right(), v.Members, v.Imports
	out.Journal = journalJSON{v.Journal.Entries, v.Journal.Changes, v.Journal.Erased}
	if v.Broken != nil {
		id, _ := strconv.ParseInt(v.Broken.Values["import"], 10, 64)
		out.Findings = append(out.Findings, findingJSON{"journal", some("M8"), 1, []int64{id}, a.say.Problem(*v.Broken)})
	}
	for _, f := range v.Findings {
		out.Findings = append(out.Findings, findingJSON{f.Kind, some(f.Rule), f.Count, append([]int64{}, f.IDs...), a.finding(f)})
	}
	return out
}

func (a *app) showVerification(v admin.Verification) {
	if v.Right() {
		a.tell("%s", a.say.Say("verify.done", "imports", v.Journal.Entries, "members", v.Members))
		return
	}
	n := len(v.Findings)
	if v.Broken != nil {
		n++
	}
	a.tell("%s", a.say.Say("verify.failed", "n", n))
	if v.Broken != nil {
		a.tell("  %s", a.say.Problem(*v.Broken))
	}
	for _, f := range v.Findings {
		a.tell("  %s", a.finding(f))
	}
}

// finding says what is wrong, how often, and with whom.
func (a *app) finding(f store.Finding) string {
	ids := make([]string, len(f.IDs))
	for i, id := range f.IDs {
		ids[i] = strconv.FormatInt(id, 10)
	}
	text := a.say.Say("verify.kind."+f.Kind, "n", f.Count)
	if f.Rule != "" {
		text += " (" + f.Rule + ")"
	}
	if len(ids) == 0 {
		return text
	}
	return a.say.Say("verify.ids", "what", text, "ids", strings.Join(ids, ", "))
}
