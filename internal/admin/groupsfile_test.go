package admin_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	charset "golang.org/x/text/encoding/japanese"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// groupsFile imports a CSV of groups as the owner.
func (h *house) groupsFile(file string, withMembers bool) admin.GroupsImported {
	h.Helper()
	done, err := h.svc.ImportGroups(h.Context(), h.owner, admin.Upload{Name: "groups.csv", Content: bytes.NewReader([]byte(file)), Size: int64(len(file))},
		admin.GroupsOptions{WithMembers: withMembers})
	h.must(err)
	return done
}

// groupsCSV is what an export of groups writes.
func (h *house) groupsCSV() string {
	h.Helper()
	var b bytes.Buffer
	w, err := sheet.NewWriter(&b, sheet.WriterOptions{})
	h.must(err)
	h.must(h.svc.ExportGroups(h.Context(), h.owner, w.Write))
	h.must(w.Flush())
	return b.String()
}

// did are the counts of an import of groups: added, changed, deleted, unchanged.
func did(d admin.GroupsImported) [4]int { return [4]int{d.Added, d.Changed, d.Deleted, d.Unchanged} }

func TestG2_AnExportOfGroupsBroughtBackChangesNothing(t *testing.T) {
	each(t, func(h *house) {
		for _, name := range []string{"東京", "=1+2", `a "quoted", one`} {
			h.group(name)
		}
		_, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "off", Default: true})
		h.must(err)
		file := h.groupsCSV()
		if done := h.groupsFile(file, false); did(done) != [4]int{0, 0, 0, 4} || len(done.Problems) > 0 {
			t.Errorf("import = %+v of\n%s", done, file)
		}
		if again := h.groupsCSV(); again != file {
			t.Errorf("export =\n%s\nwant\n%s", again, file)
		}
	})
}

func TestG2_AGroupsFileAddsChangesAndDeletesAndIsReadInEveryCharset(t *testing.T) {
	each(t, func(h *house) {
		for _, name := range []string{"東京", "大阪", "京都"} {
			h.group(name)
		}
		file, err := charset.ShiftJIS.NewEncoder().String("グループID,グループ名,有効,削除フラグ\r\n1,大阪,,\r\n2,東京,0,\r\n3,,,1\r\n,名古屋,,\r\n,札幌,0,\r\n")
		h.must(err)
		done := h.groupsFile(file, false)
		if did(done) != [4]int{2, 2, 1, 0} || len(done.Problems) > 0 {
			t.Fatalf("import = %+v", done)
		}
		want := "\ufeffid,name,enabled,default,delete\r\n1,大阪,1,0,\r\n2,東京,0,0,\r\n4,名古屋,1,0,\r\n5,札幌,0,0,\r\n"
		if got := h.groupsCSV(); got != want {
			t.Errorf("groups =\n%s\nwant\n%s", got, want)
		}
	})
}

func TestG2_AGroupsFileWithAProblemDoesNothingAndNamesEveryLine(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("B")
		h.group("C")
		h.crowd(3, "groups", "B")
		before := h.groupsCSV()
		done := h.groupsFile("id,name,enabled,delete\n"+
			"1,New name,,\n"+ // 2: right in itself
			"2,,,1\n"+ // 3: has members
			"x,D,,\n"+ // 4
			"9,D,,\n"+ // 5
			"1,E,,\n"+ // 6: again
			",C,,\n"+ // 7: taken
			",F,,\n,F,,\n"+ // 8, 9: twice
			",123,,\n"+ // 10
			",,,\n"+ // blank: no row
			",G,yes,\n"+ // 12
			",G,,2\n"+ // 13
			",H,,1\n"+ // 14: no ID
			"3\n", false) // 15
		type found struct {
			line int
			code problem.Code
		}
		var got []found
		for _, p := range done.Problems {
			got = append(got, found{p.Place.Line, p.Code})
		}
		slices.SortFunc(got, func(a, b found) int { return a.line - b.line })
		want := []found{{3, problem.InUse}, {4, problem.IntegerMalformed}, {5, problem.GroupUnknown}, {6, problem.DuplicateGroup},
			{7, problem.NameTaken}, {9, problem.DuplicateGroup}, {10, problem.NameInvalid}, {12, problem.BooleanMalformed},
			{13, problem.DeleteFlagMalformed}, {14, problem.GroupIDNeeded}, {15, problem.RowShort}}
		if !slices.Equal(got, want) {
			t.Errorf("problems = %v\nwant %v", got, want)
		}
		if after := h.groupsCSV(); after != before || did(done) != [4]int{} {
			t.Errorf("something was done: %+v\n%s", done, after)
		}
	})
}

func TestM8_AGroupsFileThatDeletesGroupsWithMembersTakesThemOutByOnePlan(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("B")
		h.group("C")
		h.crowd(2, "groups", "A|B|C")
		h.apply("login_id,name,groups\nq,Q,C\n", plan.Options{})
		done := h.groupsFile("id,delete\n1,1\n2,1\n", true)
		if did(done) != [4]int{0, 0, 2, 0} || len(done.Problems) > 0 {
			t.Fatalf("import = %+v", done)
		}
		if got := counts(done.Emptied); got != [6]int64{0, 0, 2, 0, 0, 0} {
			t.Errorf("plan = %v", got)
		}
		all, err := h.svc.Groups(t.Context(), h.owner)
		h.must(err)
		if len(all) != 1 || all[0].Name != "C" || all[0].Members != 3 {
			t.Errorf("groups = %+v", all)
		}
	})
}

func TestF4_TheHeaderOfAGroupsFileIsUnderstoodOrRefused(t *testing.T) {
	each(t, func(h *house) {
		tests := []struct {
			name, file string
			code       problem.Code
			warning    problem.Code
		}{
			{"a misspelt delete flag is no column to ignore", "id,Delte\n1,1\n", problem.HeaderNearMiss, ""},
			{"the same column twice", "id,name,グループ名\n,A,B\n", problem.HeaderDuplicate, ""},
			{"neither ID nor name", "enabled,color\n1,red\n", problem.HeaderNoGroup, problem.HeaderUnknown},
			{"no header over a filled cell", "name,\nA,B\n", problem.HeaderEmpty, ""},
			{"another column is ignored with a warning", "name,color\n", "", problem.HeaderUnknown},
			{"no spreadsheet", "%PDF-1.7\n", problem.FileUnsupported, ""},
			{"an empty file", "", problem.FileEmpty, ""},
		}
		for _, tt := range tests {
			done := h.groupsFile(tt.file, false)
			if got := codeOf(done.Problems); got != tt.code {
				t.Errorf("%s: problem = %q, want %q", tt.name, got, tt.code)
			}
			if got := codeOf(done.Warnings); got != tt.warning {
				t.Errorf("%s: warning = %q, want %q", tt.name, got, tt.warning)
			}
		}
	})
}

// codeOf is the code of the first problem; empty for none.
func codeOf(ps []problem.Problem) problem.Code {
	if len(ps) == 0 {
		return ""
	}
	return ps[0].Code
}

func TestF11_AGroupsFileOfBadRowsKeepsTheFirstProblemsAndCountsTheOthers(t *testing.T) {
	each(t, func(h *house) {
		done := h.groupsFile("id,name\n"+strings.Repeat("x,A\n", 3000), false)
		if len(done.Problems) != admin.MostProblems || done.ProblemsTotal != 3000 || done.Problems[999].Place.Line != 1001 {
			t.Errorf("%d problems of %d", len(done.Problems), done.ProblemsTotal)
		}
	})
}
