package workbook

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// A sampleCell is one cell of a generated workbook.
type sampleCell struct {
	value  any
	format string // number format; empty is General
	want   string // what Rows says
	shown  string // what programs show
}

// sampleTexts has no escape _xHHHH_: excelize writes texts that look like one as
// they are, and reads something else.
var sampleTexts = []string{
	"a", "山田 太郎", "𠮷野家", "ann@example.jp", "=1+1", "+81 3", "-", "@x", "0012", "1E5", "TRUE", "#N/A", "2026-04-01", `"q"`, "'t Hooft",
	"a,b;c", "two\nlines", "<b>&amp;</b>", "&#65;", "]]>", "x_", "_x", " lead", "trail ", "a  b", "\u3000", "ｶﾅ", "é", "e\u0301", "👩‍👩‍👧", "\u00a0", strings.Repeat("長", 500),
}

func newSample(r *rand.Rand) sampleCell {
	same := func(value any, format, text string) sampleCell { return sampleCell{value, format, text, text} }
	n := r.IntN(10_000_000)
	switch r.IntN(10) {
	case 0:
		return same(n, "", fmt.Sprint(n))
	case 1:
		return same(-n, "", fmt.Sprint(-n))
	case 2:
		text := fmt.Sprintf("%d.%d", n%1000, 1+n%9)
		return same(float64(n%1000)+float64(1+n%9)/10, "", text)
	case 3:
		return same(n%2 == 0, "", strings.ToUpper(fmt.Sprint(n%2 == 0)))
	case 4:
		day := time.Date(1950, 1, 1+n%40_000, 0, 0, 0, 0, time.UTC)
		return same(day, "yyyy-mm-dd", day.Format(time.DateOnly))
	case 5:
		// 32nds of a day are exact in a double; of others LibreOffice cuts the
		// seconds that Excel, and we, round.
		moment := time.Date(1950, 1, 1+n%40_000, 0, n%32*45, 0, 0, time.UTC)
		return sampleCell{moment, "yyyy-mm-dd hh:mm:ss", moment.Format("2006-01-02T15:04:05"), moment.Format(time.DateTime)}
	case 6:
		return same(n%10_000, "0000", fmt.Sprintf("%04d", n%10_000))
	case 7:
		return same(n, `000\-0000`, fmt.Sprintf("%03d-%04d", n/10_000, n%10_000))
	}
	text := sampleTexts[n%len(sampleTexts)]
	return same(text, "", text)
}

// A sampleSheet is what a generated workbook holds: rows by their number, and
// in them cells by their column.
type sampleSheet map[int]map[int]sampleCell

func newSheet(r *rand.Rand, rows int) sampleSheet {
	s := sampleSheet{}
	for line := 1 + r.IntN(3); len(s) < rows; line += 1 + r.IntN(10)/8*r.IntN(50) {
		cells := map[int]sampleCell{}
		for column := r.IntN(3); column < 40 && len(cells) < 12; column += 1 + r.IntN(10)/7*r.IntN(9) {
			cells[column] = newSample(r)
		}
		s[line] = cells
	}
	return s
}

