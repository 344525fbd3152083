package web

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// timeOf is a stored time in the organisation's zone.
func (q *request) timeOf(micros int64) string {
	return q.say.Time(time.UnixMicro(micros).In(q.actor.Org.Zone))
}

// mailCounts is how many mails of an import there are in each state, and some that
// failed.
type mailCounts struct {
	Of     map[store.MailState]int64
	Open   map[store.MailState]int64 // of those held and failed: that can still be sent
	Failed []store.Mail
}

func (q *request) mailCounts(ctx context.Context, imp store.Import) (mailCounts, error) {
	c := mailCounts{Of: map[store.MailState]int64{}, Open: map[store.MailState]int64{}}
	for _, state := range store.MailStates {
		mails, total, err := q.svc.Mails(ctx, q.actor, store.MailQuery{Import: imp.ID, State: state, Limit: shownAddresses})
		if err != nil {
			return c, err
		}
		if c.Of[state] = total; state == store.MailFailed {
			c.Failed = mails
		}
	}
	for _, state := range []store.MailState{store.MailHeld, store.MailFailed} {
		n, err := q.openMails(imp.ID, state)
		if err != nil {
			return c, err
		}
		c.Open[state] = n
	}
	return c, nil
}

// releaseMails lets the held mails of an import be sent, and those that failed once
// more.
func (q *request) releaseMails() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	if q.value("failed") != "" {
		_, _, err = q.svc.RetryMails(q.r.Context(), q.actor, nil, imp.ID)
	} else {
		_, _, err = q.svc.ReleaseMails(q.r.Context(), q.actor, imp.ID)
	}
	return q.after(importView{Imp: imp}, imp.ID, err)
}

// sendFirstPasswords mails links to a first password to those whom an import made.
func (q *request) sendFirstPasswords() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	accept := map[string]int64{}
	if typed := q.number("accept"); typed > 0 {
		accept[plan.MailsBrake] = typed
	}
	n, err := q.svc.SendFirstPasswords(q.r.Context(), q.actor, imp.ID, accept)
	if err != nil {
		return q.after(importView{Imp: imp}, imp.ID, err)
	}
	return q.redirect("/imports/" + number(imp.ID) + "?links=" + number(n))
}

// report sends the report of an import: the person's own file, or a table (SPEC A5).
func (q *request) report() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	ctx, base := q.r.Context(), strings.TrimSuffix(imp.FileName, path.Ext(imp.FileName))
	if base == "" {
		base = "import-" + number(imp.ID)
	}
	switch form := q.value("form"); form {
	case "own":
		name := base + "-" + q.say.Say("report.column.result") + "." + string(imp.Header.Format)
		return q.download(name, mediaType(string(imp.Header.Format)), func(w io.Writer) error {
			return q.svc.OwnFile(ctx, q.actor, imp, q.say, locale.New("en"), w)
		})
	case "xlsx":
		return q.download(base+"-"+number(imp.ID)+".xlsx", mediaType(form), func(w io.Writer) error {
			return q.svc.Table(ctx, q.actor, imp, "xlsx", q.say, w)
		})
	case "json":
		return q.download(base+"-"+number(imp.ID)+".json", "application/json", func(w io.Writer) error {
			return q.svc.ReportJSON(ctx, q.actor, imp, q.say, w)
		})
	default:
		return q.download(base+"-"+number(imp.ID)+".csv", mediaType("csv"), func(w io.Writer) error {
			return q.svc.Table(ctx, q.actor, imp, "csv", q.say, w)
		})
	}
}

// passwords sends the random passwords of an import, and destroys what they are
// made from when all of them were sent (SPEC P6).
func (q *request) passwords() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	ctx := q.r.Context()
	err = q.download("passwords-"+number(imp.ID)+".csv", mediaType("csv"), func(w io.Writer) error {
		if _, err := q.svc.Passwords(ctx, q.actor, imp.ID, w); err != nil {
			return err
		}
		if err := http.NewResponseController(q.w).Flush(); err != nil {
			return err // whoever asked has gone: they can be fetched again
		}
		return q.svc.ForgetPasswords(ctx, q.actor, imp.ID)
	})
	if _, ok := asProblem(err); ok {
		return q.after(importView{Imp: imp}, imp.ID, err)
	}
	return err
}

// hasOwnFile reports whether the file of an import can be given back.
func hasOwnFile(imp store.Import) bool { return admin.HasOwnFile(imp) && imp.FileKey != "" }

// place says where something is wrong; where there is no line, with whom.
func (q *request) place(p admin.RowProblem) string {
	at := p.Place
	switch {
	case at.Line > 0 && at.Header != "":
		return q.say.Say("place.header", "line", at.Line, "column", at.Column, "header", at.Header)
	case at.Line > 0 && at.Column != "":
		return q.say.Say("place.cell", "line", at.Line, "column", at.Column)
	case at.Line > 0:
		return q.say.Say("place.line", "line", at.Line)
	case p.Member.Name != "" || p.Member.Email != "":
		return strings.TrimSpace(p.Member.Name + " " + p.Member.Email)
	case p.Member.ID > 0:
		return "#" + number(p.Member.ID)
	}
	return q.say.Say("place.file")
}

// linesOf names the lines of a fold in one sentence, where several rows have the very
// same problem in the same column; else it is empty.
func (q *request) linesOf(f admin.Fold) string {
	if len(f.First) < 2 {
		return ""
	}
	first := f.First[0]
	lines := make([]string, len(f.First))
	for i, p := range f.First {
		if p.Place.Line == 0 || p.Place.Column != first.Place.Column || q.say.What(p.Problem) != q.say.What(first.Problem) {
			return ""
		}
		lines[i] = number(int64(p.Place.Line))
	}
	more := ""
	if f.Count > int64(len(lines)) {
		more = " …"
	}
	return q.say.Say("web.problems.lines", "header", first.Place.Header, "lines", strings.Join(lines, ", ")+more)
}

// because names the attribute that a conflict is about.
func (v importView) because(q *request, p problem.Problem) string {
	return q.label(p.Place.Attribute, v.Masters)
}
