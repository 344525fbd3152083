package admin_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// saved saves an export under a name.
func (h *house) saved(name string, e admin.Export) {
	h.Helper()
	h.must(h.svc.SaveNamedExport(h.Context(), h.owner, name, e, false))
}

// named is what a named export writes.
func (h *house) named(a admin.Actor, name string, edit admin.ExportEdit) (string, error) {
	h.Helper()
	e, err := h.svc.ExportNamed(h.Context(), a, name, edit)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = h.svc.Export(h.Context(), a, e, &out, nil, nil)
	return strings.TrimPrefix(out.String(), "\ufeff"), err
}

func (h *house) namedIs(name string, edit admin.ExportEdit, want string) {
	h.Helper()
	if got, err := h.named(h.owner, name, edit); err != nil || got != want {
		h.Errorf("%s = %q, %v, want %q", name, got, err, want)
	}
}

// goneIs insists that a named export is refused, and that it is said what is gone.
func (h *house) goneIs(name string, edit admin.ExportEdit, want map[string]string) {
	h.Helper()
	_, err := h.named(h.owner, name, edit)
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != problem.NamedExportGone {
		h.Fatalf("%s: error = %v, want %s", name, err, problem.NamedExportGone)
	}
	for _, part := range []string{"groups", "columns", "filter", "inside"} {
		if p.Values[part] != want[part] {
			h.Errorf("%s: %s = %q, want %q", name, part, p.Values[part], want[part])
		}
	}
}

// three are three members in two groups.
func (h *house) three() {
	h.Helper()
	h.group("A")
	h.group("B")
	h.apply("email,name,groups\nann@x.example,Ann,A\nbob@x.example,Bob,B\ncas@x.example,Cas,A\n", plan.Options{Match: []string{"email"}})
}

func of[T any](v T) *T { return &v }

func TestE3_ANamedExportRepeatsWhatWasSaved(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		want := admin.Export{Which: admin.Which{Groups: []string{"A", "B"}, Expression: `name ne "Bob"`}, First: 1, Last: 9, Sample: 5, Seed: "7",
			Columns: []string{"name", "groups"}, Header: "ja", Format: "csv", Charset: "shift_jis", Delimiter: "semicolon", Replace: true}
		saving := want
		saving.Which.Filter, saving.Which.Expression = want.Which.Expression, ""
		h.saved("月次", saving)
		n, err := h.svc.NamedExport(t.Context(), h.owner, "月次")
		h.must(err)
		want.Named = "月次"
		if got, err := h.svc.ExportNamed(t.Context(), h.owner, "月次", admin.ExportEdit{}); err != nil || !equalExports(got, want) || !equalExports(n.Export, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
		if n.SavedBy != 0 || n.SavedAt != h.now.UnixMicro() || n.Missing() != nil {
			t.Errorf("named export = %+v", n)
		}
		got, err := h.named(h.owner, "月次", admin.ExportEdit{})
		h.must(err)
		if !strings.HasSuffix(got, ";A\r\nCas;A\r\n") || strings.Count(got, "\r\n") != 3 {
			t.Errorf("file = %q", got)
		}
		all, _, err := h.svc.Exports(t.Context(), h.owner, 1)
		h.must(err)
		if !strings.Contains(all[0].Selection, `"named":"月次"`) {
			t.Errorf("record = %s", all[0].Selection)
		}
	})
}

func equalExports(a, b admin.Export) bool {
	return slices.Equal(a.Which.Groups, b.Which.Groups) && a.Which.Filter == b.Which.Filter && a.Which.Expression == b.Which.Expression &&
		slices.Equal(a.Columns, b.Columns) && (a.Columns == nil) == (b.Columns == nil) && a.Named == b.Named && a.First == b.First && a.Last == b.Last &&
		a.Sample == b.Sample && a.Seed == b.Seed && a.Layout == b.Layout && a.Header == b.Header && a.Format == b.Format &&
		a.Charset == b.Charset && a.Delimiter == b.Delimiter && a.Replace == b.Replace
}

func TestE3_WhatIsChosenBesideANamedExportWins(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		h.saved("x", admin.Export{Which: admin.Which{Groups: []string{"A"}, Filter: `name sw "C"`}, Columns: []string{"name"}, Delimiter: "semicolon", Sample: 1, Seed: "1"})
		for _, tt := range []struct {
			name string
			edit admin.ExportEdit
			want string
		}{
			{"nothing", admin.ExportEdit{}, "name\r\nCas\r\n"},
			{"another filter", admin.ExportEdit{Filter: of(`name sw "A"`)}, "name\r\nAnn\r\n"},
			{"no filter and no sample", admin.ExportEdit{Filter: of(""), Sample: of(int64(0))}, "name\r\nAnn\r\nCas\r\n"},
			{"another group, no filter", admin.ExportEdit{Groups: &[]string{"B"}, Filter: of("")}, "name\r\nBob\r\n"},
			{"no groups, a range, no sample", admin.ExportEdit{Groups: &[]string{}, Filter: of(""), Sample: of(int64(0)), Range: &[2]int64{3, 3}}, "name\r\nBob\r\n"},
			{"columns, header and delimiter", admin.ExportEdit{Columns: &[]string{"email", "name"}, Header: of("en"), Delimiter: of("comma")}, "Email,Name\r\ncas@x.example,Cas\r\n"},
		} {
			got, err := h.named(h.owner, "x", tt.edit)
			if err != nil || !strings.EqualFold(strings.ReplaceAll(got, "E-mail address", "Email"), tt.want) {
				t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
		e, err := h.svc.ExportNamed(t.Context(), h.owner, "x", admin.ExportEdit{Columns: &[]string{}})
		if err != nil || e.Columns != nil {
			t.Errorf("columns taken away = %q, %v, want those of E3", e.Columns, err)
		}
	})
}

