package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var filterRoutes = []route{
	{http.MethodGet, "/filters", reading(member.FiltersArea), (*request).filters},
	{http.MethodPost, "/filters", writing(member.FiltersArea), (*request).addFilter},
	{http.MethodGet, "/filters/new", reading(member.FiltersArea), (*request).newFilter},
	{http.MethodPost, "/filters/build", reading(member.FiltersArea), (*request).buildFilter},
	{http.MethodPost, "/filters/preview", reading(member.FiltersArea), (*request).previewFilter},
	{http.MethodGet, "/filters/{id}", reading(member.FiltersArea), (*request).filter},
	{http.MethodPost, "/filters/{id}", writing(member.FiltersArea), (*request).saveFilter},
	{http.MethodPost, "/filters/{id}/delete", writing(member.FiltersArea), (*request).deleteFilter},
}

// A filterForm is a filter in inputs: as rows, or as text.
type filterForm struct {
	Saved      store.Filter // as it is stored; ID 0: a new one
	MayChange  bool
	Name       string
	Share      string   // me, everyone, groups
	Groups     []string // IDs, with groups
	AsText     bool     // otherwise as rows
	Rows       *branch
	Open       int    // rows without a value
	Expression string // of the rows, or as typed
	Unfit      bool   // rows cannot show the expression
	Focus      string // path of the row or branch where the reader goes on
	Problem    string // what is wrong, as a sentence
	Masters    *plan.Masters
	build      *builder
	Preview    preview
}

// A preview is whom an expression chooses.
type preview struct {
	Hidden  bool // the reader may see no members
	Page    admin.MemberPage
	Problem string
	// GroupsGone are groups that the expression asks for and that there are not.
	GroupsGone []string
}

// previewed is how many of the members are shown (SPEC G4).
const previewed = 20

