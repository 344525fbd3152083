package admin_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// bare is a database in which nothing is set up.
func bare(t *testing.T, url string) *house {
	t.Helper()
	svc, err := admin.Open(t.Context(), admin.Config{Database: url, Key: func(bool) ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil },
		Files: filepath.Join(t.TempDir(), "files"), PasswordCost: &cheap})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &house{T: t, svc: svc, url: url}
}

func acme(ownerName string) admin.NewOrganisation {
	return admin.NewOrganisation{Name: "Acme", OwnerEmail: "owner@acme.example", OwnerName: ownerName, Zone: time.UTC}
}

// setUp holds M3 against the organisation that SetUp returned.
func (h *house) setUp(n admin.NewOrganisation) {
	h.Helper()
	actor, imp, err := h.svc.SetUp(h.Context(), n)
	if err != nil {
		h.Fatalf("set up: %v", err)
	}
	h.owner = actor
	m, err := h.svc.MemberForTest(h.Context(), actor, imp.FirstMember)
	if err != nil || m == nil || !m.Role.IsOwner() {
		h.Errorf("the owner is %+v, %v", m, err)
	}
	if v, err := h.svc.Verify(h.Context(), actor); err != nil || len(v.Findings) > 0 {
		h.Errorf("verify: %+v, %v", v.Findings, err)
	}
}

func TestM3_AnOwnerWhoCannotBeMadeLeavesNoOrganisation(t *testing.T) {
	for _, tt := range []struct {
		name        string
		email, call string
		code        problem.Code
	}{
		{"no address", "", "O. Ito", problem.EmailMalformed},
		{"a malformed address", "owner@", "O. Ito", problem.EmailMalformed},
		{"no name", "owner@acme.example", " ", problem.NameRequired},
		{"what a spreadsheet left of a name", "owner@acme.example", "#REF!", problem.DamagedError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				h := bare(t, url)
				n := acme(tt.call)
				n.OwnerEmail = tt.email
				if _, _, err := h.svc.SetUp(t.Context(), n); h.codeOf(err) != tt.code {
					t.Errorf("set up: %v, want %s", err, tt.code)
				}
				if _, err := h.svc.Operator(t.Context(), ""); h.codeOf(err) != problem.NotSetUp {
					t.Errorf("there is an organisation: %v", err)
				}
				h.setUp(acme("O. Ito"))
			})
		})
	}
}

// TestM3_SettingUpGoesOnWhereItWasBrokenOff breaks off between the organisation
// and its owner.
func TestM3_SettingUpGoesOnWhereItWasBrokenOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := bare(t, url)
		none := int64(0)
		n := acme("O. Ito")
		n.Seats = &none // no owner fits in
		if _, _, err := h.svc.SetUp(t.Context(), n); h.codeOf(err) != problem.SeatsMissing {
			t.Fatalf("set up without seats: %v", err)
		}
		ten := int64(10)
		n.Seats, n.Settings = &ten, plan.Settings{plan.BaseURL: "https://m.example/"}
		h.setUp(n)
		org, err := h.svc.Operator(t.Context(), "acme")
		if err != nil || *org.Org.Seats != 10 || org.Org.Settings[plan.BaseURL] != "https://m.example/" {
			t.Errorf("organisation = %+v, %v", org.Org, err)
		}
		if _, _, err := h.svc.SetUp(t.Context(), n); h.codeOf(err) != problem.OrganisationExists {
			t.Errorf("set up again: %v", err)
		}
	})
}

// TestM3_SettingUpTwiceAtOnceMakesOneOwner: one of the two is refused.
func TestM3_SettingUpTwiceAtOnceMakesOneOwner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := bare(t, url)
		ends := make(chan error, 2)
		for range 2 {
			go func() {
				_, _, err := h.svc.SetUp(context.WithoutCancel(t.Context()), acme("O. Ito"))
				ends <- err
			}()
		}
		done := 0
		for range 2 {
			if err := <-ends; err == nil {
				done++
			}
		}
		if done != 1 {
			t.Errorf("%d of two set it up", done)
		}
		var err error
		if h.owner, err = h.svc.Operator(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		if v, err := h.svc.Verify(t.Context(), h.owner); err != nil || len(v.Findings) > 0 {
			t.Errorf("verify: %+v, %v", v.Findings, err)
		}
	})
}

func TestG7_AnOrganisationIsNamedByItsCodeOrItsNameAndNoOtherIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := bare(t, url)
		n := acme("O. Ito")
		n.Code, n.Name = "north", "South"
		h.setUp(n)
		for _, other := range [][2]string{{"north", "North"}, {"south", "South"}, {"South", "New"}, {"new", "north"}} {
			n.Code, n.Name = other[0], other[1]
			if _, _, err := h.svc.SetUp(t.Context(), n); h.codeOf(err) != problem.OrganisationExists {
				t.Errorf("%v beside north, South: %v", other, err)
			}
		}
		n.Code, n.Name = "new", "New"
		h.setUp(n)
		for _, word := range []string{"new", "New"} {
			if a, err := h.svc.Operator(t.Context(), word); err != nil || a.Org.Code != "new" {
				t.Errorf("%s is %s, %v", word, a.Org.Code, err)
			}
		}
	})
}
