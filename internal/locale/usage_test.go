package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each call of problem.New, problem.Of or a wrapper of them whose values can
// be read in the source gives the values that the sentences need, and none that
// code.go does not name. A wrapper takes a code and then pairs, as they do.
func TestProblemsAreMadeWithTheValuesOfTheirSentences(t *testing.T) {
	byName := map[string]declared{}
	for _, d := range codes(t) {
		byName["problem."+d.name] = d
	}
	checked := 0
	eachCall(t, func(at string, call *ast.CallExpr, callee string) {
		for i, arg := range call.Args {
			d, ok := byName[source(arg)]
			given, readable := names(call.Args[i+1:])
			direct := callee == "problem.New" || callee == "problem.Of"
			if !ok || !readable || call.Ellipsis.IsValid() || len(given) == 0 && !direct {
				continue
			}
			checked++
			checkValues(t, at, d, given)
		}
	})
	if checked < 50 {
		t.Errorf("found only %d problems in the source", checked)
	}
}

func checkValues(t *testing.T, at string, d declared, given []string) {
	t.Helper()
	for _, name := range given {
		if !slices.Contains(d.values, name) {
			t.Errorf("%s: %s has no value %q; code.go names %v", at, d.name, name, d.values)
		}
	}
	for _, name := range needed("problem."+d.code+".what", "problem."+d.code+".do") {
		if !slices.Contains(given, name) {
			t.Errorf("%s: %s is made without %q, which its sentences use", at, d.name, name)
		}
	}
}

var keyLike = regexp.MustCompile(`^[a-z]+(\.[a-z_-]+)+$`)

// Say and wrappers of the name say: the key exists and its values are given.
func TestEveryKeySaidHasASentenceAndItsValues(t *testing.T) {
	eachCall(t, func(at string, call *ast.CallExpr, callee string) {
		if !strings.EqualFold(callee[strings.LastIndexByte(callee, '.')+1:], "say") {
			return
		}
		for i, arg := range call.Args {
			if prefix, ok := prefixOf(arg); ok {
				checkPrefix(t, at, prefix)
				return
			}
			key, ok := literal(arg)
			if !ok || !keyLike.MatchString(key) {
				continue // a writer before the key, perhaps
			}
			if _, ok := catalogues["en"]()[key]; !ok {
				t.Errorf("%s: no sentence %s in the catalogues", at, key)
				return
			}
			given, readable := names(call.Args[i+1:])
			for _, name := range needed(key) {
				if readable && !call.Ellipsis.IsValid() && !slices.Contains(given, name) {
					t.Errorf("%s: %s is said without %q", at, key, name)
				}
			}
			return
		}
	})
}

func checkPrefix(t *testing.T, at, prefix string) {
	t.Helper()
	for key := range catalogues["en"]() {
		if strings.HasPrefix(key, prefix) {
			return
		}
	}
	t.Errorf("%s: no sentence %s… in the catalogues", at, prefix)
}

// prefixOf returns the literal that a key such as "state." + s begins with.
func prefixOf(arg ast.Expr) (string, bool) {
	sum, ok := arg.(*ast.BinaryExpr)
	if !ok || sum.Op != token.ADD {
		return "", false
	}
	prefix, ok := literal(sum.X)
	return prefix, ok && strings.HasSuffix(prefix, ".")
}

func needed(keys ...string) []string {
	found := map[string]bool{}
	for _, key := range keys {
		for _, name := range catalogues["en"]()[key].placeholders() {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// names returns the names in pairs of name and value; false if they are no
// pairs or one of the names is no literal.
func names(args []ast.Expr) ([]string, bool) {
	if len(args)%2 != 0 {
		return nil, false
	}
	var found []string
	for i := 0; i < len(args); i += 2 {
		name, ok := literal(args[i])
		if !ok {
			return nil, false
		}
		found = append(found, name)
	}
	return found, true
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// source writes a name or a selector as it stands in the source; empty for
// anything else.
func source(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := source(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
		return e.Sel.Name
	}
	return ""
}

// eachCall visits every call in the module's own code, tests left out. callee
// is like "problem.New"; at is a file and a line.
func eachCall(t *testing.T, visit func(at string, call *ast.CallExpr, callee string)) {
	t.Helper()
	fset := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && source(call.Fun) != "" {
				visit(fset.Position(call.Pos()).String(), call, source(call.Fun))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