// written has excelize write the sheet: shared strings, or inline ones where
// streaming.
func (s sampleSheet) written(t *testing.T, streaming bool) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	styles := map[string]int{"": 0}
	for _, format := range []string{"yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0000", `000\-0000`} {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			t.Fatal(err)
		}
		styles[format] = id
	}
	var err error
	if streaming {
		err = s.stream(f, styles)
	} else {
		err = s.set(f, styles)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (s sampleSheet) set(f *excelize.File, styles map[string]int) error {
	for line, cells := range s {
		for column, c := range cells {
			at := fmt.Sprint(Letters(column), line)
			if err := f.SetCellValue("Sheet1", at, c.value); err != nil {
				return err
			}
			if err := f.SetCellStyle("Sheet1", at, at, styles[c.format]); err != nil {
				return err
			}
		}
	}
	return f.SetCellStyle("Sheet1", "A3000", "Z3003", styles["0000"]) // rows that only have a style
}

func (s sampleSheet) stream(f *excelize.File, styles map[string]int) error {
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	for _, line := range s.lines() {
		row := make([]any, 1+slices.Max(slices.Collect(keys(s[line]))))
		for column, c := range s[line] {
			row[column] = excelize.Cell{StyleID: styles[c.format], Value: c.value}
		}
		if err := w.SetRow(fmt.Sprint("A", line), row); err != nil {
			return err
		}
	}
	return w.Flush()
}

func keys(m map[int]sampleCell) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (s sampleSheet) lines() []int {
	var lines []int
	for line := range s {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// texts are the rows by their number, as text says of each cell.
func (s sampleSheet) texts(text func(sampleCell) string) map[int][]string {
	all := map[int][]string{}
	for line, cells := range s {
		row := make([]string, 1+slices.Max(slices.Collect(keys(cells))))
		for column, c := range cells {
			row[column] = text(c)
		}
		all[line] = row
	}
	return all
}

// ourRows reads the first sheet of a file.
func ourRows(t *testing.T, file []byte) map[int][]string {
	t.Helper()
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[int][]string{}
	for row, err := range b.Rows(t.Context(), 0) {
		if err != nil {
			t.Fatal(err, coded(err).Values)
		}
		all[row.Number] = slices.Clone(row.Texts)
	}
	return all
}

// theirRows are rows as programs list them: from line 1 on, blank ones too.
func theirRows(rows [][]string) map[int][]string {
	all := map[int][]string{}
	for i, row := range rows {
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		if len(row) > 0 {
			all[i+1] = row
		}
	}
	return all
}

func want(c sampleCell) string  { return c.want }
func shows(c sampleCell) string { return c.shown }

func TestF5_WhatExcelizeWritesIsReadAsExcelizeReadsIt(t *testing.T) {
	for seed := range uint64(8) {
		s := newSheet(rand.New(rand.NewPCG(seed, 1)), 60)
		for _, streaming := range []bool{false, true} {
			file := s.written(t, streaming)
			f, err := excelize.OpenReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.GetRows("Sheet1")
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			if diff := cmp.Diff(s.texts(shows), theirRows(rows)); diff != "" {
				t.Errorf("seed %d: excelize, streaming %v (-want +got):\n%s", seed, streaming, diff)
			}
			if diff := cmp.Diff(s.texts(want), ourRows(t, file)); diff != "" {
				t.Errorf("seed %d: ours, streaming %v (-want +got):\n%s", seed, streaming, diff)
			}
		}
	}
}

// asShown is CSV of the first sheet with every cell as LibreOffice shows it,
// numbers by their formats too.
const asShown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,1"

func TestF5_WhatIsReadIsWhatLibreOfficeShows(t *testing.T) {
	s := newSheet(rand.New(rand.NewPCG(1, 2)), 300)
	file := s.written(t, false)
	r := csv.NewReader(bytes.NewReader(converted(t, file, asShown, "csv")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.texts(shows), theirRows(atLines(s.lines(), rows))); diff != "" {
		t.Errorf("LibreOffice (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s.texts(want), ourRows(t, file)); diff != "" {
		t.Errorf("ours (-want +got):\n%s", diff)
	}
}

// atLines puts the rows of a CSV at the lines that have a cell: encoding/csv leaves
// out the others.
func atLines(filled []int, rows [][]string) (lines [][]string) {
	at := 0
	for _, line := range filled {
		for len(lines) < line-1 {
			lines = append(lines, nil)
		}
		for at < len(rows) && strings.Join(rows[at], "") == "" {
			at++
		}
		if at < len(rows) {
			lines = append(lines, rows[at])
			at++
		}
	}
	return lines
}

func TestF5_WhatLibreOfficeWritesIsRead(t *testing.T) {
	s := newSheet(rand.New(rand.NewPCG(3, 4)), 300)
	for _, format := range []string{"xlsx:Calc MS Excel 2007 XML", "xlsx:Calc Office Open XML"} {
		saved := converted(t, s.written(t, true), format, "xlsx")
		if diff := cmp.Diff(s.texts(want), ourRows(t, saved)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}
