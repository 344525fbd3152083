package admin_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

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

// mustBook is bookOf for what a workbook can say.
func (h *house) mustBook(file string) []byte {
	h.Helper()
	book, ok := h.bookOf(file)
	if !ok {
		h.Fatalf("no workbook of %q", file)
	}
	return book
}

// typed makes a workbook of cells as a spreadsheet program has them: texts,
// numbers, booleans and dates.
func (h *house) typed(rows ...[]any) []byte {
	h.Helper()
	x := excelize.NewFile()
	var errs []error
	for i, row := range rows {
		for k, value := range row {
			errs = append(errs, x.SetCellValue("Sheet1", workbook.Letters(k)+strconv.Itoa(i+1), value))
		}
	}
	out, err := x.WriteToBuffer()
	if err := errors.Join(append(errs, err, x.Close())...); err != nil {
		h.Fatal(err)
	}
	return out.Bytes()
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

func TestF8_CellsThatAreNoTextsMeanWhatTheyShow(t *testing.T) {
	day := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	rules(t, func(r *ruled) {
		tests := []struct {
			name string
			book []byte
			o    plan.Options
			want string
		}{
			{"a date cell is a date (F8)", r.typed([]any{"member_id", "login_until"}, []any{2, day}), plan.Options{}, "2 update"},
			{"a boolean cell is one (F8)", r.typed([]any{"member_id", "login_allowed"}, []any{2, false}, []any{3, true}), plan.Options{}, "2 update\n3 keep"},
			{"a boolean deletes (P4)", r.typed([]any{"member_id", "delete"}, []any{2, true}, []any{3, false}), plan.Options{}, "2 delete\n3 keep"},
			{"a boolean deletes in the invitation layout too (P5)", r.typed([]any{"email", "system_role", "system_permission", "delete"}, []any{"ann@x.example", "", "", true}), inviting, "2 delete"},
			{"the number 1 does not (P5)", r.typed([]any{"email", "system_role", "system_permission", "delete"}, []any{"ann@x.example", "member", "write", 1}), inviting,
				"2 reject delete-flag-malformed@D:delete"},
			{"a number is one (F5)", r.typed([]any{"member_id", "rank", "dept"}, []any{2, 1.5, 7}), plan.Options{}, "2 update"},
			{"a date where a text belongs is named (F6)", r.typed([]any{"member_id", "name", "dept"}, []any{2, day, day}), plan.Options{},
				"2 reject damaged-date@B:name damaged-date@C:dept"},
			{"a number of too many digits in an identifier is named (F6)", r.typed([]any{"member_id", "login_id"}, []any{2, 1.23e15}), plan.Options{}, "2 reject damaged-number@B:login_id"},
		}
		for _, tt := range tests {
			imp := r.planBook(tt.book, tt.o)
			if got := r.outcome(imp); got != tt.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.name, got, tt.want)
			}
		}
		r.do(r.planBook(tests[0].book, plan.Options{}))
		if m := r.member(2); m.LoginUntil != "2026-04-01" {
			t.Errorf("login until %s", m.LoginUntil)
		}
		r.do(r.planBook(tests[5].book, plan.Options{}))
		if fields := r.member(2).Fields; fields["rank"] != "1.5" || fields["dept"] != "7" {
			t.Errorf("fields = %v", fields)
		}
	})
}
