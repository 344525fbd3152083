package admin_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// oracle reads a workbook with a library that is not ours.
func (h *house) oracle(book []byte) *excelize.File {
	h.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := f.Close(); err != nil {
			h.Error(err)
		}
	})
	return f
}

func (h *house) sheetRows(book []byte, sheet string) [][]string {
	h.Helper()
	rows, err := h.oracle(book).GetRows(sheet)
	if err != nil {
		h.Fatal(err)
	}
	return rows
}

func (h *house) inviteBook(text *locale.Printer) []byte {
	h.Helper()
	return []byte(h.template(admin.Template{Layout: plan.InviteSheet, Lang: text.Lang(), Format: "xlsx", Text: text}))
}

func TestL1_TheInvitationWorkbookIsTheOrganisationsOwn(t *testing.T) {
	headers := map[*locale.Printer]string{
		english:  "User Name,Email,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Delete,_base",
		japanese: "ユーザー名,メールアドレス,システムロール種別,システム権限種別,ブランドアクセスポリシーコード,ロールコード,削除,_base",
	}
	eachWithStore(t, func(h *house, db *store.DB) {
		h.everything(db)
		h.people(db)
		for text, header := range headers {
			book := h.inviteBook(text)
			f := h.oracle(book)
			main := f.GetSheetName(0)
			rows := h.sheetRows(book, main)
			if got := strings.Join(rows[0], ","); got != header || len(rows) != 7 {
				h.Errorf("%s: %d rows under %s", text.Lang(), len(rows), got)
			}
			if got := strings.Join(rows[2][:4], ","); got != "Ann,ann@x.example,member,write" {
				h.Errorf("row = %s", got)
			}
			if dimension, err := f.GetSheetDimension(main); err != nil || dimension != "A1:H7" {
				h.Errorf("dimension = %s, %v", dimension, err)
			}
			h.offers(f, main, []string{`"primary_owner,owner,member"`, `"admin,write"`, `"-policy"`, `"@role"`, `"true,false"`})
			notes, err := f.GetComments(main)
			if err != nil || len(notes) != 7 {
				h.Errorf("%d notes on headers, %v", len(notes), err)
			}
			explained := h.sheetRows(book, text.Say("workbook.sheet.explanation"))
			if all := cells(explained); !slices.Contains(all, "-policy") || !slices.Contains(all, text.Say("workbook.note.email")) {
				h.Errorf("explanation = %q", explained)
			}
			imp := h.planBook(book, plan.Options{})
			if h.allKeep(imp, 6); imp.Options.Layout != plan.InviteSheet {
				h.Errorf("layout = %s", imp.Options.Layout)
			}
		}
	})
}

// offers compares the drop-downs of columns C to G.
func (h *house) offers(f *excelize.File, sheet string, want []string) {
	h.Helper()
	lists, err := f.GetDataValidations(sheet)
	if err != nil {
		h.Fatal(err)
	}
	var got []string
	for _, v := range lists {
		got = append(got, v.Formula1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("drop-downs (-want +got):\n%s", diff)
	}
}

func cells(rows [][]string) (all []string) {
	for _, row := range rows {
		all = append(all, row...)
	}
	return all
}

// saved has LibreOffice open workbooks and save them; their names are kept.
func saved(t *testing.T, books map[string][]byte) map[string][]byte {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is missing: install the package libreoffice-calc-nogui to have workbooks saved by it")
	}
	dir := t.TempDir()
	args := []string{"-env:UserInstallation=file://" + dir + "/profile", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", filepath.Join(dir, "out")}
	for name, book := range books {
		file := filepath.Join(dir, name+".xlsx")
		if err := os.WriteFile(file, book, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if said, err := exec.CommandContext(ctx, soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, said)
	}
	out := map[string][]byte{}
	for name := range books {
		if out[name], err = os.ReadFile(filepath.Join(dir, "out", name+".xlsx")); err != nil {
			t.Fatalf("LibreOffice did not save %s: %v", name, err)
		}
	}
	return out
}

func TestF12_AWorkbookThatLibreOfficeSavedIsAllKeep(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.everything(db)
		n := h.trickyMembers()
		books := map[string][]byte{}
		for _, text := range []*locale.Printer{english, japanese} {
			e := admin.Export{Format: "xlsx", Header: text.Lang(), Text: text}
			books["invitation-"+text.Lang()], books["register-"+text.Lang()] = h.inviteBook(text), []byte(h.export(e))
			e.Columns = withoutBase()
			books["cells-"+text.Lang()] = []byte(h.export(e)) // what the cells say is all that there is
		}
		for name, book := range saved(h.T, books) {
			if bytes.Equal(book, books[name]) {
				h.Errorf("%s was not saved anew", name)
			}
			imp := h.planBook(book, plan.Options{})
			if got := counts(imp); imp.State != store.Planned || got[4] != n || imp.Rows != n {
				h.Errorf("%s: state %s, counts %v of %d; %s", name, imp.State, got, n, h.firstNews(imp))
			}
		}
	})
}

