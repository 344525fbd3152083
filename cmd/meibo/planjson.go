package main

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// planJSON is the object that import, plan, apply and undo print (SPEC §10).
// Every key is always present; what is unknown is null.
type planJSON struct {
	ID            *int64           `json:"id"`
	State         *store.State     `json:"state"`
	Layout        *string          `json:"layout"`
	Charset       *string          `json:"charset"`
	Sum           *string          `json:"sum"`
	Rows          *int64           `json:"rows"`
	Counts        map[string]int64 `json:"counts"`
	CountsAbsent  map[string]int64 `json:"counts_absent"`
	Seats         *store.Seats     `json:"seats"`
	Mails         *int64           `json:"mails"`
	Problems      []problemJSON    `json:"problems"`
	ProblemsTotal int64            `json:"problems_total"`
	Warnings      []problemJSON    `json:"warnings"`
	WarningsTotal int64            `json:"warnings_total"`
	Brakes        []plan.Brake     `json:"brakes"`
}

type problemJSON struct {
	Line      *int         `json:"line"`
	Column    *string      `json:"column"`
	Header    *string      `json:"header"`
	Attribute *string      `json:"attribute"`
	Code      problem.Code `json:"code"`
	Message   string       `json:"message"`
}

// always is run of a verb that prints an import's object: it prints one also where
// the verb could not run, in which nothing is known but why. What cannot be
// understood as a call has none.
func (a *app) always(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var p problem.Problem
		if !a.json || a.printed || !errors.As(err, &p) {
			return err
		}
		return errors.Join(err, a.printPlan(cmd.Context(), nil, adminNobody, store.Import{}, p))
	}
}

// printPlan prints the object of an import. more are problems of applying it,
// which the plan itself does not have.
func (a *app) printPlan(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, more ...problem.Problem) error {
	out, err := a.planObject(ctx, svc, actor, imp, more)
	if err != nil {
		return err
	}
	return a.printJSON(out)
}

func (a *app) planObject(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, more []problem.Problem) (planJSON, error) {
	out := planJSON{State: some(imp.State), Counts: map[string]int64{}, CountsAbsent: map[string]int64{"delete": imp.Outcome.Absent[plan.Delete]},
		Rows: &imp.Rows, Seats: &imp.Outcome.Seats, Mails: &imp.Mails, Brakes: imp.Outcome.Brakes,
		ProblemsTotal: imp.Outcome.ProblemsTotal + int64(len(more)), WarningsTotal: imp.Outcome.WarningsTotal,
		Layout: some(string(imp.Layout)), Charset: some(imp.Charset), Sum: some(hex.EncodeToString(imp.Sum)), ID: some(imp.ID)}
	for _, action := range plan.Actions {
		out.Counts[action.String()] = imp.Outcome.Counts[action]
	}
	if imp.ID == 0 { // nothing was read: nothing is known
		out.Rows, out.Seats, out.Mails = nil, nil, nil
	}
	if out.Brakes == nil {
		out.Brakes = []plan.Brake{}
	}
	problems, warnings := []admin.RowProblem(nil), []admin.RowProblem(nil)
	for _, p := range more {
		problems = append(problems, admin.RowProblem{Problem: p})
	}
	if imp.ID != 0 {
		found, err := svc.Problems(ctx, actor, imp, admin.MostProblems)
		if err != nil {
			return out, err
		}
		problems, warnings = append(problems, found.Problems...), found.Warnings
	}
	out.Problems, out.Warnings = a.problemsJSON(problems), a.problemsJSON(warnings)
	return out, nil
}

func (a *app) problemsJSON(ps []admin.RowProblem) []problemJSON {
	out := make([]problemJSON, len(ps))
	for i, p := range ps {
		out[i] = problemJSON{Line: some(p.Place.Line), Column: some(p.Place.Column), Header: some(p.Place.Header),
			Attribute: some(p.Place.Attribute), Code: p.Code, Message: a.say.Problem(p.Problem)}
	}
	return out
}

// some returns nil for the zero value: what JSON shows as null.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
