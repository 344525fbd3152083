//go:build ignore

// Command rules writes docs/rules.md: which test proves which rule of the
// specification. It reads the names of tests, so the list cannot be wiser than
// the tests are. Run it with go generate ./...
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// chapters are the rules of the specification: a letter, the first and the last
// number.
var chapters = []struct {
	letter      byte
	first, last int
	title       string
}{
	{'M', 1, 8, "Members"},
	{'G', 1, 7, "Groups, fields, filters, roles, policies"},
	{'F', 1, 13, "Files"},
	{'L', 1, 2, "Layouts"},
	{'P', 1, 21, "Planning"},
	{'A', 1, 8, "Apply, report, undo"},
	{'E', 1, 5, "Export"},
	{'I', 1, 3, "Invitations, sign-in, own profile"},
	{'R', 0, 3, "Where it runs"},
}

// later says what of a rule is planned for a later release. It stands beside
// the tests, or alone.
var later = map[string]string{
	"I3": "",
	"R2": "",
}

// A proof is one test of one rule.
type proof struct{ rule, sentence, file string }

func main() {
	root := flag.String("root", ".", "the folder of go.mod")
	out := flag.String("o", "docs/rules.md", "the file to write")
	flag.Parse()
	proofs, err := collect(*root)
	if err == nil {
		err = os.WriteFile(*out, render(proofs), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1)
	}
}

// collect finds the proofs in every test file and story of the module, in no
// particular order.
func collect(root string) ([]proof, error) {
	var proofs []proof
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && rel != "." && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(rel, "_test.go") && !strings.Contains(rel, "/testdata/"):
			found, err := fromGo(file, rel)
			proofs = append(proofs, found...)
			return err
		case strings.HasSuffix(rel, ".txtar") && strings.HasPrefix(rel, "cmd/meibo/testdata/"):
			found, err := fromStory(file, rel)
			proofs = append(proofs, found...)
			return err
		}
		return nil
	})
	return proofs, err
}

// names matches what a test of a rule is called: TestP8_Sentence, or
// TestP8P9_Sentence for several rules; fuzz targets and benchmarks alike.
var (
	names = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)((?:[A-Z][0-9]{1,2})+)_(\w+)$`)
	rule  = regexp.MustCompile(`[A-Z][0-9]{1,2}`)
	story = regexp.MustCompile(`^#\s*((?:[A-Z][0-9]{1,2}[ ,]*)+):\s*(.+?)\s*$`)
	row   = regexp.MustCompile(`^(.+) \(((?:[A-Z][0-9]{1,2}[ ,]*)+)\)$`)
)

// fromGo reads the test functions of a Go file, and the rows of their tables: a
// row called "blank cell leaves the field alone (F10)" is a test of F10.
func fromGo(file, rel string) ([]proof, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var proofs []proof
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		if m := names.FindStringSubmatch(f.Name.Name); m != nil {
			for _, r := range rule.FindAllString(m[1], -1) {
				proofs = append(proofs, proof{r, sentence(m[2]), rel})
			}
		}
		proofs = append(proofs, fromRows(f, rel)...)
	}
	return proofs, nil
}

// fromRows reads the strings in tables and the names of subtests inside a test
// function. Other strings, such as messages of failures, are not names.
func fromRows(f *ast.FuncDecl, rel string) []proof {
	var proofs []proof
	add := func(e ast.Expr) {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		text, ok := e.(*ast.BasicLit)
		if !ok || text.Kind != token.STRING {
			return
		}
		name, err := strconv.Unquote(text.Value)
		if err != nil {
			return // the parser has seen it: it is well formed
		}
		if m := row.FindStringSubmatch(name); m != nil {
			for _, r := range rule.FindAllString(m[2], -1) {
				proofs = append(proofs, proof{r, m[1], rel})
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				add(e)
			}
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Run" && len(n.Args) > 0 {
				add(n.Args[0])
			}
		}
		return true
	})
	return proofs
}

// fromStory reads the comment lines of a testscript that begin with a rule, up
// to the first file that the script unpacks.
func fromStory(file, rel string) ([]proof, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var proofs []proof
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "-- ") {
			break
		}
		if m := story.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			for _, r := range rule.FindAllString(m[1], -1) {
				proofs = append(proofs, proof{r, m[2], rel})
			}
		}
	}
	return proofs, nil
}

// sentence makes words of a name: AutoDetectsShiftJIS is "auto detects shift
// JIS". Underscores are spaces; runs of capitals and digits stay together.
func sentence(name string) string {
	runes := []rune(name)
	var words []string
	start := 0
	cut := func(end int) {
		if word := strings.Trim(string(runes[start:end]), "_"); word != "" {
			words = append(words, word)
		}
		start = end
	}
	for i := 1; i < len(runes); i++ {
		upper, before := unicode.IsUpper(runes[i]), runes[i-1]
		endOfRun := upper && unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if runes[i] == '_' || endOfRun || upper && (unicode.IsLower(before) || unicode.IsDigit(before)) {
			cut(i)
		}
	}
	cut(len(runes))
	for i, word := range words {
		if strings.ToUpper(word) != word || word == "A" {
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// render writes the page: a table for each chapter, a line for each test.
func render(proofs []proof) []byte {
	slices.SortFunc(proofs, func(a, b proof) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.file, b.file), cmp.Compare(a.sentence, b.sentence))
	})
	proofs = slices.Compact(proofs)
	byRule := map[string][]proof{}
	for _, p := range proofs {
		byRule[p.rule] = append(byRule[p.rule], p)
	}
	var b bytes.Buffer
	b.WriteString("<!-- Code generated by scripts/rules.go; DO NOT EDIT. -->\n\n# Rules and their tests\n\n" +
		"Each acceptance rule and the tests that name it. A dash is a rule that no test names.\n" +
		"Made by `go generate ./...` from the names of tests and stories.\n")
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | test | where |\n| --- | --- | --- |\n", c.title)
		for n := c.first; n <= c.last; n++ {
			id := string(c.letter) + strconv.Itoa(n)
			renderRule(&b, id, byRule[id])
			delete(byRule, id)
		}
	}
	renderUnknown(&b, byRule)
	return b.Bytes()
}

func renderRule(b *bytes.Buffer, id string, proofs []proof) {
	for _, p := range proofs {
		fmt.Fprintf(b, "| %s | %s | %s |\n", id, escape(p.sentence), p.file)
	}
	what, planned := later[id]
	switch {
	case planned && what != "":
		fmt.Fprintf(b, "| %s | later issue: %s | |\n", id, what)
	case planned && len(proofs) == 0:
		fmt.Fprintf(b, "| %s | later issue | |\n", id)
	case len(proofs) == 0:
		fmt.Fprintf(b, "| %s | – | |\n", id)
	}
}

// renderUnknown lists tests that name a rule which does not exist, so that a
// slip of the pen is seen.
func renderUnknown(b *bytes.Buffer, rest map[string][]proof) {
	if len(rest) == 0 {
		return
	}
	b.WriteString("\n## Rules that do not exist\n\n| rule | test | where |\n| --- | --- | --- |\n")
	var ids []string
	for id := range rest {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		for _, p := range rest[id] {
			fmt.Fprintf(b, "| %s | %s | %s |\n", id, escape(p.sentence), p.file)
		}
	}
}

// escape keeps text inside its cell of the table.
func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
