package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// eachAt is as each, for tests that look into the database themselves.
func eachAt(t *testing.T, f func(h *house, url string)) {
	t.Helper()
	founded.Each(t, func(t *testing.T, url string) { f(open(t, url), url) })
}

// everything returns all that a database holds: the bytes of an SQLite file and
// its log, the rows of every PostgreSQL table as text.
func everything(t *testing.T, url string) string {
	t.Helper()
	var all bytes.Buffer
	if !store.IsPostgres(url) {
		for _, name := range []string{url, url + "-wal"} {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
		return all.String()
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	tables, err := pgx.CollectRows(must(conn.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)), pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		t.Fatalf("tables = %v, %v", tables, err)
	}
	for _, table := range tables {
		rows, err := pgx.CollectRows(must(conn.Query(t.Context(), `SELECT x::text FROM `+table+` x`)), pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintln(&all, row)
		}
	}
	return all.String()
}

func must(rows pgx.Rows, err error) pgx.Rows {
	if err != nil {
		panic(err)
	}
	return rows
}

func (h *house) verifyChain() store.Verification {
	h.Helper()
	v, err := h.svc.VerifyJournalForTest(h.Context(), h.owner)
	if err != nil {
		h.Fatalf("verify the journal: %v", err)
	}
	return v
}

func (h *house) eraseMember(id int64) {
	h.Helper()
	if err := h.svc.Erase(h.Context(), h.owner, id); err != nil {
		h.Fatalf("erase member %d: %v", id, err)
	}
}

// traces are what only Zoë was called, over time.
var traces = []string{"zoe.q@x.example", "ZOE.Q@x.example", "ZOE.q@x.example", "zoeq", "ZoeQ", "Zoë Quill", "zoë quill", "Zoë Smith", "zoe.new@x.example",
	"keeps bees", "+81-90", "2031-07-01"}

// aLife makes a member whose traces are in plans of every kind, and returns
// their ID and the import that deleted them.
func aLife(h *house) (id int64, deletion store.Import) {
	h.Helper()
	first := h.apply("login_id,email,name,remarks,login_until,groups\nann,ann@x.example,Ann,,,\nZoeQ,ZOE.Q@x.example,Zoë Quill,keeps bees,2031-07-01,\n", plan.Options{})
	id = first.FirstMember + 1
	changed := h.apply(fmt.Sprintf("member_id,name,email,remarks\n%d,Zoë Smith,zoe.new@x.example,+81-90\n", id), plan.Options{})
	h.undo(changed)
	h.plan("email,name\nzoe.q@x.example,Somebody\n,x\n", plan.Options{BadRows: "stop"})             // taken: quotes the address
	h.plan(fmt.Sprintf("member_id,email\n%d,zoe.q@x.example\n", first.FirstMember), plan.Options{}) // another member asks for it
	rename := h.plan("email,name\nzoe.q@else.example,Q. Other\n", plan.Options{})                   // a likely rename: the note has the name
	if rename.Outcome.WarningsTotal != 1 {
		h.Fatalf("warnings = %d, want that of a rename", rename.Outcome.WarningsTotal)
	}
	h.plan(fmt.Sprintf("member_id,remarks\n%d,another +81-90\n", id), plan.Options{})               // waits
	h.do(h.plan("email\nzoe.q@x.example\nann@x.example\n", plan.Options{Match: []string{"email"}})) // keeps
	h.plan("login_id,name\nx,X\n", plan.Options{Sync: true, SyncWithin: `email eq "ZOE.q@x.example"`})
	if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{Which: admin.Which{Filter: `email eq "ZOE.q@x.example"`}}, &bytes.Buffer{}, nil, nil); err != nil {
		h.Fatal(err)
	}
	return id, h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", id), plan.Options{})
}

