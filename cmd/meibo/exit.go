package main

import (
	"context"
	"errors"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// The exit codes of SPEC §10.
const (
	exitDone     = 0
	exitFailed   = 1 // could not run
	exitUsage    = 2
	exitProblems = 3 // problems, and nothing was applied
	exitPartly   = 4 // applied, with rows left out
	exitNeedsYes = 5 // needs a yes, acceptance or approval
	exitStale    = 6 // stale, already applied or discarded
)

// An exit ends the program with a code after everything was said already.
type exit int

func (e exit) Error() string { return "exit" }

// A usageError is a call that cannot be understood.
type usageError struct{ error }

// exitCode says what went wrong, if it was not said yet, and returns the code.
func (a *app) exitCode(err error) int {
	var e exit
	var p problem.Problem
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return int(e)
	case errors.As(err, &usage):
		a.tell("%s", usage.Error())
		return exitUsage
	case errors.As(err, &p):
		a.tell("%s", a.say.Problem(p))
		a.tellKept(p)
		return problemCode(p)
	case errors.Is(err, context.Canceled):
		a.tell("%s", a.say.Say("error.interrupted"))
		return exitFailed
	}
	a.tell("%s", a.say.Say("error.unexpected", "error", err.Error()))
	return exitFailed
}

// problemCode is the exit code of a problem that ended a verb.
func problemCode(p problem.Problem) int {
	switch p.Code {
	case problem.BrakesNotAccepted, problem.ApprovalNeeded, problem.ApprovalOwn:
		return exitNeedsYes
	case problem.PlanRejected, problem.PlanFailed:
		return exitProblems
	case problem.PlanStale, problem.PlanAlreadyApplied, problem.PlanDiscarded, problem.SumMismatch:
		return exitStale
	}
	return exitFailed
}

// stateCode is the exit code of a plan as it stands; asked is false where a
// yes was still to be given.
func stateCode(i store.Import, asked bool) int {
	counts := i.Outcome.Counts
	applies := i.Applied()
	switch i.State {
	case store.Rejected:
		return exitProblems
	case store.NeedsAcceptance, store.NeedsApproval:
		return exitNeedsYes
	case store.Stale, store.Discarded, store.Cancelled:
		return exitStale
	case store.Failed:
		return exitFailed
	case store.Planned:
		if !asked && applies > 0 {
			return exitNeedsYes
		}
	}
	if counts[plan.Reject] > 0 && applies > 0 {
		return exitPartly
	}
	return exitDone
}
