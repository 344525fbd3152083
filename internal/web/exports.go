package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var exportRoutes = []route{
	{http.MethodGet, "/exports", reading(member.ExportsArea), (*request).exports},
	{http.MethodGet, "/exports/jobs", reading(member.ExportsArea), (*request).exportJobs},
	{http.MethodGet, "/exports/jobs/{id}/file", reading(member.ExportsArea), (*request).exportedFile},
	{http.MethodPost, "/exports/jobs/{id}/cancel", reading(member.ExportsArea), (*request).cancelExport},
	{http.MethodPost, "/exports/delete", writing(member.ExportsArea), (*request).deleteExport},
}

// shownExports is how many records of exports the page shows.
const shownExports = 100

// An exportList are the latest exports and the saved ones.
type exportList struct {
	Exports []store.Export
	Names   map[int64]string // of who made them
	Named   []admin.NamedExport
	Jobs    []admin.ExportJob // in the background
	Deleted string            // name of a saved one that was deleted just now
}

func (q *request) exports() (err error) {
	l := exportList{Deleted: q.value("deleted")}
	if l.Exports, l.Names, err = q.svc.Exports(q.r.Context(), q.actor, shownExports); err != nil {
		return err
	}
	if q.mayDownload() {
		if l.Named, err = q.svc.NamedExports(q.r.Context(), q.actor); err != nil {
			return err
		}
		if l.Jobs, err = q.svc.ExportJobs(q.r.Context(), q.actor); err != nil {
			return err
		}
	}
	return q.page(q.say.Say("web.nav.exports"), exportsPage(q, l))
}

func (q *request) deleteExport() error {
	if err := q.svc.DeleteNamedExport(q.r.Context(), q.actor, q.value("name")); err != nil {
		return err
	}
	return q.redirect("/exports?deleted=" + escape(q.value("name")))
}

// An exportRecord is what the record of an export says of which members it was.
type exportRecord struct {
	Named  string
	Groups []string
	Filter string
	IDs    []int64
	First  int64
	Last   int64
	Sample int64
	Files  bool
}

// selected says of which members an export was, in a few words.
func (q *request) selected(e store.Export) string {
	var r exportRecord
	if err := json.Unmarshal([]byte(e.Selection), &r); err != nil {
		return ""
	}
	var words []string
	add := func(on bool, word string) {
		if on {
			words = append(words, word)
		}
	}
	add(r.Named != "", r.Named)
	add(len(r.Groups) > 0, strings.Join(r.Groups, ", "))
	add(r.Filter != "", r.Filter)
	add(len(r.IDs) > 0, q.say.Say("web.exports.rows", "n", len(r.IDs)))
	add(r.First > 0 || r.Last > 0, number(max(1, r.First))+" ~ "+atMost(r.Last))
	add(r.Sample > 0, q.say.Say("web.exports.sample", "n", r.Sample))
	add(r.Files, q.say.Say("web.upload.zip"))
	if len(words) == 0 {
		return q.say.Say("web.exports.everyone")
	}
	return strings.Join(words, " · ")
}

// atMost is the end of a range; nothing if it has none.
func atMost(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// exportLater queues an export to be made in the background.
func (q *request) exportLater() error {
	form, err := q.exportForm()
	if err == nil {
		kind := "csv"
		if form.Format == "xlsx" {
			kind = form.Format
		}
		form.Text = q.textIn(form.Header)
		_, err = q.svc.SubmitExport(q.r.Context(), q.actor, form.Export, q.exportName(kind))
	}
	if err != nil {
		return q.exported(form, err)
	}
	return q.redirect("/exports#jobs")
}

// exportJobs is the table of exports in the background, as it stands now.
func (q *request) exportJobs() error {
	jobs, err := q.svc.ExportJobs(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, jobsTable(q, jobs))
}

// cancelExport stops an export in the background. One that was done meanwhile is there.
func (q *request) cancelExport() error {
	id, err := strconv.ParseInt(q.r.PathValue("id"), 10, 64)
	if err != nil {
		return q.unknownPage()
	}
	err = q.svc.CancelExport(q.r.Context(), q.actor, id)
	if p, ok := asProblem(err); err != nil && (!ok || p.Code != problem.NothingToCancel) {
		return err
	}
	return q.redirect("/exports#jobs")
}

// exportedFile gives out what an export in the background wrote.
func (q *request) exportedFile() error {
	id, err := strconv.ParseInt(q.r.PathValue("id"), 10, 64)
	if err != nil {
		return q.unknownPage()
	}
	f, err := q.svc.OpenExport(q.r.Context(), q.actor, id)
	if err != nil {
		return err
	}
	err = q.download(f.Name, mediaType(strings.TrimPrefix(filepath.Ext(f.Name), ".")), func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(f, 0, f.Size()))
		return err
	})
	return errors.Join(err, f.Close())
}

// awaited reports whether some of the exports are still to be made.
func awaited(jobs []admin.ExportJob) bool {
	return slices.ContainsFunc(jobs, func(j admin.ExportJob) bool { return j.State == store.ExportQueued })
}

// jobProblem is why an export in the background failed.
func (q *request) jobProblem(j admin.ExportJob) string {
	if j.Problem == nil {
		return q.say.Say("web.exports.job.failed")
	}
	return q.say.Problem(*j.Problem)
}
