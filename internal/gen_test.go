package internal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The page of rules is believed, so its generator is tested like a program: on
// a small module of its own.
func TestRulesPageListsTestsStoriesAndGaps(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{
		"internal/plan/whole_test.go": `package plan
import "testing"
func TestP8P14_SwappedOwnersKeepOneURL(t *testing.T) {
	t.Run("the later row is refused (P8)", func(t *testing.T) {
		t.Errorf("not a name (P9)")
	})
	for _, tt := range []struct{ name, in string }{{"a blank cell | is left (F10, L2)", ""}} {
		_ = tt
	}
}
func TestWithoutARule(t *testing.T) {}
func FuzzF3_Quotes(f *testing.F) {}
func TestP99_NoSuchRule(t *testing.T) {}
func testP1_NotATest(t *testing.T) {}
`,
		"internal/plan/plan.go":           "package plan\nfunc TestP2_NotInATestFile() {}\n",
		"cmd/meibo/testdata/swap.txtar":   "# P8, P14: two people swap addresses\nmeibo plan x.csv\n-- x.csv --\n# P3: data, not a comment\n",
		"internal/sheet/testdata/a.txtar": "# P4: no story of the command\n",
	}
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(root, "rules.md")
	if out, err := exec.CommandContext(t.Context(), "go", "run", "../scripts/rules.go", "-root", root, "-o", page).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")

	const where = "internal/plan/whole_test.go"
	want := map[string][]string{ // every line about the rule
		"P1":  {"| P1 | – | |"},
		"P2":  {"| P2 | – | |"},
		"P3":  {"| P3 | – | |"},
		"P4":  {"| P4 | – | |"},
		"P8":  {"| P8 | two people swap addresses | cmd/meibo/testdata/swap.txtar |", "| P8 | swapped owners keep one URL | " + where + " |", "| P8 | the later row is refused | " + where + " |"},
		"P9":  {"| P9 | – | |"},
		"P14": {"| P14 | two people swap addresses | cmd/meibo/testdata/swap.txtar |", "| P14 | swapped owners keep one URL | " + where + " |"},
		"F3":  {"| F3 | quotes | " + where + " |"},
		"F10": {`| F10 | a blank cell \| is left | ` + where + " |"},
		"L2":  {`| L2 | a blank cell \| is left | ` + where + " |"},
		"E4":  {"| E4 | – | |"},
		"P99": {"| P99 | no such rule | " + where + " |"},
		"R3":  {"| R3 | – | |"},
	}
	for rule, wanted := range want {
		var got []string
		for _, line := range lines {
			if strings.HasPrefix(line, "| "+rule+" |") {
				got = append(got, line)
			}
		}
		if strings.Join(got, "\n") != strings.Join(wanted, "\n") {
			t.Errorf("%s:\n%s\nwant:\n%s", rule, strings.Join(got, "\n"), strings.Join(wanted, "\n"))
		}
	}
}
