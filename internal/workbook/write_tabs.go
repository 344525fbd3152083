package workbook

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// tabs are the names of the sheets: valid, and no two alike.
type tabs struct {
	first string
	pages []string
	lists string // of the hidden sheet of choices; empty if there is none
}

func (t tabs) all() []string {
	all := append([]string{t.first}, t.pages...)
	if t.lists != "" {
		all = append(all, t.lists)
	}
	return all
}

func nameTabs(o WriterOptions) tabs {
	taken := map[string]bool{foldTab("History"): true} // reserved by Excel for its list of changes
	t := tabs{first: newTab(o.Sheet, taken)}
	for _, p := range o.Pages {
		t.pages = append(t.pages, newTab(p.Name, taken))
	}
	if needsLists(o.Columns) {
		t.lists = newTab("Lists", taken)
	}
	return t
}

// maxTab is how many UTF-16 units a sheet's name can have.
const maxTab = 31

// newTab makes a name valid, numbers it where it is taken, and takes it.
func newTab(name string, taken map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`[]:*?/\`, r):
			return '-'
		case unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	name = cutTab(name, maxTab)
	if name == "" {
		name = "Sheet"
	}
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			suffix := " (" + strconv.Itoa(n) + ")"
			try = cutTab(name, maxTab-len(suffix)) + suffix
		}
		if key := foldTab(try); !taken[key] {
			taken[key] = true
			return try
		}
	}
}

// cutTab shortens s to so many UTF-16 units, with nothing at its ends that may
// not stand there.
func cutTab(s string, units int) string {
	const ends = " '"
	s = strings.Trim(s, ends)
	used := 0
	for i, r := range s {
		used += utf16Len(string(r))
		if used > units {
			return strings.TrimRight(s[:i], ends)
		}
	}
	return s
}

// foldTab makes names alike that programs take for the same: they look neither
// at case nor, in Japanese, at width.
func foldTab(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// quoteTab is a sheet's name as a formula has it.
func quoteTab(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
