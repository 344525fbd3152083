package web

import (
	"io"
	"net/http"
	"slices"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

var batchRoutes = []route{
	{http.MethodGet, "/batch", reading(member.MembersArea), (*request).batch},
	{http.MethodPost, "/batch/count", reading(member.ExportsArea), (*request).exportCount},
	{http.MethodPost, "/batch/download", reading(member.ExportsArea), (*request).exportMembers},
	{http.MethodPost, "/batch/background", reading(member.ExportsArea), (*request).exportLater},
	{http.MethodPost, "/batch/files", reading(member.ExportsArea), (*request).exportFiles},
	{http.MethodPost, "/batch/save", writing(member.ExportsArea), (*request).saveExport},
	{http.MethodPost, "/batch/template", reading(member.MembersArea), (*request).template},
}

// A batchForm is what the page shows: what may be downloaded, what was chosen, and
// what went wrong with it or with a file that was sent.
type batchForm struct {
	Members  int64 // everyone
	Export   exportForm
	Masters  *plan.Masters
	Filters  []string // names of the saved filters
	Named    []string // names of the saved exports
	Problem  string
	Filter   string // what is wrong with the filter, as a sentence
	Ask      bool   // whether characters that the charset cannot hold are to be replaced
	Done     string // what was done
	Download bool   // the reader may
	Upload   bool
}

func (q *request) batch() error {
	f := batchForm{Export: exportForm{Export: admin.Export{Header: q.say.Lang()}}}
	if name := q.value("named"); name != "" && q.mayDownload() {
		named, err := q.svc.NamedExport(q.r.Context(), q.actor, name)
		if p, ok := asProblem(err); ok {
			f.Problem = q.say.Problem(p)
			return q.showBatch(statusOf(p), f)
		}
		if err != nil {
			return err
		}
		f.Export = exportForm{Export: named.Export, Save: named.Name}
		if p, ok := asProblem(named.Missing()); ok {
			f.Problem = q.say.Problem(p)
		}
	}
	return q.showBatch(http.StatusOK, f)
}

func (q *request) mayDownload() bool {
	return q.may(member.MembersArea, member.ReadAccess) && q.may(member.ExportsArea, member.ReadAccess)
}

// showBatch completes what the page shows.
func (q *request) showBatch(status int, f batchForm) error {
	ctx := q.r.Context()
	f.Download, f.Upload = q.mayDownload(), q.may(member.ImportsArea, member.WriteAccess)
	everyone, err := q.svc.Members(ctx, q.actor, admin.Which{}, "", 0)
	if p, ok := asProblem(err); ok && f.Upload && p.Kind == problem.Forbidden { // who may only upload
		err = nil
	}
	if err != nil {
		return err
	}
	f.Members = everyone.Total
	if f.Masters, err = q.svc.Masters(ctx, q.actor); err != nil {
		return err
	}
	if f.Download {
		if err := q.completeDownload(&f); err != nil {
			return err
		}
	}
	return q.pageAs(status, q.say.Say("web.nav.batch"), batchPage(q, f))
}

func (q *request) completeDownload(f *batchForm) (err error) {
	if f.Filters, err = q.filterNames(); err != nil {
		return err
	}
	named, err := q.svc.NamedExports(q.r.Context(), q.actor)
	for _, n := range named {
		f.Named = append(f.Named, n.Name)
	}
	return err
}

// exportCount says how many members a form would export.
func (q *request) exportCount() error {
	form, err := q.exportForm()
	if err == nil {
		form.Count, err = q.svc.ExportCount(q.r.Context(), q.actor, form.Export)
	}
	var c count
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		c.Problem, c.Filter = q.besideFilter(p)
	} else if err != nil {
		return err
	}
	c.N = form.Count
	return q.show(http.StatusOK, countPart(q, c))
}

// A count is how many members would be exported, or why that cannot be said.
type count struct {
	N               int64
	Problem, Filter string // sentences; see besideFilter
}

// besideFilter says a problem in the sentence that belongs to the filter, or in
// that of the whole form; the other is empty.
func (q *request) besideFilter(p problem.Problem) (general, filter string) {
	switch p.Code {
	case problem.FilterSyntax, problem.FilterAttributeUnknown, problem.FilterType, problem.FilterTooLong, problem.FilterTooDeep, problem.FilterUnknown:
		return "", q.say.Problem(p)
	}
	return q.say.Problem(p), ""
}

func (q *request) exportMembers() error {
	form, err := q.exportForm()
	if err == nil {
		form.Text = q.textIn(form.Header)
		kind := "csv"
		if form.Format == "xlsx" {
			kind = form.Format
		}
		err = q.download(q.exportName(kind), mediaType(kind), func(w io.Writer) error {
			_, err := q.svc.Export(q.r.Context(), q.actor, form.Export, w, nil, nil)
			return err
		})
	}
	return q.exported(form, err)
}

// exportFiles sends the files in the fields of the members whom a form chooses.
func (q *request) exportFiles() error {
	form, err := q.exportForm()
	if err == nil {
		err = q.download(q.exportName("zip"), mediaType("zip"), func(w io.Writer) error {
			_, err := q.svc.ExportFiles(q.r.Context(), q.actor, form.Export, w, nil)
			return err
		})
	}
	return q.exported(form, err)
}

// exported shows the form again where it could not be done.
func (q *request) exported(form exportForm, err error) error {
	p, ok := asProblem(err)
	if !ok || p.Kind == problem.Forbidden {
		return err
	}
	f := batchForm{Export: form, Ask: p.Code == problem.CharsetCannotHold}
	f.Problem, f.Filter = q.besideFilter(p)
	return q.showBatch(statusOf(p), f)
}

// saveExport saves a form under a name: in place of the one that it was made from,
// or as a new one.
func (q *request) saveExport() error {
	form, err := q.exportForm()
	if err == nil {
		err = q.svc.SaveNamedExport(q.r.Context(), q.actor, form.Save, form.Export, form.Save != "" && form.Save == form.Named)
	}
	if err != nil {
		return q.exported(form, err)
	}
	return q.redirect("/batch?named=" + escape(form.Save))
}

// textIn speaks the language of headers, or the reader's.
func (q *request) textIn(header string) *locale.Printer {
	if header == "en" || header == "ja" {
		return locale.New(header)
	}
	return q.say
}

func (q *request) exportName(kind string) string {
	return q.say.Say("web.nav.members") + "-" + q.now().In(q.actor.Org.Zone).Format("20060102-1504") + "." + kind
}

// template sends a file to fill in: the invitation workbook with every member, or a
// sample of the register layout (SPEC L1, E5).
func (q *request) template() error {
	if _, err := q.svc.Members(q.r.Context(), q.actor, admin.Which{}, "", 0); err != nil {
		return err
	}
	t := admin.Template{Layout: plan.Register, Lang: q.value("lang"), Format: "csv", Text: q.textIn(q.value("lang"))}
	name := q.say.Say("web.layout.register")
	if q.value("layout") == string(plan.InviteSheet) {
		t.Layout, t.Format, name = plan.InviteSheet, "xlsx", q.say.Say("web.layout.invitation")
	}
	if !slices.Contains([]string{"en", "ja"}, t.Lang) {
		t.Lang = q.say.Lang()
	}
	err := q.download(name+"."+t.Format, mediaType(t.Format), func(w io.Writer) error {
		return q.svc.Template(q.r.Context(), q.actor, t, w)
	})
	if p, ok := asProblem(err); ok {
		return q.showBatch(http.StatusOK, batchForm{Problem: q.say.Problem(p)})
	}
	return err
}