func TestM7_ErasingAPersonLeavesNothingOfThemAnywhere(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id, _ := aLife(h)
		before := everything(t, url)
		for _, text := range []string{"zoe.q@x.example", "Zoë Quill", "keeps bees"} {
			if !strings.Contains(before, text) {
				t.Fatalf("%q was never there: the test shows nothing", text)
			}
		}
		h.eraseMember(id)
		after := everything(t, url)
		for _, text := range traces {
			if i := strings.Index(after, text); i >= 0 {
				t.Errorf("%q is still there: …%q…", text, after[max(0, i-80):min(len(after), i+80)])
			}
		}
		if !strings.Contains(after, "ann@x.example") {
			t.Error("Ann is gone too")
		}
		m := h.record(id)
		if m.State != member.Erased || m.CreatedAt == 0 || m.WithdrawnAt == 0 {
			t.Errorf("member = %+v; want erased, with dates", m)
		}
	})
}

func TestM8_TheJournalStillVerifiesAfterAPersonIsErased(t *testing.T) {
	each(t, func(h *house) {
		id, _ := aLife(h)
		before := h.verifyChain()
		h.eraseMember(id)
		after := h.verifyChain()
		if after.Entries != before.Entries || after.Erased == 0 || after.Erased+after.Changes != before.Changes {
			t.Errorf("verification = %+v, before %+v", after, before)
		}
	})
}

func TestM8_FilesThatNameAnErasedPersonGoAndOthersStay(t *testing.T) {
	each(t, func(h *house) {
		other := h.apply("login_id,name\nbob,Bob\n", plan.Options{})
		id, _ := aLife(h)
		h.eraseMember(id)
		imports, err := h.svc.Imports(h.Context(), h.owner, store.ImportQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range imports {
			if kept := i.FileKey != ""; kept != (i.ID == other.ID) {
				t.Errorf("import %d: file kept = %v", i.ID, kept)
			}
		}
		if names := h.keptNames(); len(names) != 1 {
			t.Errorf("files in the folder = %v, want one", names)
		}
	})
}

func TestM8_AFileThatNamesAnErasedPersonOnlyInADamagedRowGoesToo(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nzoe,zoe@x.example,Zoe\n", plan.Options{})
		other := h.plan("email,name,remarks\nann@x.example,Ann,\nbad row\n", plan.Options{})
		short := h.plan("email,name,remarks\nann@x.example,Ann,\nzoe@x.example\n", plan.Options{})
		stray := h.plan("email,name,remarks\nann@x.example,Ann,\n\"zoe@x.example\" ,\"x\" y,\n", plan.Options{})
		h.eraseMember(first.FirstMember)
		for _, tt := range []struct {
			imp  store.Import
			kept bool
		}{{first, false}, {other, true}, {short, false}, {stray, false}} {
			if got := tt.imp.Outcome.Counts[plan.Reject]; tt.imp.ID != first.ID && got != 1 {
				t.Fatalf("import %d: %d rejects", tt.imp.ID, got)
			}
			imp, err := h.svc.Import(t.Context(), h.owner, tt.imp.ID)
			if err != nil || (imp.FileKey != "") != tt.kept {
				t.Errorf("import %d: kept = %v, want %v (%v)", tt.imp.ID, imp.FileKey != "", tt.kept, err)
			}
		}
	})
}

func TestM7_APlanThatWaitsAndNamesAnErasedPersonIsStale(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nzoe,zoe@x.example,Zoe\nann,ann@x.example,Ann\n", plan.Options{})
		h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", first.FirstMember), plan.Options{})
		again := h.plan("email,name\nzoe@x.example,Zoe\n", plan.Options{})
		h.eraseMember(first.FirstMember)
		_, err := h.svc.Apply(h.Context(), h.owner, again.ID, admin.ApplyOptions{})
		if !errors.Is(err, problem.New(problem.PlanStale)) {
			t.Errorf("apply = %v, want %s", err, problem.PlanStale)
		}
	})
}

func TestM7_WhatSomebodyElseHasNowStaysTheirs(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nzoe,desk@x.example,Zoe\n", plan.Options{})
		h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", first.FirstMember), plan.Options{})
		next := h.apply("login_id,email,name\nyui,desk@x.example,Yui\n", plan.Options{})
		h.eraseMember(first.FirstMember)
		if m := h.record(next.FirstMember); m.Email != "desk@x.example" || m.Name != "Yui" {
			t.Errorf("member = %+v", m)
		}
		undo := h.undo(next)
		if got := counts(undo); got != [6]int64{0, 0, 0, 1, 0, 0} {
			t.Errorf("undo of the other one's import = %v", got)
		}
		h.verifyChain()
	})
}

