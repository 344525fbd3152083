package admin_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/sheet"
	"meibo/internal/store"
	"meibo/internal/workbook"
)

// bookOf makes a workbook of a CSV, every cell a text cell in the row that has
// the number of its line, blank ones left out; ok is false for what only a CSV
// can say.
func (h *house) bookOf(file string) (book []byte, ok bool) {
	h.Helper()
	f, err := sheet.Open(strings.NewReader(file), int64(len(file)), sheet.Options{})
	if err != nil {
		return nil, false
	}
	x := excelize.NewFile()
	defer func() {
		if err := x.Close(); err != nil {
			h.Error(err)
		}
	}()
	for row, err := range f.Rows(h.Context()) {
		if err != nil || len(row.Problems) > 0 {
			return nil, false
		}
		for i, cell := range row.Cells {
			if cell == "" {
				continue
			}
			if err := x.SetCellStr("Sheet1", workbook.Letters(i)+strconv.Itoa(row.Line), standIn.Replace(cell)); err != nil {
				h.Fatal(err)
			}
		}
	}
	out, err := x.WriteToBuffer()
	if err != nil {
		h.Fatal(err)
	}
	return h.control(out.Bytes()), true
}

// The control characters of the tests, which excelize cannot write, and what
// stands for each until [house.control] puts it in.
var (
	standIn = strings.NewReplacer("\x01", "\ue001", "\x02", "\ue002")
	escaped = strings.NewReplacer("\ue001", "_x0001_", "\ue002", "_x0002_")
)

// control writes control characters into a workbook as spreadsheet programs do.
func (h *house) control(book []byte) []byte {
	h.Helper()
	r, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		h.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		data, err := fs.ReadFile(r, f.Name)
		if err != nil {
			h.Fatal(err)
		}
		part, err := w.Create(f.Name)
		if err != nil {
			h.Fatal(err)
		}
		if _, err := escaped.WriteString(part, string(data)); err != nil {
			h.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		h.Fatal(err)
	}
	return out.Bytes()
}

// planBook plans a workbook.
func (h *house) planBook(book []byte, o plan.Options) store.Import {
	h.Helper()
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "test.xlsx", Content: bytes.NewReader(book), Size: int64(len(book))}, o, nil)
	if err != nil {
		h.Fatalf("plan workbook: %v", err)
	}
	return imp
}

var columnNumber = regexp.MustCompile(`@(\d+):`)

// asBook is an outcome as that of a workbook: columns are letters.
func asBook(outcome string) string {
	return columnNumber.ReplaceAllStringFunc(outcome, func(at string) string {
		n, err := strconv.Atoi(at[1 : len(at)-1])
		if err != nil || n < 1 {
			return at
		}
		return "@" + workbook.Letters(n-1) + ":"
	})
}

// wantFromBook plans the same rows as a workbook, and discards that plan. What is
// about bytes or the length of a line is said of a CSV only.
func (r *ruled) wantFromBook(name, file string, o plan.Options, want string) {
	r.Helper()
	if o.Layout == "" {
		o.Layout = plan.Register
	}
	book, ok := r.bookOf(file)
	if !ok || o.Charset != "" || o.Delimiter != "" || strings.Contains(want, "row-short") {
		return
	}
	imp := r.planBook(book, o)
	if got := r.outcome(imp); got != asBook(want) {
		r.Errorf("%s, from a workbook\ngot:\n%s\nwant:\n%s", name, got, asBook(want))
	}
	if imp.State.Waits() {
		if err := r.svc.Discard(r.Context(), r.owner, imp.ID); err != nil {
			r.Errorf("discard: %v", err)
		}
	}
}
