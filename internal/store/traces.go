package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// people is by what the people who are erased can be recognised.
type people struct {
	ids            map[string]bool // as text
	names          map[string]bool // folded
	emails, logins map[string]bool // keys

	addresses, every finder // of emails; of all but ids; both after seal
}

func newPeople() people {
	return people{ids: map[string]bool{}, names: map[string]bool{}, emails: map[string]bool{}, logins: map[string]bool{}}
}

// add notes what a person is or was called. Attributes that are empty say nothing.
func (p *people) add(m *member.Member) {
	p.names[member.FoldText(m.Name)] = true
	p.emails[m.EmailKey()] = true
	p.logins[m.LoginKey()] = true
	for _, set := range []map[string]bool{p.names, p.emails, p.logins} {
		delete(set, "")
	}
}

// knows reports whether a text is an address, a login ID or a name of one of them.
func (p *people) knows(text string) bool {
	key := member.FoldKey(text)
	return p.emails[key] || p.logins[key] || p.names[member.FoldText(text)]
}

// redacted stands in a problem's value where a person was named.
const redacted = "***"

// quoting are the names of problem values that may hold what a person typed, or
// a person's name; "headers" and the like hold several lines.
var quoting = []string{"value", "who", "name", "was", "now", "yours", "header", "headers", "meant", "label",
	"attribute", "attributes", "near", "known", "file", "sheet", "charset", "delimiter", "part"}

// redact takes the people out of stored problems: what names tells to name one.
// It reports whether any was in.
func (p *people) redact(text string, names func(string) bool) (string, bool, error) {
	if text == "" {
		return "", false, nil
	}
	ps, err := plan.ParseProblems(text)
	if err != nil {
		return "", false, err
	}
	found := false
	for i := range ps {
		found = p.redactOne(ps[i].Values, names) || found
		for _, text := range []*string{&ps[i].Place.Header, &ps[i].Place.Sheet} {
			if names(*text) {
				*text, found = redacted, true
			}
		}
	}
	if !found {
		return text, false, nil
	}
	return plan.ProblemsJSON(ps), true, nil
}

func (p *people) redactOne(values map[string]string, names func(string) bool) bool {
	found := false
	for _, name := range quoting {
		lines := strings.Split(values[name], "\n")
		for i := range lines {
			if names(lines[i]) || name == "name" && lines[i] != "" && p.ids[values["member"]] {
				lines[i], found = redacted, true
			}
		}
		if _, ok := values[name]; ok {
			values[name] = strings.Join(lines, "\n")
		}
	}
	return found
}

// trace finds the changes that are about the people by their IDs, and what else
// they were called.
func (e *eraser) trace(ctx context.Context) error {
	d := e.tx.dialect
	if err := e.changes(ctx, d.among("c.member_id", 2), list(d, e.ids)); err != nil {
		return err
	}
	if err := e.traceKeeps(ctx); err != nil {
		return err
	}
	return e.traceCreates(ctx)
}

// changes notes the changes that fulfil a condition on alias c.
func (e *eraser) changes(ctx context.Context, condition string, args ...any) error {
	query := `SELECT ` + changeFields + `, c.import_id FROM change c WHERE c.org_id = $1 AND ` + condition + ` ORDER BY c.import_id, c.seq`
	return each(ctx, e.tx, query, append([]any{e.r.Org}, args...), func(scan func(...any) error) error {
		var imp int64
		c, err := scanChange(func(dest ...any) error { return scan(append(dest, &imp)...) })
		if err != nil {
			return err
		}
		t := e.of(imp)
		t.seqs = append(t.seqs, c.Seq)
		if c.Action.Applies() { // what a reject asked for may be somebody else's
			e.people.add(&c.After)
			e.people.add(&c.Before)
		}
		return nil
	})
}