func TestA6_UndoLeavesErasedPeopleAlone(t *testing.T) {
	each(t, func(h *house) {
		id, deletion := aLife(h)
		h.eraseMember(id)
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, deletion.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		found, err := h.svc.Problems(h.Context(), h.owner, undo, 10)
		if err != nil || len(found.Problems) != 1 || found.Problems[0].Code != problem.PersonErased {
			t.Errorf("problems = %v, %v; want %s", found.Problems, err, problem.PersonErased)
		}
	})
}

func TestM7_ACancelledInvitationOfAnErasedPersonIsNotReopened(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nzoe,zoe@x.example,Zoe\n", plan.Options{})
		h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", first.FirstMember), plan.Options{})
		invited := h.apply("email,system_role,system_permission\nzoe@x.example,member,write\n", plan.Options{Layout: plan.InviteSheet})
		cancelled := h.undo(invited)
		h.eraseMember(first.FirstMember)
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, cancelled.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := counts(undo); got != [6]int64{0, 0, 0, 0, 0, 1} {
			t.Errorf("counts = %v, want one reject", got)
		}
	})
}

func TestM8_ErasingSomebodyActiveDeletesThemByAPlanFirst(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,name\nzoe,Zoe\n", plan.Options{})
		h.eraseMember(first.FirstMember)
		if m := h.record(first.FirstMember); m.State != member.Erased {
			t.Errorf("state = %d, want erased", m.State)
		}
		tests := []struct {
			name string
			id   int64
			code problem.Code
		}{
			{"somebody unknown", 999, problem.MemberUnknown},
			{"somebody erased already", first.FirstMember, problem.PersonErased},
			{"the primary owner", 1, problem.DeletePrimaryOwner},
		}
		for _, tt := range tests {
			if err := h.svc.Erase(t.Context(), h.owner, tt.id); !errors.Is(err, problem.New(tt.code)) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
			}
		}
	})
}

func TestM7_WithdrawnMembersAreErasedAfterTheSettingOfDays(t *testing.T) {
	each(t, func(h *house) {
		id, _ := aLife(h)
		*h.now = h.now.Add(30 * 24 * time.Hour)
		if swept := h.sweepNow(); swept.Members != 0 {
			t.Fatalf("after 30 days: %+v", swept)
		}
		*h.now = h.now.Add(time.Second)
		h.plan("login_id,name\nbob,Bob\n", plan.Options{}) // before every import
		if m := h.record(id); m.State != member.Erased {
			t.Errorf("state = %d, want erased", m.State)
		}
		if swept := h.sweepNow(); swept != (admin.Swept{}) {
			t.Errorf("the second sweep did %+v", swept)
		}
		h.verifyChain()
	})
}

func TestA8_FilesAreKeptForTheSettingOfDays(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("login_id,name\nbob,Bob\n", plan.Options{})
		*h.now = h.now.Add(90 * 24 * time.Hour)
		if swept := h.sweepNow(); swept.Files != 0 || len(h.keptNames()) != 1 {
			t.Fatalf("after 90 days: %+v, files %v", swept, h.keptNames())
		}
		*h.now = h.now.Add(time.Second)
		if swept := h.sweepNow(); swept.Files != 1 || len(h.keptNames()) != 0 {
			t.Errorf("a second later: %+v, files %v", swept, h.keptNames())
		}
		imp, err := h.svc.Import(t.Context(), h.owner, imp.ID)
		if err != nil || imp.FileKey != "" || imp.State != store.Applied || imp.FileSHA256 == nil {
			t.Errorf("import = %+v, %v; want all but its file", imp, err)
		}
	})
}

func TestP6_RandomPasswordsThatExpiredAreDestroyed(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name\nbob,Bob\n", plan.Options{RandomPassword: true})
		*h.now = h.now.Add(7*24*time.Hour - time.Second)
		if swept := h.sweepNow(); swept.Passwords != 0 {
			t.Fatalf("before their time: %+v", swept)
		}
		*h.now = h.now.Add(time.Second)
		if swept := h.sweepNow(); swept.Passwords != 1 {
			t.Errorf("at their time: %+v", swept)
		}
	})
}