func (q *request) filters() error {
	all, err := q.svc.Filters(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	masters, err := q.svc.Masters(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	return q.page(q.say.Say("web.nav.filters"), filtersPage(q, all, masters))
}

// filterForm makes the form of a saved filter, or of a new one.
func (q *request) filterForm(saved store.Filter) (*filterForm, error) {
	masters, err := q.svc.Masters(q.r.Context(), q.actor)
	if err != nil {
		return nil, err
	}
	f := &filterForm{Saved: saved, MayChange: saved.ID == 0 || q.actor.MayChangeFilter(saved), Name: saved.Name, Share: saved.Share,
		Expression: saved.Expression, Masters: masters, build: newBuilder(masters.Fields)}
	for _, id := range saved.GroupIDs {
		f.Groups = append(f.Groups, strconv.FormatInt(id, 10))
	}
	if f.Share == "" {
		f.Share = store.ShareMe
	}
	return f, nil
}

// showAsRows shows the expression as rows, if it fits; otherwise it stays text.
func (q *request) showAsRows(f *filterForm) {
	if f.Expression == "" {
		f.AsText, f.Rows = false, f.build.empty()
		_, f.Open = f.build.node(f.Rows)
		return
	}
	parsed, err := member.ParseFilter(f.Expression)
	if err == nil {
		err = parsed.Check(f.build.fields)
	}
	if p, ok := asProblem(err); ok {
		f.AsText, f.Problem = true, q.say.Problem(p)
		return
	}
	rows, fits := f.build.branchOf(parsed)
	f.AsText, f.Unfit = !fits, !fits
	if fits {
		f.Rows, f.Expression = rows, parsed.String()
	}
}

// typedFilter takes the form as it was sent.
func (q *request) typedFilter(saved store.Filter) (*filterForm, error) {
	f, err := q.filterForm(saved)
	if err != nil {
		return nil, err
	}
	f.Name, f.Share = q.value("name"), q.value("share")
	form := q.r.PostForm
	f.Groups = slices.DeleteFunc(slices.Clone(form["group"]), isEmpty)
	if f.AsText = form.Get("mode") == "text"; f.AsText {
		f.Expression = member.Trim(form.Get("expression"))
		return f, nil
	}
	f.Rows = f.build.read(form, rootPath, 0)
	f.write()
	return f, nil
}

// write makes the text of the rows.
func (f *filterForm) write() {
	var root member.Node
	root, f.Open = f.build.node(f.Rows)
	f.Expression = member.Filter{Root: root}.String()
}

// look finds out whom the expression chooses.
func (q *request) look(f *filterForm) error {
	if f.Preview.Hidden = !q.may(member.MembersArea, member.ReadAccess); f.Preview.Hidden || f.Problem != "" {
		return nil
	}
	var err error
	f.Preview.GroupsGone, err = admin.GoneInside(f.Expression, f.Masters)
	if err == nil {
		f.Preview.Page, err = q.svc.MemberPage(q.r.Context(), q.actor, admin.Which{Expression: f.Expression}, "", store.PageAt{}, previewed)
	}
	if p, ok := asProblem(err); ok {
		f.Preview.Problem = q.say.Problem(p)
		return nil
	}
	return err
}

func (q *request) showFilter(status int, f *filterForm) error {
	if err := q.look(f); err != nil {
		return err
	}
	title := q.say.Say("web.filters.new")
	if f.Saved.ID != 0 {
		title = f.Saved.Name
	}
	return q.pageAs(status, title, filterPage(q, f))
}

func (q *request) newFilter() error {
	if _, err := q.svc.Filters(q.r.Context(), q.actor); err != nil {
		return err
	}
	f, err := q.filterForm(store.Filter{})
	if err != nil {
		return err
	}
	f.Expression = q.value("expression")
	if saved, err := q.svc.Filter(q.r.Context(), q.actor, f.Expression); err == nil {
		f.Expression = saved.Expression // the list was asked for a saved filter by its name
	} else if _, unknown := asProblem(err); !unknown {
		return err
	}
	q.showAsRows(f)
	return q.showFilter(http.StatusOK, f)
}

// savedFilter is the filter that the address names, or that the form is about.
func (q *request) savedFilter(id string) (store.Filter, error) {
	all, err := q.svc.Filters(q.r.Context(), q.actor)
	if err != nil {
		return store.Filter{}, err
	}
	at := slices.IndexFunc(all, func(f store.Filter) bool { return strconv.FormatInt(f.ID, 10) == id })
	if at < 0 {
		return store.Filter{}, problem.Of(problem.NotFound, problem.FilterUnknown, "name", id)
	}
	return all[at], nil
}

func (q *request) filter() error {
	saved, err := q.savedFilter(q.r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := q.filterForm(saved)
	if err != nil {
		return err
	}
	q.showAsRows(f)
	return q.showFilter(http.StatusOK, f)
}

// sentFilter is the form that was sent while it is being filled in: nothing of it
// is stored.
func (q *request) sentFilter() (*filterForm, error) {
	if _, err := q.svc.Filters(q.r.Context(), q.actor); err != nil {
		return nil, err
	}
	saved, err := q.savedFilter(q.value("id"))
	if p, ok := asProblem(err); ok && p.Kind == problem.NotFound {
		saved, err = store.Filter{}, nil // a new one
	}
	if err != nil {
		return nil, err
	}
	return q.typedFilter(saved)
}

// buildFilter adds and takes away rows, or changes between rows and text.
func (q *request) buildFilter() error {
	f, err := q.sentFilter()
	if err != nil {
		return err
	}
	switch do := q.value("do"); do {
	case "text":
		f.AsText, f.Focus = true, "expression"
	case "rows":
		q.showAsRows(f)
		f.Focus = rootPath
	default:
		if !f.AsText {
			f.Focus = f.build.change(f.Rows, do)
			f.write()
		}
	}
	if !q.partial() {
		return q.showFilter(http.StatusOK, f)
	}
	q.w.Header().Set("HX-Trigger-After-Swap", "conditions") // whom they choose is looked at anew
	return q.show(http.StatusOK, conditionBuilder(q, f))
}

func (q *request) previewFilter() error {
	f, err := q.sentFilter()
	if err != nil {
		return err
	}
	if err := q.look(f); err != nil {
		return err
	}
	return q.show(http.StatusOK, filterMatches(q, f))
}

// edit is what a filter is to be like.
func (f *filterForm) edit() admin.FilterEdit {
	e := admin.FilterEdit{Name: &f.Name, Expression: &f.Expression, Share: []string{f.Share}}
	if f.Share == store.ShareGroups {
		e.Share = f.Groups
	}
	return e
}

// unfinished says why a form cannot be saved yet; empty if it can.
func (q *request) unfinished(f *filterForm) string {
	switch {
	case f.Open > 0:
		return q.say.Say("web.filters.open", "n", f.Open)
	case f.Share == store.ShareGroups && len(f.Groups) == 0:
		return q.say.Say("web.filters.share.none")
	}
	return ""
}

func (q *request) addFilter() error {
	return q.storeFilter(store.Filter{}, func(e admin.FilterEdit) (store.Filter, error) {
		return q.svc.AddFilter(q.r.Context(), q.actor, e)
	})
}

func (q *request) saveFilter() error {
	saved, err := q.savedFilter(q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.storeFilter(saved, func(e admin.FilterEdit) (store.Filter, error) {
		return q.svc.EditFilter(q.r.Context(), q.actor, saved.Name, e)
	})
}

// storeFilter saves a form with save, or shows it again with what is wrong.
func (q *request) storeFilter(saved store.Filter, save func(admin.FilterEdit) (store.Filter, error)) error {
	if err := q.actor.Insist(member.FiltersArea, member.WriteAccess); err != nil {
		return err
	}
	f, err := q.typedFilter(saved)
	if err != nil {
		return err
	}
	if sentence := q.unfinished(f); sentence != "" {
		f.Problem = sentence
		return q.showFilter(http.StatusUnprocessableEntity, f)
	}
	stored, err := save(f.edit())
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		f.Problem = q.say.Problem(p)
		return q.showFilter(statusOf(p), f)
	}
	if err != nil {
		return err
	}
	return q.redirect("/filters?" + url.Values{"saved": {strconv.FormatInt(stored.ID, 10)}}.Encode())
}

func (q *request) deleteFilter() error {
	saved, err := q.savedFilter(q.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := q.svc.DeleteFilter(q.r.Context(), q.actor, saved.Name); err != nil {
		return err
	}
	return q.redirect("/filters?deleted=1")
}