// traceCreates finds the changes that made the people: those know their member
// by ordinal only.
func (e *eraser) traceCreates(ctx context.Context) error {
	ordinals := map[int64][]int64{}
	err := each(ctx, e.tx, `SELECT id, first_member_id, creates FROM import
		WHERE org_id = $1 AND state = 'applied' AND first_member_id <= $2 AND first_member_id + creates > $3`,
		[]any{e.r.Org, e.ids[len(e.ids)-1], e.ids[0]}, func(scan func(...any) error) error {
			var imp, first, creates int64
			if err := scan(&imp, &first, &creates); err != nil {
				return err
			}
			for _, id := range e.ids {
				if id >= first && id < first+creates {
					ordinals[imp] = append(ordinals[imp], id-first)
				}
			}
			return nil
		})
	if err != nil {
		return err
	}
	for _, imp := range slices.Sorted(maps.Keys(ordinals)) {
		// Ordinals ascend with seq, from 0 and 1: the first one is not before its own place.
		err := e.changes(ctx, `c.import_id = $2 AND c.seq > $3 AND c.action = 1 AND c.member_id IS NULL AND `+e.tx.dialect.among("c.ordinal", 4),
			imp, ordinals[imp][0], list(e.tx.dialect, ordinals[imp]))
		if err != nil {
			return err
		}
	}
	return nil
}

// traceKeys finds the changes that name an address or a login ID of the people
// which nobody has any more: rejected rows, plans that came to nothing,
// invitations. What another member did or does have in their own history stays.
func (e *eraser) traceKeys(ctx context.Context) error {
	if err := e.leaveHeld(ctx); err != nil {
		return err
	}
	e.people.seal()
	d := e.tx.dialect
	emails, logins := list(d, slices.Sorted(maps.Keys(e.people.emails))), list(d, slices.Sorted(maps.Keys(e.people.logins)))
	mine := map[int64]map[int64]bool{}
	for imp, t := range e.touched {
		mine[imp] = map[int64]bool{}
		for _, seq := range t.seqs {
			mine[imp][seq] = true
		}
	}
	query := `SELECT c.import_id, c.seq FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id
		WHERE c.org_id = $1 AND (` + d.among("c.email_key", 2) + ` OR ` + d.among("c.login_key", 3) + `)
		AND NOT (i.state = 'applied' AND (c.action IN (3, 4) AND c.member_id IS NOT NULL OR c.action = 1)) AND (c.action <> 5 OR c.member_id IS NULL)
		ORDER BY c.import_id, c.seq`
	return each(ctx, e.tx, query, []any{e.r.Org, emails, logins}, func(scan func(...any) error) error {
		var imp, seq int64
		if err := scan(&imp, &seq); err != nil {
			return err
		}
		if !mine[imp][seq] {
			t := e.of(imp)
			t.seqs = append(t.seqs, seq)
		}
		return nil
	})
}

