package admin_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

var english, japanese = locale.New("en"), locale.New("ja")

// own returns the person's own file with the added columns.
func (h *house) own(imp store.Import, text *locale.Printer) []byte {
	h.Helper()
	var out bytes.Buffer
	if err := h.svc.OwnFile(h.Context(), h.owner, imp, text, english, &out); err != nil {
		h.Fatalf("own file of import %d: %v", imp.ID, err)
	}
	return out.Bytes()
}

// tableOf returns the table of a report, without its byte order mark.
func (h *house) tableOf(imp store.Import, text *locale.Printer) [][]string {
	h.Helper()
	var out bytes.Buffer
	if err := h.svc.Table(h.Context(), h.owner, imp, sheet.CSV, text, &out); err != nil {
		h.Fatalf("table of import %d: %v", imp.ID, err)
	}
	content, ok := strings.CutPrefix(out.String(), "\ufeff")
	if !ok || strings.Count(content, "\r\n") == 0 {
		h.Fatalf("table = %q; want a byte order mark and CRLF", out.String())
	}
	rows, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		h.Fatalf("table: %v\n%s", err, content)
	}
	return rows
}

func encode(t *testing.T, charset, text string) []byte {
	t.Helper()
	e, err := sheet.NewEncoder(charset)
	if err != nil {
		t.Fatal(err)
	}
	b, lossy := e.Append(nil, text)
	if lossy {
		t.Fatalf("%s cannot hold the test's own text", charset)
	}
	return b
}

// bring plans bytes as they are.
func (h *house) bring(file []byte, o plan.Options) store.Import {
	h.Helper()
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "test.csv", Content: bytes.NewReader(file), Size: int64(len(file))}, o, nil)
	if err != nil {
		h.Fatalf("plan: %v", err)
	}
	return imp
}

func TestA5_ThePersonsOwnFileComesBackWithResultAndReason(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("login_id,email,name\r\nann,ann@x.example,\"Ann, A.\"\r\nbad,not an address,Bob\r\n", plan.Options{})
		want := "login_id,email,name,result,reason\r\nann,ann@x.example,\"Ann, A.\",added,\r\nbad,not an address,Bob,left out,"
		got := string(h.own(imp, english))
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "email: ") || !strings.HasSuffix(got, "\r\n") {
			t.Errorf("file = %q\nwant %q and a reason", got, want)
		}
		if got := string(h.own(imp, japanese)); !strings.HasPrefix(got, "login_id,email,name,結果,理由\r\nann,ann@x.example,\"Ann, A.\",登録済み,\r\n") {
			t.Errorf("in Japanese: %q", got)
		}
	})
}

func TestA5_TheGivenBackFileComesInAgainCleanWhenCorrected(t *testing.T) {
	register := "\ufeffログインID,メールアドレス,名前,パスワード\r\nann,ann@x.example,安藤,\r\n\r\nbob,\"間違い\",\"Bob\nB.\",\r\n"
	invitation := "\ufeffメールアドレス,システムロール種別,システム権限種別,削除\r\nann@x.example,member,write,\r\n間違い,member,write,\r\n"
	each(t, func(h *house) { // one for all: nothing is applied
		for _, charset := range []string{"utf-8", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030"} {
			for layout, text := range map[plan.Layout]string{plan.Register: register, plan.InviteSheet: invitation} {
				if !strings.HasPrefix(charset, "utf") {
					text = strings.TrimPrefix(text, "\ufeff")
				}
				h.roundTrip(encode(h.T, charset, text), encode(h.T, charset, "間違い"), encode(h.T, charset, "bob@x.example"),
					plan.Options{Layout: layout, Charset: charset})
			}
		}
	})
}

// roundTrip brings a file of two newcomers of whom one has a wrong cell, and
// brings what is given back, as it is and corrected.
func (h *house) roundTrip(file, wrong, right []byte, o plan.Options) {
	h.Helper()
	first := h.bring(file, o)
	if got := first.Outcome.Counts; got[plan.Reject] != 1 {
		h.Fatalf("%s, %s: counts = %v", o.Charset, o.Layout, got)
	}
	back := h.own(first, japanese)
	if again := h.own(h.bring(back, o), japanese); !bytes.Equal(back, again) {
		h.Errorf("%s, %s: the report of a report is another file:\n%q\n%q", o.Charset, o.Layout, back, again)
	}
	got := h.bring(bytes.Replace(back, wrong, right, 1), o).Outcome
	if new := got.Counts[plan.Create] + got.Counts[plan.Invite]; new != 2 || got.ProblemsTotal+got.WarningsTotal != 0 {
		h.Errorf("%s, %s, corrected: counts %v, problems %s, warnings %s", o.Charset, o.Layout, got.Counts, got.Problems, got.Warnings)
	}
}

