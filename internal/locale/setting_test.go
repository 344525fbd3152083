package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEverySettingHasItsMeaningAndUnit(t *testing.T) {
	names, units := settings(t)
	p := New("en")
	for _, name := range names {
		if key := "setting." + name; p.Say(key) == key {
			t.Errorf("%s has no sentence", key)
		}
	}
	for _, unit := range units {
		if key := "unit." + unit; p.Say(key) == key {
			t.Errorf("%s has no word", key)
		}
	}
	for key := range p.messages {
		if name, ok := strings.CutPrefix(key, "setting."); ok && !slices.Contains(names, name) {
			t.Errorf("%s: there is no such setting", key)
		}
	}
}

// settings reads package plan's source: the names are its untyped string
// constants, the units the second elements of settingList.
func settings(t *testing.T) (names, units []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "plan", "settings.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if len(n.Values) == 1 {
				if name, ok := literal(n.Values[0]); ok && n.Type == nil {
					names = append(names, name)
				}
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 5 {
				if unit, ok := literal(n.Elts[1]); ok && unit != "" {
					units = append(units, unit)
				}
			}
		}
		return true
	})
	if len(names) < 20 || len(units) < 10 {
		t.Fatalf("read only %d settings and %d units", len(names), len(units))
	}
	return names, units
}