// leaveHeld drops the keys that a member has, or an invitation that is open.
func (e *eraser) leaveHeld(ctx context.Context) error {
	d := e.tx.dialect
	for _, q := range []struct {
		query string
		keys  map[string]bool
		args  []any
	}{
		{`SELECT email_key FROM member WHERE org_id = $1 AND ` + d.among("email_key", 2), e.people.emails, nil},
		{`SELECT login_key FROM member WHERE org_id = $1 AND ` + d.among("login_key", 2), e.people.logins, nil},
		{`SELECT email_key FROM invitation WHERE org_id = $1 AND state = 1 AND expires_at > $3 AND ` + d.among("email_key", 2), e.people.emails, []any{e.r.Now}},
	} {
		args := append([]any{e.r.Org, list(d, slices.Sorted(maps.Keys(q.keys)))}, q.args...)
		err := each(ctx, e.tx, q.query, args, func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			delete(q.keys, key)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// traceQuotes finds the changes of other people whose problems or notes quote
// one of those who are erased, and the rejected rows that name one in a cell
// which could not be understood. There is no index for this: it reads every
// change that has a problem or a note, as each reject does.
func (e *eraser) traceQuotes(ctx context.Context) error {
	return each(ctx, e.tx, `SELECT import_id, seq, coalesce(problems, ''), coalesce(notes, ''), action, coalesce(member_id, 0),
		coalesce(email, ''), coalesce(login_id, ''), coalesce(name, '') FROM change
		WHERE org_id = $1 AND (problems IS NOT NULL OR notes IS NOT NULL)`, []any{e.r.Org}, func(scan func(...any) error) error {
		var imp, seq, id int64
		var q quotes
		var action plan.Action
		cells := make([]string, 3)
		if err := scan(&imp, &seq, &q.problems, &q.notes, &action, &id, &cells[0], &cells[1], &cells[2]); err != nil {
			return err
		}
		names := e.people.in
		if action == plan.Reject && id == 0 {
			names = e.people.mentions
		}
		if action == plan.Reject && slices.ContainsFunc(cells, names) {
			t := e.of(imp)
			t.seqs = append(t.seqs, seq)
			return nil
		}
		var a, b bool
		var err1, err2 error
		q.problems, a, err1 = e.people.redact(q.problems, names)
		q.notes, b, err2 = e.people.redact(q.notes, names)
		if a || b {
			e.of(imp).redacted[seq] = q
		}
		return errors.Join(err1, err2)
	})
}

// traceOutcomes finds the imports whose header or problems as a whole quote one
// of them: of a file without a header it is its first row.
func (e *eraser) traceOutcomes(ctx context.Context) error {
	return each(ctx, e.tx, `SELECT `+importColumns+` FROM import WHERE org_id = $1 AND (outcome LIKE '%"problems":%' OR outcome LIKE '%"warnings":%' OR options LIKE '%"map"%')`,
		[]any{e.r.Org}, func(scan func(...any) error) error {
			i, err := scanImport(e.r.Org, scan)
			if err != nil {
				return err
			}
			_, a, err1 := e.people.redact(i.Outcome.Problems, e.people.mentions)
			_, b, err2 := e.people.redact(i.Outcome.Warnings, e.people.mentions)
			if a || b || e.people.redactHeader(&i.Header) {
				e.of(i.ID)
			}
			return errors.Join(err1, err2)
		})
}

// redactHeader takes the people out of the headers that mean nothing, and out of
// those that mean something only because somebody said so.
func (p *people) redactHeader(m *plan.Mapping) bool {
	found := false
	for i := range m.Columns {
		c := &m.Columns[i]
		called := func(name string) bool { return member.FoldHeader(name) == member.FoldHeader(c.Header) }
		if p.mentions(c.Header) && !slices.ContainsFunc(c.Attribute.Headers(), called) {
			c.Header, found = redacted, true
		}
	}
	return found
}

// traceFiles finds the kept files that name one of them only in rows of which
// nothing else is known: too short, too long, or with a stray quote.
func (e *eraser) traceFiles(ctx context.Context) error {
	lines := map[int64][]int{}
	err := each(ctx, e.tx, `SELECT c.import_id, c.line FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id
		WHERE c.org_id = $1 AND i.file_key IS NOT NULL AND c.action = 6 AND c.line IS NOT NULL
		AND c.member_id IS NULL AND c.email_key IS NULL AND c.login_key IS NULL ORDER BY c.import_id, c.seq`, []any{e.r.Org}, func(scan func(...any) error) error {
		var imp int64
		var line int
		err := scan(&imp, &line)
		if e.touched[imp] == nil {
			lines[imp] = append(lines[imp], line)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, imp := range slices.Sorted(maps.Keys(lines)) {
		i, err := e.tx.Import(ctx, e.r.Org, imp)
		if err != nil {
			return err
		}
		named, err := e.r.Names(ctx, i, lines[imp], e.people.mentions)
		if err != nil {
			return err
		}
		if named {
			e.of(imp)
		}
	}
	return nil
}