func TestA5_ResultWordsSayWhatIsSoAndNotWhatWasHoped(t *testing.T) {
	good, bad := "login_id,name\nann,Ann\n", "login_id,name\nann,Ann\nbob,\n"
	tests := []struct {
		name string
		make func(h *house) store.Import
		want string // result of Ann's row
	}{
		{"applied", func(h *house) store.Import { return h.apply(good, plan.Options{}) }, "added"},
		{"planned", func(h *house) store.Import { return h.plan(good, plan.Options{}) }, "to be added"},
		{"planned beside a row that has a problem", func(h *house) store.Import { return h.plan(bad, plan.Options{}) }, "to be added"},
		{"rejected as a whole for another row", func(h *house) store.Import { return h.plan(bad, plan.Options{BadRows: "stop"}) }, "not applied"},
		{"discarded", func(h *house) store.Import {
			imp := h.plan(good, plan.Options{})
			if err := h.svc.Discard(h.Context(), h.owner, imp.ID); err != nil {
				h.Fatal(err)
			}
			imp.State = store.Discarded
			return imp
		}, "not applied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(h *house) {
				imp := tt.make(h)
				rows := h.tableOf(imp, english)
				if got := rows[1][3]; got != tt.want {
					t.Errorf("table says %q, want %q", got, tt.want)
				}
				if got := string(h.own(imp, english)); !strings.Contains(got, "ann,Ann,"+tt.want+",\n") {
					t.Errorf("file = %q, want %q in it", got, tt.want)
				}
			})
		})
	}
}

func TestA5_TheTableHasARowForEachProblemAndEachChangeWithout(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,name,remarks\nann,Ann,=1+1\n", plan.Options{})
		imp := h.apply(fmt.Sprintf("member_id,login_id,name,login_allowed,remarks\n%d,,Anna,,\n,b b,Bob,x,\n,new,New,,\n", first.FirstMember), plan.Options{})
		rows := h.tableOf(imp, english)
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join([]string{row[0], row[2], row[3], row[4], row[6], row[7]}, ","))
		}
		want := []string{
			"line,action,result,member ID,header,code",
			fmt.Sprintf("2,update,changed,%d,,", first.FirstMember),
			"3,reject,left out,,login_id,login-id-malformed",
			"3,reject,left out,,login_allowed,boolean-malformed",
			fmt.Sprintf("4,create,added,%d,,", imp.FirstMember),
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("table:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got := rows[1][5]; got != "Name: “Ann” → “Anna”" {
			t.Errorf("changed = %q", got)
		}
		if got := h.tableOf(first, english)[1][5]; !strings.Contains(got, "=1+1") || strings.HasPrefix(got, "=") {
			t.Errorf("changed = %q", got)
		}
	})
}

func TestA5_RowsReadAreTheRowsOfTheReportThatHaveALine(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name\nann,Ann\nbob,Bob\nrei,Rei\n", plan.Options{})
		imp := h.plan("login_id,name\nann,Anna\nnew,New\nnew,Twice\n", plan.Options{Match: []string{"login_id"}})
		sync := h.plan("login_id,name\nann,Anna\n", plan.Options{Match: []string{"login_id"}, Sync: true})
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, h.do(imp).ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			imp         store.Import
			lines, none int
		}{{imp, 3, 0}, {sync, 1, 2}, {undo, 0, 2}} {
			lines, none := 0, 0
			for r, err := range h.svc.Report(t.Context(), h.owner, tt.imp) {
				if err != nil {
					t.Fatal(err)
				}
				if r.Line > 0 {
					lines++
				} else {
					none++
				}
			}
			if lines != tt.lines || none != tt.none || tt.imp.Kind == store.FileImport && int64(lines) != tt.imp.Rows {
				t.Errorf("import %d: %d rows with a line, %d without; %d were read", tt.imp.ID, lines, none, tt.imp.Rows)
			}
		}
	})
}

