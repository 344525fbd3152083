package sheet

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"meibo/internal/problem"
)

// A tab is a sheet of a workbook that a test makes: rows from row 2 on.
type tab struct {
	name   string
	hidden bool
	rows   [][]any
}

func book(t *testing.T, tabs ...tab) []byte {
	t.Helper()
	f := excelize.NewFile()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range tabs {
		if i == 0 {
			must(f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			must(err)
		}
		for r, row := range s.rows {
			cell, err := excelize.CoordinatesToCellName(1, r+2)
			must(err)
			must(f.SetSheetRow(s.name, cell, &row))
		}
	}
	for _, s := range tabs {
		if !s.hidden {
			i, err := f.GetSheetIndex(s.name)
			must(err)
			f.SetActiveSheet(i)
			break
		}
	}
	for _, s := range tabs {
		must(f.SetSheetVisible(s.name, !s.hidden))
	}
	out, err := f.WriteToBuffer()
	must(err)
	must(f.Close())
	return out.Bytes()
}

func knows(cell string) bool { return cell == "email" }

func TestF5_TheFirstVisibleSheetWithAKnownHeaderIsRead(t *testing.T) {
	cover := tab{name: "Cover", rows: [][]any{{"Members of 2026"}}}
	people := tab{name: "People", rows: [][]any{{"name", "email"}, {"Ann", "ann@x.example"}}}
	more := tab{name: "More", rows: [][]any{{"email"}, {"bob@x.example"}}}
	secret := tab{name: "Secret", hidden: true, rows: [][]any{{"email"}, {"eve@x.example"}}}
	blank := tab{name: "Blank"}
	tests := []struct {
		name string
		tabs []tab
		o    Options
		want string // the sheet
		code problem.Code
	}{
		{"a cover is passed over", []tab{cover, people, more}, Options{}, "People", ""},
		{"a hidden sheet is never read", []tab{secret, cover, more}, Options{}, "More", ""},
		{"the one that was chosen, in any case", []tab{cover, people, more}, Options{Sheet: " mORE "}, "More", ""},
		{"without a known header the first one with a row, whose headers are told", []tab{blank, cover}, Options{}, "Cover", ""},
		{"no sheet has a row", []tab{blank, {name: "Hidden", hidden: true}}, Options{}, "", problem.FileEmpty},
		{"only a hidden one has a row", []tab{blank, secret}, Options{}, "", problem.SheetHidden},
		{"one that there is not", []tab{people}, Options{Sheet: "Leute"}, "", problem.SheetUnknown},
		{"a hidden one may not be chosen", []tab{people, secret}, Options{Sheet: "Secret"}, "", problem.SheetHidden},
		{"a workbook where a CSV was chosen", []tab{people}, Options{Format: CSV}, "", problem.FormatDiffers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := book(t, tt.tabs...)
			tt.o.KnownHeader = knows
			f, err := Open(bytes.NewReader(data), int64(len(data)), tt.o)
			if tt.code != "" {
				if !errors.Is(err, problem.New(tt.code)) {
					t.Fatalf("err = %v, want %s", err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f.Sheet != tt.want || f.Format != XLSX || f.Charset != "" {
				t.Errorf("sheet %q, format %q, charset %q; want %q", f.Sheet, f.Format, f.Charset, tt.want)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestF5_RowsOfAWorkbookComeWithTheirNumbersAndKinds(t *testing.T) {
	data := book(t, tab{name: "People", rows: [][]any{{"email", "n"}, {}, {"ann@x.example", 7}, {" \u3000", nil}, {"", true}, {"bob@x.example"}}})
	f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []int
	var cells [][]string
	var kinds [][]Kind
	for row, err := range f.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		lines, cells, kinds = append(lines, row.Line), append(cells, slices.Clone(row.Cells)), append(kinds, slices.Clone(row.Kinds))
	}
	if want := []int{2, 4, 6, 7}; !slices.Equal(lines, want) {
		t.Fatalf("rows %v, want %v: %q", lines, want, cells)
	}
	if !slices.Equal(cells[1], []string{"ann@x.example", "7"}) || !slices.Equal(kinds[1], []Kind{Text, Number}) {
		t.Errorf("row 4 is %q of kinds %v", cells[1], kinds[1])
	}
	if !slices.Equal(cells[2], []string{"", "TRUE"}) || kinds[2][1] != Bool {
		t.Errorf("row 6 is %q of kinds %v", cells[2], kinds[2])
	}
	if !slices.Equal(cells[3], []string{"bob@x.example", ""}) {
		t.Errorf("row 7 is %q: the cell that the sheet does not hold is blank, not missing (F10)", cells[3])
	}
}

func TestF11_LimitsOfAWorkbookAreThoseOfItsFormat(t *testing.T) {
	data := book(t, tab{name: "People", rows: [][]any{{"email", "x"}, {"a@x.example", "12345"}, {"b@x.example"}}})
	for _, tt := range []struct {
		name   string
		limits Limits
		code   problem.Code
		column string
	}{
		{"rows of a sheet", Limits{SheetRows: 1}, problem.FileRowsTooMany, ""},
		{"those of a CSV do not count", Limits{Rows: 1}, "", ""},
		{"columns", Limits{Columns: 1}, problem.FileColumnsTooMany, ""},
		{"length of a cell, whose column has a letter", Limits{CellRunes: 10}, problem.CellTooLong, "A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Open(bytes.NewReader(data), int64(len(data)), Options{Limits: tt.limits})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var last error
			for _, err := range f.Rows(t.Context()) {
				last = err
			}
			p := problem.Problem{}
			if errors.As(last, &p); p.Code != tt.code || p.Place.Column != tt.column {
				t.Errorf("%v at column %q, want %q at %q", p.Code, p.Place.Column, tt.code, tt.column)
			}
		})
	}
}
