package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// addedHeaders are the headers of the two columns, in both languages.
func addedHeaders(header string) bool {
	return slices.Contains([]string{"結果", "理由", "Result", "Reason"}, header)
}

// annotation are the options of a copy with results.
func annotation() PatchOptions {
	return PatchOptions{
		HeaderLine: 1, Header: []string{"結果", "理由"}, Drop: addedHeaders, Author: "Meibo", Notes: 5000,
		Overflow: Overflow{Name: "問題一覧", Header: []string{"行", "セル", "問題"}, Drop: func(name string) bool { return name == "Problems" }},
	}
}

func sequence(marks ...Mark) iter.Seq2[Mark, error] {
	return func(yield func(Mark, error) bool) {
		for _, m := range marks {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// tryPatch patches a workbook, and returns what was written even if there was an
// error.
func tryPatch(t testing.TB, file []byte, o PatchOptions, marks ...Mark) ([]byte, error) {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var out bytes.Buffer
	err = b.Patch(context.Background(), &out, o, sequence(marks...))
	return out.Bytes(), err
}

func patched(t testing.TB, file []byte, o PatchOptions, marks ...Mark) []byte {
	t.Helper()
	out, err := tryPatch(t, file, o, marks...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// partsOf unpacks a workbook: its parts by their names.
func partsOf(t testing.TB, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := parts[f.Name]; twice {
			t.Errorf("%s stands twice in the archive", f.Name)
		}
		parts[f.Name] = string(b)
	}
	return parts
}

// packed makes a workbook of parts.
func packed(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// textsOf reads a sheet: its rows as lines of cells between bars.
func textsOf(t testing.TB, file []byte, sheet int) string {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var lines []string
	for row, err := range b.Rows(context.Background(), sheet) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Join(row.Texts, "|"))
	}
	return strings.Join(lines, "\n")
}

// book makes a workbook with excelize.
func book(t testing.TB, make func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	make(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func setRows(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, cellRef{i + 1, 0}.String(), &row); err != nil {
			t.Fatal(err)
		}
	}
}

// people is a plain sheet of three people.
func people(t testing.TB) []byte {
	return book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"email", "name", "age"}, []any{"ann@x.jp", "Ann", 41}, []any{"bob", "Bob", 7}, []any{"eve@x.jp", "Eve", "old"})
	})
}

func TestA5_ResultsStandBehindTheLastColumn(t *testing.T) {
	out := patched(t, people(t), annotation(),
		Mark{Line: 2, Cells: []string{"更新", ""}},
		Mark{Line: 3, Cells: []string{"拒否", "メールアドレスではありません。"}, Bad: []Bad{{0, "メールアドレスではありません。"}}},
		Mark{Line: 4, Cells: []string{"拒否", "数ではありません。"}, Bad: []Bad{{2, "数ではありません。"}}})
	want := "email|name|age|結果|理由\nann@x.jp|Ann|41|更新\nbob|Bob|7|拒否|メールアドレスではありません。\neve@x.jp|Eve|old|拒否|数ではありません。"
	if got := textsOf(t, out, 0); got != want {
		t.Errorf("rows:\n%s\nwant:\n%s", got, want)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	notes, err := f.GetComments("Sheet1")
	if err != nil || len(notes) != 2 {
		t.Errorf("notes = %v, %v; want 2", notes, err)
	}
}