func (h *house) sweepNow() admin.Swept {
	h.Helper()
	swept, err := h.svc.Sweep(h.Context(), h.owner)
	if err != nil {
		h.Fatalf("sweep: %v", err)
	}
	return swept
}

func (h *house) record(id int64) member.Member {
	h.Helper()
	m, err := h.svc.MemberForTest(h.Context(), h.owner, id)
	if err != nil || m == nil {
		h.Fatalf("member %d: %v, %v", id, m, err)
	}
	return *m
}

func (h *house) keptNames() []string {
	h.Helper()
	names, err := h.svc.FilesForTest()
	if err != nil {
		h.Fatal(err)
	}
	return names
}

func TestM7_NobodyIsErasedWhileAFileIsBeingPlanned(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,name\nzoe,Zoe\n", plan.Options{})
		h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", first.FirstMember), plan.Options{})
		*h.now = h.now.Add(31 * 24 * time.Hour)
		if err := h.svc.StartPlanForTest(t.Context(), h.owner, h.now.Add(time.Minute).UnixMicro()); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Erase(t.Context(), h.owner, first.FirstMember); !errors.Is(err, problem.New(problem.EraseBusy)) {
			t.Errorf("on request: %v, want %s", err, problem.EraseBusy)
		}
		if swept := h.sweepNow(); swept.Members != 0 || !swept.More {
			t.Errorf("when due: %+v, want it left for next time", swept)
		}
		*h.now = h.now.Add(2 * time.Minute) // its process died
		if swept := h.sweepNow(); swept.Members != 1 {
			t.Errorf("next time: %+v", swept)
		}
	})
}

func TestG7_ImportsAndTheirReportsNeedTheRight(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("login_id,email,name\nann,ann@x.example,Ann\n", plan.Options{})
		ann, err := h.svc.As(t.Context(), h.owner, "ann@x.example")
		if err != nil {
			t.Fatal(err)
		}
		_, listed := h.svc.Imports(t.Context(), ann, store.ImportQuery{})
		for what, err := range map[string]error{
			"list":     listed,
			"table":    h.svc.Table(t.Context(), ann, imp, sheet.CSV, english, &bytes.Buffer{}),
			"own file": h.svc.OwnFile(t.Context(), ann, imp, english, english, &bytes.Buffer{}),
			"erase":    h.svc.Erase(t.Context(), ann, 1),
		} {
			if !errors.Is(err, problem.New(problem.ActorForbidden, "right", "")) {
				t.Errorf("%s: %v, want %s", what, err, problem.ActorForbidden)
			}
		}
	})
}

func TestG7_OnlyAdministratorsEraseAdministratorsAndOnlyOwnersOwners(t *testing.T) {
	each(t, func(h *house) {
		clerk := h.writer("clerk@x.example", nil, []string{"members"})
		first := h.apply("email,name,system_role,system_permission\nada@x.example,Ada,member,admin\nadmin@x.example,Ad,member,admin\n"+
			"boss@x.example,Bo,owner,admin\nwes@x.example,Wes,member,write\n", plan.Options{}).FirstMember
		admin, err := h.svc.As(t.Context(), h.owner, "admin@x.example")
		h.must(err)
		h.apply(fmt.Sprintf("member_id,delete\n%d,1\n%d,1\n%d,1\n", first, first+2, first+3), plan.Options{})
		h.refused(h.svc.Erase(t.Context(), clerk, first), problem.AdministratorOnly)
		h.refused(h.svc.Erase(t.Context(), clerk, first+1), problem.AdministratorOnly)
		h.refused(h.svc.Erase(t.Context(), clerk, first+2), problem.OwnerOnly)
		h.refused(h.svc.Erase(t.Context(), admin, first+2), problem.OwnerOnly)
		h.must(h.svc.Erase(t.Context(), clerk, first+3))
		h.must(h.svc.Erase(t.Context(), admin, first))
		h.must(h.svc.Erase(t.Context(), h.owner, first+2))
	})
}