func TestE3_ANamedExportFollowsItsGroupsAndItsFilterWhateverTheyAreCalled(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		f := h.filterOf("with A", `name co "a"`)
		h.saved("x", admin.Export{Which: admin.Which{Groups: []string{"A"}, Filter: f}, Columns: []string{"name"}})
		_, err := h.svc.EditGroup(t.Context(), h.owner, "A", admin.GroupEdit{Name: of("Alpha")})
		h.must(err)
		_, err = h.svc.EditFilter(t.Context(), h.owner, f, admin.FilterEdit{Name: of("has a"), Expression: of(`name co "s"`)})
		h.must(err)
		_, err = h.svc.AddGroup(t.Context(), h.owner, member.Group{Name: "A"})
		h.must(err)
		h.filterOf("with A", `name pr`)
		h.namedIs("x", admin.ExportEdit{}, "name\r\nCas\r\n")
		n, err := h.svc.NamedExport(t.Context(), h.owner, "x")
		h.must(err)
		if !slices.Equal(n.Export.Which.Groups, []string{"Alpha"}) || n.Export.Which.Filter != "has a" {
			t.Errorf("shown as %+v", n.Export.Which)
		}
	})
}

// filterOf saves a filter that everyone sees.
func (h *house) filterOf(name, expression string) string {
	h.Helper()
	_, err := h.svc.AddFilter(h.Context(), h.owner, admin.FilterEdit{Name: &name, Expression: &expression, Share: []string{"everyone"}})
	h.must(err)
	return name
}

func TestE3_AnExpressionStaysOneThoughAFilterIsLaterCalledTheSame(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		h.saved("x", admin.Export{Which: admin.Which{Filter: `name sw "C"`}, Columns: []string{"name"}})
		h.filterOf(`name sw "C"`, `name sw "A"`)
		h.namedIs("x", admin.ExportEdit{}, "name\r\nCas\r\n")
	})
}

func TestE3_ANamedExportThatUsesWhatIsGoneSaysSoAndExportsNothing(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		_, err := h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "shoe", Type: member.Text})
		h.must(err)
		saved := h.filterOf("Leavers", `name co "a"`)
		h.saved("group", admin.Export{Which: admin.Which{Groups: []string{"A", "B"}}, Columns: []string{"name"}})
		h.saved("column", admin.Export{Columns: []string{"name", "shoe"}})
		h.saved("filter", admin.Export{Which: admin.Which{Filter: saved}, Columns: []string{"name"}})
		h.saved("inside", admin.Export{Which: admin.Which{Filter: `not (groups eq "a") and shoe pr`}, Columns: []string{"name"}})
		h.saved("all", admin.Export{Which: admin.Which{Groups: []string{"A"}, Filter: saved}, Columns: []string{"shoe"}})
		_, err = h.svc.DeleteGroup(t.Context(), h.owner, "A", admin.AnyMembers)
		h.must(err)
		_, err = h.svc.DeleteField(t.Context(), h.owner, "shoe", admin.FieldDeletion{ClearValues: true})
		h.must(err)
		h.must(h.svc.DeleteFilter(t.Context(), h.owner, saved))

		h.goneIs("group", admin.ExportEdit{}, map[string]string{"groups": "A"})
		h.goneIs("column", admin.ExportEdit{}, map[string]string{"columns": "shoe"})
		h.goneIs("filter", admin.ExportEdit{}, map[string]string{"filter": "Leavers"})
		h.goneIs("inside", admin.ExportEdit{}, map[string]string{"inside": "a\nshoe"})
		h.goneIs("all", admin.ExportEdit{}, map[string]string{"groups": "A", "columns": "shoe", "filter": "Leavers"})

		// A group, a field or a filter of the same name is another one.
		h.group("A")
		h.filterOf(saved, `name pr`)
		h.goneIs("group", admin.ExportEdit{}, map[string]string{"groups": "A"})
		h.goneIs("filter", admin.ExportEdit{}, map[string]string{"filter": "Leavers"})
		// What is chosen beside it takes the place of what is gone.
		h.namedIs("group", admin.ExportEdit{Groups: &[]string{"B"}}, "name\r\nBob\r\n")
		h.goneIs("all", admin.ExportEdit{Groups: &[]string{"B"}, Filter: of("")}, map[string]string{"columns": "shoe"})
		h.namedIs("all", admin.ExportEdit{Groups: &[]string{"B"}, Filter: of(""), Columns: &[]string{"name"}}, "name\r\nBob\r\n")

		exports, _, err := h.svc.Exports(t.Context(), h.owner, 0)
		h.must(err)
		if len(exports) != 2 {
			t.Errorf("%d exports recorded, want the 2 that were made", len(exports))
		}
	})
}

