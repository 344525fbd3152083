package admin_test

import (
	"bytes"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// looks are the ways to look into an import that somebody holds, each with what
// it says and what it lets out.
func (h *house) looks(a admin.Actor, imp store.Import) map[string]func() (string, error) {
	return map[string]func() (string, error){
		"problems": func() (string, error) {
			f, err := h.svc.Problems(h.Context(), a, imp, 10)
			if len(f.Problems)+len(f.Warnings) > 0 {
				return "problems", err
			}
			return "", err
		},
		"changes": func() (out string, last error) {
			for c, err := range h.svc.Changes(h.Context(), a, imp, store.ChangeQuery{}) {
				out, last = out+c.After.Email, err
			}
			return out, last
		},
		"report": func() (out string, last error) {
			for r, err := range h.svc.Report(h.Context(), a, imp) {
				out, last = out+r.Key, err
			}
			return out, last
		},
		"table": func() (string, error) {
			var out bytes.Buffer
			err := h.svc.Table(h.Context(), a, imp, sheet.CSV, english, &out)
			return out.String(), err
		},
		"own file": func() (string, error) {
			var out bytes.Buffer
			err := h.svc.OwnFile(h.Context(), a, imp, english, english, &out)
			return out.String(), err
		},
	}
}

// closed insists that an actor is told nothing of an import but one code.
func (h *house) closed(a admin.Actor, imp store.Import, want problem.Code) {
	h.Helper()
	for name, look := range h.looks(a, imp) {
		if out, err := look(); h.codeOf(err) != want || out != "" {
			h.Errorf("%s: %v, want %q; it let out %q", name, err, want, out)
		}
	}
}

func TestG7_AnImportIsShownOnlyToThoseWhoMayReadImports(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("email,name\nann@x.example,Ann\nbad,Bad\n", plan.Options{})
		// A problem of the file as a whole is no row, and is kept back too.
		imp.Outcome.Problems = plan.ProblemsJSON([]problem.Problem{problem.New(problem.FileEmpty)})
		h.closed(h.writer("clerk@x.example", []string{"members"}, nil), imp, problem.ActorForbidden)
		h.reads(h.writer("reader@x.example", []string{"imports"}, nil), imp)
	})
}

func TestG7_AnImportOfAnotherOrganisationIsUnknown(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("email,name\nann@x.example,Ann\nbad,Bad\n", plan.Options{})
		n := acme("O. Sato")
		n.Name = "Other"
		other, edit, err := h.svc.SetUp(h.Context(), n)
		if err != nil {
			h.Fatal(err)
		}
		h.closed(other, imp, problem.ImportUnknown)
		h.closed(h.owner, edit, problem.ImportUnknown)
		h.reads(h.owner, imp)
	})
}

// reads insists that the actor is shown all there is.
func (h *house) reads(a admin.Actor, imp store.Import) {
	h.Helper()
	for name, look := range h.looks(a, imp) {
		if out, err := look(); err != nil || out == "" {
			h.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

func TestG5_NamesAreForThoseWhoMayReadWhatBearsThem(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nclerk@x.example,Clerk\n", plan.Options{})
		for area, want := range map[member.Area]problem.Code{
			member.MembersArea: "", member.ImportsArea: "", member.HistoryArea: "", member.InvitationsArea: "", member.FiltersArea: "",
			member.SettingsArea: problem.ActorForbidden, member.ExportsArea: problem.ActorForbidden} {
			_, err := h.svc.SetDefaultAccess(h.Context(), h.owner, func(member.Access) (member.Access, error) {
				return member.ParseAccess([]string{string(area)}, nil)
			})
			h.must(err)
			operator, err := h.svc.Operator(h.Context(), "")
			h.must(err)
			a, err := h.svc.As(h.Context(), operator, "clerk@x.example")
			h.must(err)
			if m, err := h.svc.Masters(h.Context(), a); h.codeOf(err) != want || (m == nil) != (want != "") {
				h.Errorf("%s: %v, %v, want %q", area, m, err, want)
			}
		}
	})
}