// nowhere insists that texts that were in a database are not there after Zoë, a
// member, was erased, nor anywhere in a kept file; and that others still are.
func (h *house) nowhere(id int64, url string, gone, stays []string) {
	h.Helper()
	before := everything(h.T, url)
	for _, text := range gone {
		if !strings.Contains(before, text) {
			h.Fatalf("%q was never there: the test shows nothing", text)
		}
	}
	h.eraseMember(id)
	after := everything(h.T, url)
	for _, text := range gone {
		if i := strings.Index(after, text); i >= 0 {
			h.Errorf("%q is still there: …%q…", text, after[max(0, i-80):min(len(after), i+80)])
		}
	}
	for _, text := range stays {
		if !strings.Contains(after, text) {
			h.Errorf("%q is gone", text)
		}
	}
	h.verifyChain()
}

func TestM8_RejectedRowsThatNameAnErasedPersonInAMalformedCellGo(t *testing.T) {
	for _, tt := range []struct{ name, file string }{
		{"an address among other words", "email,name\nSato Taro <sato@x.example>,Somebody\n"},
		{"two addresses", "email,name\nsato@x.example;other@x.example,Somebody\n"},
		{"the address where the name should be", "email,name\nbroken at x,sato@x.example\n"},
		{"the name, with a title behind it", "email,name\nbroken at x,佐藤太郎様\n"},
		{"the login ID among other words", "login_id,name\n\"taro77, 2\",Somebody\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachAt(t, func(h *house, url string) {
				id := h.apply("login_id,email,name\ntaro77,sato@x.example,佐藤太郎\n", plan.Options{}).FirstMember
				imp := h.plan(tt.file, plan.Options{})
				other := h.plan("email,name\nmasato@x.example.org at,taro770\n", plan.Options{})
				if counts(imp) != counts(other) || counts(imp)[5] != 1 {
					t.Fatalf("counts = %v, %v", counts(imp), counts(other))
				}
				h.nowhere(id, url, []string{"佐藤太郎"}, []string{"masato@x.example.org at", "taro770"})
				rows := h.rejected(imp)
				if len(rows) != 1 || !rows[0].IsErased() {
					t.Errorf("the row is still %+v", rows)
				}
				for i, kept := range map[int64]bool{imp.ID: false, other.ID: true} {
					if now, err := h.svc.Import(t.Context(), h.owner, i); err != nil || (now.FileKey != "") != kept {
						t.Errorf("import %d: file kept = %v, %v", i, now.FileKey != "", err)
					}
				}
			})
		})
	}
}

func (h *house) rejected(imp store.Import) []store.StoredChange {
	h.Helper()
	var all []store.StoredChange
	for c, err := range h.roll().Changes(h.Context(), imp.Org, imp.ID, store.ChangeQuery{Actions: []plan.Action{plan.Reject}}) {
		h.must(err)
		all = append(all, c)
	}
	return all
}

func TestM8_AFileWithoutAHeaderKeepsNobodyWhoIsErased(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id := h.apply("login_id,email,name\ntaro,sato@x.example,佐藤太郎\n", plan.Options{}).FirstMember
		h.plan("sato@x.example,佐藤太郎\nann@x.example,アン\n", plan.Options{})
		h.plan("email,佐藤太郎,remarks\nann@x.example,アン,x\n", plan.Options{}) // understood but for one header
		h.nowhere(id, url, []string{"sato@x.example", "佐藤太郎"}, []string{"remarks"})
	})
}

func TestM8_RecordedFiltersNameNobodyWhoIsErased(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id := h.apply("login_id,email,name\nsato,ann@x.example,佐藤太郎\njo,joann@x.example,Jo\n", plan.Options{}).FirstMember
		for _, filter := range []string{`name eq "佐藤太郎"`, `email eq "ANN@x.example"`, `remarks co "for ann@x.example, only" or login_id eq "sato"`, `email eq "joann@x.example"`, `name co "<&"`} {
			_, err := h.svc.Export(t.Context(), h.owner, admin.Export{Which: admin.Which{Filter: filter}}, &bytes.Buffer{}, nil, nil)
			h.must(err)
		}
		h.nowhere(id, url, []string{"佐藤太郎", "ANN@x.example", "for ann@x.example"}, []string{"joann@x.example"})
		records, err := h.roll().Exports(t.Context(), h.owner.Org.ID, 10)
		h.must(err)
		got := map[string]bool{}
		for _, r := range records {
			var selection struct{ Filter string }
			h.must(json.Unmarshal([]byte(r.Selection), &selection))
			got[selection.Filter] = true
		}
		for _, want := range []string{`name eq "***"`, `email eq "***"`, `remarks co "***" or login_id eq "***"`, `email eq "joann@x.example"`, `name co "<&"`} {
			if !got[want] {
				t.Errorf("no export has the filter %s; there are %v", want, got)
			}
		}
	})
}

