package admin

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// An ImportJSON is the object of an import, as verbs print it and reports begin with
// (SPEC §10). Every key is always present; what is unknown is null.
type ImportJSON struct {
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
	Problems      []ProblemJSON    `json:"problems"`
	ProblemsTotal int64            `json:"problems_total"`
	Warnings      []ProblemJSON    `json:"warnings"`
	WarningsTotal int64            `json:"warnings_total"`
	Brakes        []plan.Brake     `json:"brakes"`
}

// A ProblemJSON is one problem or warning.
type ProblemJSON struct {
	Line      *int         `json:"line"`
	Column    *string      `json:"column"`
	Header    *string      `json:"header"`
	Attribute *string      `json:"attribute"`
	Code      problem.Code `json:"code"`
	Message   string       `json:"message"`
}

// A DifferenceJSON is what a change does to one attribute or field.
type DifferenceJSON struct {
	Attribute string  `json:"attribute"`
	Before    *string `json:"before"`
	After     *string `json:"after"`
}

// changeJSON is one change in the report as JSON.
type changeJSON struct {
	Line     *int64           `json:"line"`
	Key      *string          `json:"key"`
	Action   string           `json:"action"`
	Result   string           `json:"result"` // the word that people read
	MemberID *int64           `json:"member_id"`
	Changed  []DifferenceJSON `json:"changed"`
	Problems []ProblemJSON    `json:"problems"`
	Warnings []ProblemJSON    `json:"warnings"`
	Erased   bool             `json:"erased"`
}

// ImportObject returns the object of an import. more are problems that the plan
// itself does not have, such as those of applying it. An import without an ID was
// never stored: nothing is known of it but why.
func (s *Service) ImportObject(ctx context.Context, a Actor, imp store.Import, text Texter, more ...problem.Problem) (ImportJSON, error) {
	out := ImportJSON{State: some(imp.State), Counts: map[string]int64{}, CountsAbsent: map[string]int64{"delete": imp.Outcome.Absent[plan.Delete]},
		Rows: &imp.Rows, Seats: &imp.Outcome.Seats, Mails: &imp.Mails, Brakes: imp.Outcome.Brakes,
		ProblemsTotal: imp.Outcome.ProblemsTotal + int64(len(more)), WarningsTotal: imp.Outcome.WarningsTotal,
		Layout: some(string(imp.Layout)), Charset: some(imp.Charset), Sum: some(hex.EncodeToString(imp.Sum)), ID: some(imp.ID)}
	for _, action := range plan.Actions {
		out.Counts[action.String()] = imp.Outcome.Counts[action]
	}
	if out.Brakes == nil {
		out.Brakes = []plan.Brake{}
	}
	var found Found
	if imp.ID == 0 {
		out.Rows, out.Seats, out.Mails = nil, nil, nil
	} else {
		var err error
		if found, err = s.Problems(ctx, a, imp, MostProblems); err != nil {
			return out, err
		}
	}
	out.Problems, out.Warnings = append(ProblemList(more, text), rowProblemList(found.Problems, text)...), rowProblemList(found.Warnings, text)
	return out, nil
}

// ProblemList returns problems as JSON has them; never nil.
func ProblemList(ps []problem.Problem, text Texter) []ProblemJSON {
	out := make([]ProblemJSON, len(ps))
	for i, p := range ps {
		out[i] = ProblemJSON{Line: some(p.Place.Line), Column: some(p.Place.Column), Header: some(p.Place.Header),
			Attribute: some(p.Place.Attribute), Code: p.Code, Message: text.Problem(p)}
	}
	return out
}

func rowProblemList(ps []RowProblem, text Texter) []ProblemJSON {
	plain := make([]problem.Problem, len(ps))
	for i, p := range ps {
		plain[i] = p.Problem
	}
	return ProblemList(plain, text)
}

// ReportJSON writes the report of an import as JSON (A5): its object with all its
// changes under "changes", one after another: a million rows are never in memory.
func (s *Service) ReportJSON(ctx context.Context, a Actor, imp store.Import, text Texter, w io.Writer) error {
	object, err := s.ImportObject(ctx, a, imp, text)
	if err != nil {
		return err
	}
	head, err := encoded(object)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(bytes.TrimSuffix(head, []byte("}")), `,"changes":[`...)); err != nil {
		return err
	}
	comma := ""
	for r, err := range s.Report(ctx, a, imp) {
		if err != nil {
			return err
		}
		change, err := encoded(r.object(imp, text))
		if err != nil {
			return err
		}
		if _, err := w.Write(append([]byte(comma+"\n"), change...)); err != nil {
			return err
		}
		comma = ","
	}
	_, err = io.WriteString(w, "\n]}\n")
	return err
}

func (r ReportRow) object(imp store.Import, text Texter) changeJSON {
	c := changeJSON{Line: some(r.Line), Key: some(r.Key), Action: r.Action.String(), Result: r.Result(imp, text), MemberID: some(r.MemberID),
		Changed: []DifferenceJSON{}, Problems: ProblemList(r.Problems, text), Warnings: ProblemList(r.Notes, text), Erased: r.Erased}
	for _, d := range r.Changed {
		c.Changed = append(c.Changed, DifferenceJSON{d.Attribute, some(d.Before), some(d.After)})
	}
	return c
}

// encoded is one value as JSON on one line, without its end.
func encoded(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// some returns nil for the zero value: what JSON shows as null.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
