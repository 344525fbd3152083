package member

import (
	"os"
	"strings"
	"testing"
)

// The page for users is docs/filters.md. Its examples stand in blocks of the
// language filter, one on each line, with these fields.
var documentedFields = map[string]Field{
	"city":   {Identifier: "city", Type: Text},
	"height": {Identifier: "height", Type: Number},
	"vip":    {Identifier: "vip", Type: Boolean},
	"joined": {Identifier: "joined", Type: Date},
	"area":   {Identifier: "area", Type: Select},
}

func TestG4_TheExamplesOfThePageAreFilters(t *testing.T) {
	examples := 0
	for _, block := range strings.Split(readFilterPage(t), "```filter\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for expr := range strings.Lines(block) {
			examples++
			expr = strings.TrimSuffix(expr, "\n")
			if err := mustFilter(t, expr).Check(documentedFields); err != nil {
				t.Errorf("%s: %v", expr, err)
			}
		}
	}
	if examples < 20 {
		t.Errorf("only %d examples were found", examples)
	}
}

func TestG4_ThePageNamesEveryWord(t *testing.T) {
	page := readFilterPage(t)
	words := FilterAttributes(nil)
	for op := range ops {
		words = append(words, op)
	}
	for anchor := range anchors {
		words = append(words, anchor)
	}
	for _, word := range words {
		if !strings.Contains(page, "`"+word+"`") {
			t.Errorf("%s is not on the page", word)
		}
	}
}

func readFilterPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/filters.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
