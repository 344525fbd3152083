package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"meibo/internal/problem"
)

// A declared code is what internal/problem/code.go says of one.
type declared struct {
	name   string // of the constant
	code   string
	values []string // the names behind "values:" in its comment
	lists  []string // those of them that are lists, as in "known (list)"
}

func TestInvariant11_EveryCodeHasASentenceInEveryLanguage(t *testing.T) {
	for _, lang := range languages {
		for _, d := range codes(t) {
			for _, half := range []string{"what", "do"} {
				key := "problem." + d.code + "." + half
				m, ok := catalogues[lang]()[key]
				if !ok {
					t.Errorf("%s.json: %s is missing", lang, key)
				}
				for _, name := range append(m.placeholders(), catalogues[lang]()[key+"_page"].placeholders()...) {
					if !slices.Contains(d.values, name) {
						t.Errorf("%s.json: %s uses {%s}; the comment of problem.%s names %v", lang, key, name, d.name, d.values)
					}
				}
			}
		}
	}
}

func TestEverySentenceOfAProblemHasACode(t *testing.T) {
	known := map[string]bool{}
	for _, d := range codes(t) {
		known["problem."+d.code+".what"] = true
		known["problem."+d.code+".do"] = true
		known["problem."+d.code+".what_page"] = true
		known["problem."+d.code+".do_page"] = true
	}
	for key := range catalogues["en"]() {
		if strings.HasPrefix(key, "problem.") && !known[key] {
			t.Errorf("%s: no such code, or neither what nor do", key)
		}
	}
}

func TestProblemsAreShownWithTheirValues(t *testing.T) {
	for _, lang := range languages {
		p := New(lang)
		for _, d := range codes(t) {
			var values []string
			for _, name := range d.values {
				values = append(values, name, "42")
			}
			got := p.Problem(problem.New(problem.Code(d.code), values...))
			if got == d.code {
				t.Errorf("%s: %s has no sentence", lang, d.code)
			}
			for _, name := range d.values {
				if strings.Contains(got, "{"+name+"}") {
					t.Errorf("%s: %s: %q", lang, d.code, got)
				}
			}
		}
	}
}

func TestWhatIsWrongIsAWholeSentence(t *testing.T) {
	stop := map[string]string{"en": ".", "ja": "。"}
	for _, lang := range languages {
		p := New(lang)
		for _, d := range codes(t) {
			values := map[string]string{}
			for _, name := range d.values {
				values[name] = "42"
			}
			what := p.fill(p.messages["problem."+d.code+".what"], values)
			if !strings.HasSuffix(what, stop[lang]) {
				t.Errorf("%s: %s: no full stop: %q", lang, d.code, what)
			}
		}
	}
}

func TestListsAreShownAsLists(t *testing.T) {
	for _, lang := range languages {
		for _, d := range codes(t) {
			p := New(lang)
			for _, name := range d.lists {
				got := p.Problem(problem.Problem{Code: problem.Code(d.code), Values: map[string]string{name: "a\nb"}})
				if strings.Contains(got, "\n") {
					t.Errorf("%s: %s: {%s} is a list: write {%s, list} or {%s, attributes}", lang, d.code, name, name, name)
				}
			}
		}
	}
}

var parentheses = regexp.MustCompile(`\([^)]*\)`)

// codes reads the constants of type Code and their comments.
func codes(t *testing.T) []declared {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "problem", "code.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var found []declared
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || source(spec.Type) != "Code" {
			return true
		}
		code, _ := literal(spec.Values[0])
		comment := spec.Comment.Text()
		found = append(found, declared{spec.Names[0].Name, code, documented(comment), documentedLists(comment)})
		return false
	})
	if len(found) < 100 {
		t.Fatalf("read only %d codes", len(found))
	}
	return found
}

// documented returns the names behind "values:", without explanations.
func documented(comment string) []string {
	_, list, _ := strings.Cut(parentheses.ReplaceAllString(comment, ""), "values:")
	list, _, _ = strings.Cut(list, ";")
	var found []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			found = append(found, name)
		}
	}
	return found
}

var lists = regexp.MustCompile(`(\w+) \(list[^)]*\)`)

func documentedLists(comment string) []string {
	var found []string
	for _, match := range lists.FindAllStringSubmatch(comment, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestValuesAreReadFromComments(t *testing.T) {
	tests := []struct {
		name, comment string
		want          []string
	}{
		{"no values", "an address is needed", nil},
		{"several", "values: a, b", []string{"a", "b"}},
		{"behind a description", "no such thing; values: a", []string{"a"}},
		{"explanations are left out", "values: a (x, y; z), b (list)", []string{"a", "b"}},
		{"up to a semicolon", "values: a; kind NotFound", []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := documented(tt.comment); !slices.Equal(got, tt.want) {
				t.Errorf("documented(%q) = %q, want %q", tt.comment, got, tt.want)
			}
		})
	}
}