func TestE3_OnlyAnExportThatCanBeMadeIsSaved(t *testing.T) {
	each(t, func(h *house) {
		save := func(name string, e admin.Export, replace bool) error {
			return h.svc.SaveNamedExport(t.Context(), h.owner, name, e, replace)
		}
		h.refused(save(" ", admin.Export{}, false), problem.TitleInvalid)
		h.refused(save("x", admin.Export{Columns: []string{"shoe"}}, false), problem.ColumnUnknown)
		h.refused(save("x", admin.Export{Columns: []string{"password"}}, false), problem.ColumnUnknown)
		h.refused(save("x", admin.Export{Which: admin.Which{Groups: []string{"A"}}}, false), problem.GroupUnknown)
		h.refused(save("x", admin.Export{Which: admin.Which{Filter: "name"}}, false), problem.FilterUnknown)
		h.refused(save("x", admin.Export{Which: admin.Which{Filter: `groups eq "A"`}}, false), problem.GroupUnknown)
		h.refused(save("x", admin.Export{Charset: "klingon"}, false), problem.CharsetUnknown)
		h.refused(save("x", admin.Export{}, true), problem.NamedExportUnknown)
		h.must(save("x", admin.Export{Columns: []string{"name"}}, false))
		h.refused(save(" x ", admin.Export{}, false), problem.NamedExportTaken)
		h.refused(h.svc.CanSaveNamedExport(t.Context(), h.owner, "x", false), problem.NamedExportTaken)
		h.must(save("x", admin.Export{Columns: []string{"email"}}, true))
		n, err := h.svc.NamedExport(t.Context(), h.owner, "x")
		h.must(err)
		if !slices.Equal(n.Export.Columns, []string{"email"}) {
			t.Errorf("columns = %q", n.Export.Columns)
		}
		h.must(h.svc.DeleteNamedExport(t.Context(), h.owner, "x"))
		h.refused(h.svc.DeleteNamedExport(t.Context(), h.owner, "x"), problem.NamedExportUnknown)
		_, err = h.svc.ExportNamed(t.Context(), h.owner, "x", admin.ExportEdit{})
		h.refused(err, problem.NamedExportUnknown)
	})
}

func TestE3_WhoMayExportUsesNamedExportsAndWhoMayChangeThemSaves(t *testing.T) {
	each(t, func(h *house) {
		h.three()
		hidden := "hidden"
		_, err := h.svc.AddFilter(t.Context(), h.owner, admin.FilterEdit{Name: &hidden, Expression: of("name pr")})
		h.must(err)
		h.saved("x", admin.Export{Which: admin.Which{Groups: []string{"B"}}, Columns: []string{"name"}})
		h.saved("y", admin.Export{Which: admin.Which{Filter: hidden}, Columns: []string{"name"}})
		access, err := member.ParseAccess([]string{"members", "exports"}, nil)
		h.must(err)
		_, err = h.svc.AddRole(t.Context(), h.owner, member.CodedRole{Code: "r", Name: "R", Access: access})
		h.must(err)
		h.apply("email,name,system_permission,role\nreader@x.example,Reader,write,r\nnobody@x.example,Nobody,,\n", plan.Options{Match: []string{"email"}})

		reader, nobody := h.as("reader@x.example"), h.as("nobody@x.example")
		if got, err := h.named(reader, "x", admin.ExportEdit{}); err != nil || got != "name\r\nBob\r\n" {
			t.Errorf("a reader exports %q, %v", got, err)
		}
		_, err = h.named(reader, "y", admin.ExportEdit{}) // a filter that is not shared with the reader
		h.refused(err, problem.NamedExportGone)
		if all, err := h.svc.NamedExports(t.Context(), reader); err != nil || len(all) != 2 || all[0].Name != "x" || all[1].Gone.Filter != hidden {
			t.Errorf("a reader lists %+v, %v", all, err)
		}
		h.refused(h.svc.SaveNamedExport(t.Context(), reader, "z", admin.Export{}, false), problem.ActorForbidden)
		h.refused(h.svc.DeleteNamedExport(t.Context(), reader, "x"), problem.ActorForbidden)
		_, err = h.svc.ExportNamed(t.Context(), nobody, "x", admin.ExportEdit{})
		h.refused(err, problem.ActorForbidden)
		_, err = h.svc.NamedExports(t.Context(), nobody)
		h.refused(err, problem.ActorForbidden)
	})
}