// trickyMembers registers a member for each of the texts that something treats in
// a way of its own. It returns how many members there are, with an address, all.
func (h *house) trickyMembers() int64 {
	h.Helper()
	var edits []admin.Edit
	for i, text := range tricky {
		name := "N" + text + "N"
		if text, err := member.Normalise(text); err == nil && text != "" {
			name = text + "x"
		}
		login := "u" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		edits = append(edits, admin.Edit{Attributes: map[member.Attribute]string{
			member.LoginID: login, member.Email: login + "@x.example", member.Name: strings.ReplaceAll(name, "\n", " "),
			member.Remarks: "a\n" + text + "\nb", member.LoginUntil: "2027-03-31", member.DisplayOrder: "-5",
		}, Fields: map[string]string{"f_text": "0" + strings.ReplaceAll(text, "\n", "") + "12", "f_number": "0.50", "f_digits": "0012", "f_date": "2026-11-22",
			"f_moment": "2026-11-22T09:30:00Z", "f_bool": "1", "f_check": "@x|ゼット−"}})
	}
	if _, err := h.svc.Edit(h.Context(), h.owner, edits); err != nil {
		h.Fatal(err)
	}
	return int64(len(edits)) + 1 // the owner
}

func TestA5_APersonsOwnWorkbookComesBackWithResultsAndComesInAgain(t *testing.T) {
	each(t, func(h *house) {
		book, ok := h.bookOf("login_id,name,email\nann,Ann,ann@x.example\nbob,Bob,nowhere\ncas,,1.2E+5\n")
		if !ok {
			t.Fatal("no workbook")
		}
		imp := h.planBook(book, plan.Options{})
		for text, want := range map[*locale.Printer]string{english: "result,to be added,has a problem,has a problem", japanese: "結果,登録予定,問題あり,問題あり"} {
			out := h.own(imp, text)
			f := h.oracle(out)
			var got []string
			for _, row := range h.sheetRows(out, "Sheet1") {
				got = append(got, row[3])
			}
			if strings.Join(got, ",") != want {
				h.Errorf("results = %q, want %s", got, want)
			}
			notes, err := f.GetComments("Sheet1")
			var at []string
			for _, n := range notes {
				at = append(at, n.Cell)
			}
			if slices.Sort(at); err != nil || strings.Join(at, ",") != "B4,C3,C4" {
				h.Errorf("notes at %v, %v", at, err)
			}
			h.comesInAgain(out, text)
		}
	})
}

// comesInAgain corrects the copy as a person does, and plans it: what was added is
// ignored, without a word.
func (h *house) comesInAgain(copied []byte, text *locale.Printer) {
	h.Helper()
	f := h.oracle(copied)
	for cell, value := range map[string]string{"C3": "bob@x.example", "B4": "Cas", "C4": ""} {
		if err := f.SetCellStr("Sheet1", cell, value); err != nil {
			h.Fatal(err)
		}
	}
	corrected, err := f.WriteToBuffer()
	if err != nil {
		h.Fatal(err)
	}
	imp := h.planBook(corrected.Bytes(), plan.Options{})
	if got := counts(imp); got != [6]int64{3, 0, 0, 0, 0, 0} || imp.Outcome.WarningsTotal != 0 {
		h.Errorf("counts %v, %d warnings; %s", got, imp.Outcome.WarningsTotal, h.firstNews(imp))
	}
	again := h.own(imp, text)
	if rows := h.sheetRows(again, "Sheet1"); len(rows[0]) > 5 {
		h.Errorf("the results stand there twice: %q", rows[0])
	}
	if notes, err := h.oracle(again).GetComments("Sheet1"); err != nil || len(notes) > 0 {
		h.Errorf("%d notes are left, %v", len(notes), err)
	}
}

func TestA5_OfAWorkbookTheTableIsToBeHadToo(t *testing.T) {
	each(t, func(h *house) {
		book, _ := h.bookOf("login_id,name\nann,Ann\nbob,\n")
		imp := h.planBook(book, plan.Options{})
		var out bytes.Buffer
		if err := h.svc.Table(h.Context(), h.owner, imp, sheet.XLSX, english, &out); err != nil {
			h.Fatal(err)
		}
		rows := h.sheetRows(out.Bytes(), english.Say("workbook.sheet.report"))
		if len(rows) != 3 || rows[2][0] != "3" || rows[2][2] != "reject" {
			h.Errorf("table = %q", rows)
		}
	})
}
