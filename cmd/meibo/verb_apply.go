package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (a *app) applyCommand() *cobra.Command {
	var sum, accept, report, passwords string
	var hold bool
	cmd := &cobra.Command{
		Use: "apply ID", Short: a.say.Say("help.apply"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo apply 12\n  meibo apply 12 --accept deletes=40 --report report.csv",
		RunE: a.always(func(cmd *cobra.Command, args []string) error {
			id, o, err := a.applyOptions(args[0], sum, accept)
			if err == nil {
				err = a.checkOutputs(report, passwords)
			}
			if err != nil {
				return err
			}
			o.HoldMails = hold
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				return a.apply(cmd.Context(), svc, actor, id, o, report, passwords)
			})
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&sum, "sum", "", a.say.Say("flag.sum"))
	flags.StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	flags.StringVar(&report, "report", "", a.say.Say("flag.report"))
	flags.StringVar(&passwords, "passwords", "", a.say.Say("flag.passwords"))
	flags.BoolVar(&hold, "hold-mails", false, a.say.Say("flag.hold-mails"))
	return cmd
}

func (a *app) applyOptions(arg, sum, accept string) (id int64, o admin.ApplyOptions, err error) {
	if id, err = strconv.ParseInt(arg, 10, 64); err != nil {
		return 0, o, problem.Of(problem.NotFound, problem.ImportUnknown, "id", arg)
	}
	if sum != "" {
		if o.Sum, err = admin.ParseSum(sum); err != nil {
			return 0, o, usageError{errors.New(a.sentence(err))}
		}
	}
	o.Accept, err = a.parseAccept(accept)
	return id, o, err
}

func (a *app) parseAccept(text string) (map[string]int64, error) {
	accept, err := admin.ParseAccept(text)
	if err != nil {
		return nil, usageError{errors.New(a.sentence(err))}
	}
	return accept, nil
}

// apply carries out a plan and tells what became of it.
func (a *app) apply(ctx context.Context, svc *admin.Service, actor admin.Actor, id int64, o admin.ApplyOptions, report, passwords string) error {
	bar := a.progressBar()
	o.Progress = bar.update
	imp, err := svc.Apply(ctx, actor, id, o)
	bar.done()
	var p problem.Problem
	if err != nil && (!errors.As(err, &p) || imp.ID == 0) {
		return err
	}
	if err != nil {
		return a.notApplied(ctx, svc, actor, imp, p, report)
	}
	if a.json {
		if err := a.printPlan(ctx, svc, actor, imp); err != nil {
			return err
		}
	} else {
		a.showApplied(imp)
	}
	if err := a.writePasswords(ctx, svc, actor, imp, passwords); err != nil {
		return err
	}
	if err := a.writeReport(ctx, svc, actor, imp, report); err != nil {
		return err
	}
	return exit(stateCode(imp, true))
}

// notApplied tells why a plan was not applied; the report is written all the same.
func (a *app) notApplied(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, p problem.Problem, report string) error {
	if a.json {
		// What is only not accepted yet is told by the state and the brakes.
		more := []problem.Problem{p}
		if problemCode(p) == exitNeedsYes {
			more = nil
		}
		if err := a.printPlan(ctx, svc, actor, imp, more...); err != nil {
			return err
		}
	} else {
		a.tell("%s", a.say.Problem(p))
		switch problemCode(p) {
		case exitNeedsYes:
			a.tellNext(imp)
		case exitStale:
			if p.Code == problem.PlanStale {
				a.tellReplan(imp)
			}
		}
	}
	if err := a.writeReport(ctx, svc, actor, imp, report); err != nil {
		return err
	}
	return exit(problemCode(p))
}

func (a *app) undoCommand() *cobra.Command {
	var accept, report string
	var yes, changedToo bool
	cmd := &cobra.Command{
		Use: "undo ID", Short: a.say.Say("help.undo"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo undo 12\n  meibo undo 12 --yes --report undone.csv",
		RunE: a.always(func(cmd *cobra.Command, args []string) error {
			id, o, err := a.applyOptions(args[0], "", accept)
			if err == nil {
				err = a.checkOutputs(report, "")
			}
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				bar := a.progressBar()
				imp, err := svc.PlanUndo(cmd.Context(), actor, id, plan.Options{ChangedToo: changedToo}, bar.update)
				bar.done()
				if err != nil {
					return err
				}
				return a.decide(cmd.Context(), svc, actor, imp, decision{yes: yes, accept: o.Accept, report: report})
			})
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	flags.StringVar(&report, "report", "", a.say.Say("flag.report"))
	flags.BoolVar(&yes, "yes", false, a.say.Say("flag.yes"))
	flags.BoolVar(&changedToo, "changed-too", false, a.say.Say("flag.changed-too"))
	return cmd
}

// A decision is what the person said in advance.
type decision struct {
	yes               bool
	accept            map[string]int64
	report, passwords string
}

// decide shows a plan, gets the yes, and applies it; without one the plan is kept.
func (a *app) decide(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, d decision) error {
	if !a.json {
		if err := a.showPlan(ctx, svc, actor, imp); err != nil {
			return err
		}
	}
	yes := imp.State.Waits() && (d.yes || nothingToDo(imp))
	if !yes && imp.State.Waits() && isTerminal(a.stdin) && isTerminal(a.stderr) && !a.json {
		accept, agreed, err := a.ask(imp)
		if err != nil {
			return err
		}
		yes, d.accept = agreed, accept
	}
	if yes {
		return a.apply(ctx, svc, actor, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: d.accept}, d.report, d.passwords)
	}
	if a.json {
		if err := a.printPlan(ctx, svc, actor, imp); err != nil {
			return err
		}
	} else if imp.State.Waits() {
		a.tell("%s", a.say.Say("ask.declined", "id", imp.ID))
		a.tellNext(imp)
	}
	if err := a.writeReport(ctx, svc, actor, imp, d.report); err != nil {
		return err
	}
	return exit(stateCode(imp, false))
}

// nothingToDo reports whether applying a plan changes nobody: there is nothing
// to say yes to.
func nothingToDo(imp store.Import) bool {
	return imp.State == store.Planned && imp.Applied() == 0
}

// ask asks the person at the terminal: for the number of each brake, else for a yes.
func (a *app) ask(imp store.Import) (accept map[string]int64, yes bool, err error) {
	in := bufio.NewReader(a.stdin)
	line := func() (string, error) {
		text, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil // the end of the input is a no
		}
		return strings.TrimSpace(text), err
	}
	if imp.State != store.NeedsAcceptance {
		fmt.Fprint(a.stderr, a.say.Say("ask.apply"))
		text, err := line()
		word := strings.ToLower(text)
		return nil, word == "y" || word == "yes" || text == "はい", err
	}
	accept = map[string]int64{}
	for _, b := range imp.Outcome.Brakes {
		fmt.Fprint(a.stderr, a.say.Say("ask.number", "count", b.Count))
		text, err := line()
		if err != nil || text != strconv.FormatInt(b.Count, 10) {
			return nil, false, err
		}
		accept[b.Kind] = b.Count
	}
	return accept, true, nil
}
