package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
	"meibo/internal/storetest"
)

func TestR0_ADemoOrganisationHasSomeOfEverything(t *testing.T) {
	for language, file := range map[string]string{"en": "changes this month.csv", "ja": "今月の異動.csv"} {
		t.Run(language, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				h := bare(t, url)
				h.setUpDemo(language)
				h.demoIsDefined()
				h.demoImports(file)
				v, err := h.svc.Verify(h.Context(), h.owner)
				if err != nil || len(v.Findings) > 0 {
					h.Errorf("verify: %+v, %v", v.Findings, err)
				}
			})
		})
	}
}

func (h *house) setUpDemo(language string) {
	h.Helper()
	settings, err := plan.Settings{}.With(plan.Language, language)
	h.must(err)
	n := acme("O. Ito")
	n.OwnerPassword, n.Settings, n.Zone = annsPassword, settings, time.UTC
	h.owner, err = h.svc.SetUpDemo(h.Context(), n)
	h.must(err)
	if in, err := h.svc.SignIn(h.Context(), h.owner.Org, n.OwnerEmail, annsPassword); err != nil || in.MemberID != h.owner.MemberID {
		h.Errorf("the owner signs in: %+v, %v", in, err)
	}
}

// demoIsDefined looks at what members have, and at the members: names in both
// scripts, addresses that nobody can have.
func (h *house) demoIsDefined() {
	h.Helper()
	groups, err1 := h.svc.Groups(h.Context(), h.owner)
	brands, err2 := h.svc.Brands(h.Context(), h.owner)
	policies, err3 := h.svc.Policies(h.Context(), h.owner)
	roles, err4 := h.svc.Roles(h.Context(), h.owner)
	filters, err5 := h.svc.Filters(h.Context(), h.owner)
	fields, err6 := h.svc.Fields(h.Context(), h.owner)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		h.must(err)
	}
	if len(groups) != 6 || len(brands) != 2 || len(policies) != 3 || len(roles) != 3 || len(filters) != 3 || len(fields) != 4 {
		h.Errorf("%d groups, %d brands, %d policies, %d roles, %d filters, %d fields", len(groups), len(brands), len(policies), len(roles), len(filters), len(fields))
	}
	for _, f := range filters {
		if n, err := h.svc.Matches(h.Context(), h.owner, f.Name); err != nil || n == 0 {
			h.Errorf("the filter %s finds %d, %v", f.Name, n, err)
		}
	}
	for _, r := range roles {
		if r.Members == 0 {
			h.Errorf("nobody has the role %s", r.Code)
		}
	}
	list, err := h.svc.Members(h.Context(), h.owner, admin.Which{}, "", 1000)
	if err != nil || list.Total != 301 {
		h.Fatalf("%d members, %v", list.Total, err)
	}
	latin := 0
	for _, m := range list.Members {
		if m.Email != "" && !strings.HasSuffix(m.Email, ".example") {
			h.Errorf("member %d could get mail at %s", m.ID, m.Email)
		}
		if m.Name[0] < 0x80 {
			latin++
		}
	}
	if latin < 60 || latin > 100 {
		h.Errorf("%d of the names are in Latin letters", latin)
	}
}

// demoImports looks at the import that is finished, and at the one that waits: it
// can be applied, and undone.
func (h *house) demoImports(file string) {
	h.Helper()
	all, err := h.svc.Imports(h.Context(), h.owner, store.ImportQuery{})
	h.must(err)
	var files []store.Import
	for _, i := range all {
		if i.Kind == store.FileImport {
			files = append(files, i)
		}
	}
	if len(files) != 2 || files[1].State != store.Applied || files[1].Outcome.Counts[plan.Create] != 300 || files[1].ActorID != h.owner.MemberID {
		h.Fatalf("imports of files: %+v", files)
	}
	waits := files[0]
	c := waits.Outcome.Counts
	if waits.FileName != file || waits.State != store.Planned || c[plan.Create] < 10 || c[plan.Update] < 10 || c[plan.Delete] < 2 || c[plan.Keep] < 2 || c[plan.Reject] != 5 {
		h.Errorf("what waits: %s %s %v", waits.FileName, waits.State, c)
	}
	if mails, total, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{}); err != nil || total != 0 {
		h.Errorf("mails: %+v, %v", mails, err)
	}
	_, err = h.svc.Apply(h.Context(), h.owner, waits.ID, admin.ApplyOptions{Sum: waits.Sum})
	h.must(err)
}

// However far it came before the process was killed: the owner can have the rest made.
func TestR0_ADemoOrganisationThatWasBrokenOffIsFinished(t *testing.T) {
	for done := range admin.DemoSteps + 1 {
		t.Run(fmt.Sprint("after ", done, " steps"), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				h := bare(t, url)
				settings, err := plan.Settings{}.With(plan.Language, "en")
				h.must(err)
				n := acme("O. Ito")
				n.Settings = settings
				h.owner, err = h.svc.SetUpDemoForTest(h.Context(), n, done)
				h.must(err)
				if !h.owner.Org.Settings.DemoUnfinished() {
					h.Error("it is not marked as unfinished")
				}
				for range 2 { // asked twice, it is made once
					h.must(h.svc.FinishDemo(h.Context(), h.owner))
				}
				h.demoIsDefined()
				h.demoImports("changes this month.csv")
				operator, err := h.svc.Operator(h.Context(), "")
				h.must(err)
				if operator.Org.Settings.DemoUnfinished() {
					h.Error("it is still marked as unfinished")
				}
			})
		})
	}
}

func TestR0_OnlyAnOwnerFinishesADemoOrganisation(t *testing.T) {
	each(t, func(h *house) {
		h.add("ann")
		h.refused(h.svc.FinishDemo(h.Context(), h.as("ann")), problem.OwnerOnly)
	})
}