func TestA5_AFileRejectedAsAWholeHasAReport(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan("login_id,name,Delte Flag\nann,Ann,1\n", plan.Options{})
		if imp.State != store.Rejected || admin.HasOwnFile(imp) {
			t.Fatalf("state %s, own file %v", imp.State, admin.HasOwnFile(imp))
		}
		rows := h.tableOf(imp, english)
		if len(rows) != 2 || rows[1][0] != "1" || rows[1][3] != "not applied" || rows[1][6] != "Delte Flag" || rows[1][7] != string(problem.HeaderNearMiss) || rows[1][8] == "" {
			t.Errorf("table = %q", rows)
		}
		if len(h.keptNames()) != 0 {
			t.Error("the file was kept, though nobody knows which of its columns are passwords")
		}
	})
}

func TestA5_ProblemsOfTheWholeFileStandAtItsFirstRow(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan("login_id,name,system_role\nann,Ann,\nbob,Bob,\n", plan.Options{})
		if got := string(h.own(imp, english)); strings.Contains(got, "seats") {
			t.Fatalf("file = %q", got)
		}
		one := int64(1)
		h.owner.Org.Seats = &one
		imp = h.plan("login_id,name\nann,Ann\nbob,Bob\n", plan.Options{})
		lines := strings.Split(string(h.own(imp, english)), "\n")
		if !strings.HasPrefix(lines[1], "ann,Ann,not applied,") || !strings.Contains(lines[1], "seat") || lines[2] != "bob,Bob,not applied," {
			t.Errorf("file = %q", lines)
		}
	})
}

func TestP6_PasswordsAreInNoReport(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("login_id,name,password\nann,Ann,correct horse 9\n", plan.Options{})
		var table bytes.Buffer
		if err := h.svc.Table(t.Context(), h.owner, imp, sheet.CSV, english, &table); err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"own file": string(h.own(imp, english)), "table": table.String()} {
			if strings.Contains(text, "horse") || strings.Contains(text, "argon2") {
				t.Errorf("%s = %q", what, text)
			}
		}
	})
}

func TestA5_AnIgnoredColumnIsNoReasonOfAnyRow(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan("login_id,name,shoe\nann,Ann,38\nbob,Bob,41\n", plan.Options{})
		if got := imp.Outcome.WarningCodes[problem.HeaderUnknown]; got != 1 {
			t.Fatalf("%d unknown headers", got)
		}
		if got := string(h.own(imp, english)); strings.Contains(got, "shoe:") || !strings.Contains(got, "ann,Ann,38,to be added,\n") {
			t.Errorf("own file:\n%s", got)
		}
		if got := h.tableOf(imp, english)[1]; got[6] != "shoe" {
			t.Errorf("the table does not tell: %q", got)
		}
	})
}

func TestA5_AReportWithoutItsFileSaysSo(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nzoe,zoe@x.example,Zoe\nann,ann@x.example,Ann\n", plan.Options{})
		h.eraseMember(first.FirstMember)
		imp, err := h.svc.Import(t.Context(), h.owner, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.svc.OwnFile(t.Context(), h.owner, imp, english, english, &bytes.Buffer{}); !errors.Is(err, problem.New(problem.FileGone)) {
			t.Errorf("own file: %v, want %s", err, problem.FileGone)
		}
		rows := h.tableOf(imp, english)
		if len(rows) != 3 || rows[1][1] != fmt.Sprint(first.FirstMember) || !strings.Contains(rows[1][5], "erased") || rows[2][1] != "ann@x.example" {
			t.Errorf("table = %q", rows)
		}
	})
}

func TestP6_PasswordsAreDestroyedOnlyWhenTheyAreSafe(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("login_id,name\nann,Ann\n", plan.Options{RandomPassword: true})
		var first, second bytes.Buffer
		for _, out := range []*bytes.Buffer{&first, &second} {
			if n, err := h.svc.Passwords(t.Context(), h.owner, imp.ID, out); err != nil || n != 1 {
				t.Fatalf("passwords = %d, %v", n, err)
			}
		}
		if first.String() != second.String() {
			t.Error("the passwords changed from one writing to the next")
		}
		if err := h.svc.ForgetPasswords(t.Context(), h.owner, imp.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Passwords(t.Context(), h.owner, imp.ID, &second); !errors.Is(err, problem.New(problem.PasswordsGone)) {
			t.Errorf("a second time: %v, want %s", err, problem.PasswordsGone)
		}
	})
}
