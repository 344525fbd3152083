package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A file with many times the same problem says it once, with how many rows have it,
// and leads to those rows.
func TestA5_EqualProblemsAreFoldedAndLeadToTheirRows(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		var file strings.Builder
		file.WriteString("email,name,groups\n")
		for i := range 130 {
			fmt.Fprintf(&file, "p%d@x.example,P,Nowhere\n", i)
		}
		file.WriteString("q@x.example,,\n") // far below, and of another kind
		file.WriteString("r@x.example,R,\n")
		path := b.sent("many.csv", file.String())
		page := b.get(path).wants(h.T, http.StatusOK, "131 problems", "“Make groups that are not there”", "Show all 130 rows", "A member needs a name")
		if n := strings.Count(page.body[:strings.Index(page.body, `id="list"`)], "There is no group"); n != 1 {
			t := page.text
			h.Errorf("the problem is said %d times above the rows: %s", n, t)
		}
		if strings.Contains(page.text, "--create-groups") {
			h.Error("a flag on a page")
		}
		rows := b.get(path+"?code=group-unknown").wants(h.T, http.StatusOK, "p0@x.example", "130", "Show all rows")
		if strings.Contains(rows.text, "r@x.example") {
			h.Error("a row without the problem is shown")
		}
		b.get(path+"?code=name-required").wants(h.T, http.StatusOK, "q@x.example")
		b.get(path+"?code=nonsense").wants(h.T, http.StatusOK, "p0@x.example")
	})
}

// What is said of several rows is true of each of them: other groups that are missing
// are another sentence.
func TestA5_ProblemsOfOneKindWithOtherValuesAreSaidApart(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		file := "email,name,groups\na@x.example,A,Sales\nb@x.example,B,Dev\nc@x.example,C,Sales\nd@x.example,D,Dev\n"
		page := b.get(b.sent("few.csv", file)).wants(h.T, http.StatusOK, "4 problems", "There is no group “Sales”", "There is no group “Dev”", "2, 4", "3, 5")
		if strings.Contains(page.text, "for example") {
			h.Error("what is one sentence is called an example")
		}
		var many strings.Builder
		many.WriteString("email,name,groups\n")
		for i := range 8 {
			fmt.Fprintf(&many, "p%d@x.example,P,Group %d\n", i, i)
		}
		b.get(b.sent("many.csv", many.String())).wants(h.T, http.StatusOK, "Different each time, for example: There is no group “Group 0”", "There is no group “Group 4”", "Show all 8 rows")
	})
}