func TestM8_OptionsAndFileNamesNameNobodyWhoIsErased(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id := h.apply("login_id,email,name\nsato,sato@x.example,佐藤太郎\n", plan.Options{}).FirstMember
		const file = "email,name,佐藤太郎\nann@x.example,アン,x\n"
		for _, named := range []struct{ was, want string }{{"佐藤太郎.csv", "***.csv"}, {"list_sato-2026.csv", "***.csv"}, {"satoshi.csv", "satoshi.csv"}} {
			imp, err := h.svc.Plan(t.Context(), h.owner, admin.Upload{Name: named.was, Content: strings.NewReader(file), Size: int64(len(file))},
				plan.Options{Map: map[string]string{"佐藤太郎": "remarks", "Memo": "remarks"}, IgnoreColumns: []string{"sato@x.example", "Other"}, Match: []string{"email"}}, nil)
			h.must(err)
			defer func() {
				now, err := h.svc.Import(t.Context(), h.owner, imp.ID)
				if h.must(err); now.FileName != named.want {
					t.Errorf("%s is now %s, want %s", named.was, now.FileName, named.want)
				}
				if o := now.Options; o.Map["***"] != "remarks" || o.Map["Memo"] != "remarks" || o.IgnoreColumns[0] != "***" || o.IgnoreColumns[1] != "Other" {
					t.Errorf("options = %+v", o)
				}
			}()
		}
		h.nowhere(id, url, []string{"佐藤太郎", "sato@x.example", "list_sato"}, []string{"satoshi", "Memo"})
	})
}

func TestM8_WhatProblemsQuoteBesidesCellsNamesNobodyWhoIsErased(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id := h.apply("login_id,email,name\nsato,sato@x.example,佐藤太郎\n", plan.Options{}).FirstMember
		h.plan("email,Memo\nann@x.example,x\n", plan.Options{Map: map[string]string{"Memo": "佐藤太郎"}})
		h.nowhere(id, url, []string{"佐藤太郎"}, []string{"Memo"})
	})
}

func TestM8_APlanThatBeginsWhileSomebodyIsErasedKnowsNothingOfThem(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		id := h.apply("login_id,email,name\nzoe,zoe@x.example,Zoë Quill\n", plan.Options{}).FirstMember
		deletion := h.apply(fmt.Sprintf("member_id,delete\n%d,1\n", id), plan.Options{})
		began := make(chan error, 1)
		request := store.EraseRequest{Org: h.owner.Org.ID, IDs: []int64{id}, Now: h.now.UnixMicro(), Forget: func(context.Context, []string) error {
			go func() {
				_, err := h.svc.PlanUndo(context.WithoutCancel(t.Context()), h.owner, deletion.ID, plan.Options{}, nil)
				began <- err
			}()
			h.until(url, began) // nobody waits for a lock, and the plan is there
			return nil
		}}
		if _, err := h.roll().Erase(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		h.must(<-began)
		if after := everything(t, url); strings.Contains(after, "Zoë Quill") || strings.Contains(after, "zoe@x.example") {
			t.Error("Zoë is in a plan that was made meanwhile")
		}
	})
}

// until waits until somebody waits for a lock in PostgreSQL, or has done what
// they wanted. SQLite has one writer at a time; there it does not wait.
func (h *house) until(url string, done chan error) {
	if !store.IsPostgres(url) {
		return
	}
	conn, err := pgx.Connect(h.Context(), url)
	if err != nil {
		h.Error(err)
		return
	}
	defer conn.Close(h.Context())
	for waiting := 0; waiting == 0 && len(done) == 0; {
		if err := conn.QueryRow(h.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			h.Error(err)
			return
		}
	}
}
