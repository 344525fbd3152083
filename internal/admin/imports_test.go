package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestA8_TheSameFileWithTheSameOptionsIsTold(t *testing.T) {
	const file = "email,name\nann@x.example,Ann\n"
	tests := []struct {
		name          string
		first, second plan.Options
		file          string
		told          bool
	}{
		{"the same options", plan.Options{}, plan.Options{}, file, true},
		{"a default written out", plan.Options{}, plan.Options{Blank: "keep", Layout: plan.Register, Charset: "auto"}, file, true},
		{"another option", plan.Options{}, plan.Options{Match: []string{"email"}}, file, false},
		{"another file", plan.Options{}, plan.Options{}, file + "bob@x.example,Bob\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(h *house) {
				done := h.apply(file, tt.first)
				again := h.plan(tt.file, tt.second)
				told := strings.Contains(again.Outcome.Warnings, string(problem.SameFileApplied))
				if told != tt.told {
					t.Errorf("told = %v, want %v; warnings %s", told, tt.told, again.Outcome.Warnings)
				}
				if told && !strings.Contains(again.Outcome.Warnings, fmt.Sprintf(`"import":"%d"`, done.ID)) {
					t.Errorf("warnings = %s, want import %d named", again.Outcome.Warnings, done.ID)
				}
			})
		})
	}
}

func TestA8_AFileThatWasOnlyPlannedIsNotTold(t *testing.T) {
	each(t, func(h *house) {
		h.plan("email,name\nann@x.example,Ann\n", plan.Options{})
		if again := h.plan("email,name\nann@x.example,Ann\n", plan.Options{}); again.Outcome.WarningsTotal != 0 {
			t.Errorf("warnings = %s", again.Outcome.Warnings)
		}
	})
}

func TestA8_EveryImportIsListedNewestFirst(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,name\nann,Ann\n", plan.Options{})
		second := h.plan("login_id,name\nann,Ann\nbob\n", plan.Options{BadRows: "stop"})
		undo := h.undo(first)
		list, err := h.svc.Imports(t.Context(), h.owner, store.ImportQuery{Kinds: []store.Kind{store.FileImport, store.UndoImport}})
		if err != nil {
			t.Fatal(err)
		}
		want := []store.Import{undo, second, first}
		if len(list) != len(want) {
			t.Fatalf("%d imports, want %d", len(list), len(want))
		}
		for i := range want {
			got := list[i]
			if got.ID != want[i].ID || got.State != want[i].State || got.Outcome.Counts != want[i].Outcome.Counts || got.CreatedAt == 0 {
				t.Errorf("place %d: %+v, want %+v", i, got, want[i])
			}
		}
		if list[2].FileName != "test.csv" || len(list[2].FileSHA256) != 32 || list[2].Options.Blank != "keep" {
			t.Errorf("first = %+v", list[2])
		}
		if one, err := h.svc.Imports(t.Context(), h.owner, store.ImportQuery{Limit: 1}); err != nil || len(one) != 1 {
			t.Errorf("limit 1: %d, %v", len(one), err)
		}
	})
}
