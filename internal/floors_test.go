package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the house, from the ground up. A package imports only packages on
// lower floors; a new package needs a line here and a sentence in
// ARCHITECTURE.md.
var floors = map[string]int{
	"meibo/internal/problem":  0,
	"meibo/internal/mailtest": 0, // a mail server for tests
	"meibo/internal/s3test":   0, // a storage for tests
	"meibo/internal/member":   1,
	"meibo/internal/workbook": 1,
	"meibo/internal/locale":   1,
	"meibo/internal/mail":     1,
	"meibo/internal/sheet":    2,
	"meibo/internal/plan":     3,
	"meibo/internal/store":    4,
	"meibo/internal/admin":    5,
	"meibo/internal/web":      6,
	"meibo/internal/api":      6,
	"meibo/internal/scim":     6,
	"meibo/cmd/meibo":         7,
	"meibo/bench":             7,

	// No floor of the house: storetest stands beside it for tests, internal
	// itself holds this test and what go generate needs.
	storetest:        outside,
	"meibo/internal": outside,
}

const (
	storetest = "meibo/internal/storetest"
	outside   = -1
)

// direct says which lower floors a package may reach where that is less than
// all of them (ARCHITECTURE.md, floors). Packages that are missing here may
// import everything below.
var direct = map[string][]string{
	"meibo/internal/member":   {"problem"},
	"meibo/internal/workbook": {"problem"},
	"meibo/internal/locale":   {"problem"},
	"meibo/internal/mail":     {"problem"},
	"meibo/internal/sheet":    {"workbook", "problem"},
	"meibo/internal/plan":     {"sheet", "member", "problem"},
	"meibo/internal/store":    {"plan", "member", "problem"},
	"meibo/internal/admin":    {"store", "mail", "plan", "sheet", "workbook", "member", "problem"},
	"meibo/internal/web":      {"admin", "store", "plan", "sheet", "member", "problem", "locale"},
	"meibo/internal/api":      {"admin", "plan", "member", "problem"},
	"meibo/internal/scim":     {"admin", "plan", "member", "problem"},
}

// An edge is one import of one of our packages by a file of ours.
type edge struct{ from, to, file string }

func TestImportsPointDown(t *testing.T) {
	edges, packages := house(t)
	for _, p := range packages {
		if _, listed := floors[p]; !listed {
			t.Errorf("package %s has no floor: add it to the table in internal/floors_test.go and to ARCHITECTURE.md", p)
		}
	}
	for _, e := range edges {
		if bad := judge(e); bad != "" {
			t.Errorf("%s: %s imports %s: %s", e.file, e.from, e.to, bad)
		}
	}
	if len(edges) == 0 {
		t.Error("no import of ours was found: the test looks in the wrong place")
	}
}

func TestJudgeKnowsUpFromDown(t *testing.T) {
	tests := []struct {
		name string
		edge edge
		bad  bool
	}{
		{"plan may use sheet", edge{"meibo/internal/plan", "meibo/internal/sheet", "plan/build.go"}, false},
		{"sheet may not use plan", edge{"meibo/internal/sheet", "meibo/internal/plan", "sheet/csv.go"}, true},
		{"neighbours may not use each other", edge{"meibo/internal/sheet", "meibo/internal/member", "sheet/csv.go"}, true},
		{"store may not read spreadsheets", edge{"meibo/internal/store", "meibo/internal/sheet", "store/apply.go"}, true},
		{"the command may use everything", edge{"meibo/cmd/meibo", "meibo/internal/locale", "main.go"}, false},
		{"a test may use storetest", edge{"meibo/internal/store", storetest, "store/store_test.go"}, false},
		{"the program may not use storetest", edge{"meibo/internal/store", storetest, "store/store.go"}, true},
		{"a test may not look up either", edge{"meibo/internal/sheet", "meibo/internal/store", "sheet/csv_test.go"}, true},
		{"storetest does not know the store", edge{storetest, "meibo/internal/store", "storetest/each.go"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(tt.edge); (got != "") != tt.bad {
				t.Errorf("judge(%v) = %q, want a complaint: %v", tt.edge, got, tt.bad)
			}
		})
	}
}

// judge says what is wrong with an import, or nothing.
func judge(e edge) string {
	test := strings.HasSuffix(e.file, "_test.go")
	from, to := floors[e.from], floors[e.to]
	allowed, limited := direct[e.from]
	switch {
	case e.from == e.to: // an external test of the package itself
		return ""
	case e.to == storetest && test:
		return ""
	case e.to == storetest:
		return "only tests may"
	case from == outside:
		return "it stands outside the house"
	case to >= from:
		return "it is not on a lower floor"
	case limited && !test && !slices.Contains(allowed, path.Base(e.to)):
		return "it is on a lower floor, but not one of " + strings.Join(allowed, ", ")
	}
	return ""
}

// house parses the imports of every Go file of the module. The generators in
// scripts are run by name and belong to no package: they are left out.
func house(t *testing.T) (edges []edge, packages []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && (d.Name() == "testdata" || rel == "scripts" || rel != "." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(rel, ".go"):
			return nil
		}
		from := path.Join("meibo", path.Dir(rel))
		if !slices.Contains(packages, from) {
			packages = append(packages, from)
		}
		imported, err := importsOf(file)
		for _, to := range imported {
			edges = append(edges, edge{from, to, rel})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return edges, packages
}

// importsOf returns the packages of ours that a file imports.
func importsOf(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, spec := range parsed.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(to, "meibo/") {
			ours = append(ours, to)
		}
	}
	return ours, nil
}
