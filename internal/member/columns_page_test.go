package member

import (
	"os"
	"strings"
	"testing"
)

// TestM1_TheColumnsPageNamesEveryHeader holds docs/columns.md against the code.
func TestM1_TheColumnsPageNamesEveryHeader(t *testing.T) {
	page, err := os.ReadFile("../../docs/columns.md")
	if err != nil {
		t.Fatal(err)
	}
	for a := MemberID; a < Fields; a++ {
		if a.String() == "" {
			continue
		}
		row := "| `" + a.String() + "` | " + strings.Join(a.English(), ", ") + " | " + strings.Join(a.Japanese(), ", ") + " |"
		if !strings.Contains(string(page), strings.ReplaceAll(row, "  |", " |")) {
			t.Errorf("docs/columns.md has no row that begins with %s", row)
		}
	}
}
