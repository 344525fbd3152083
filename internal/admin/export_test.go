package admin_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// eachWithStore is each, with the database itself to put masters into.
func eachWithStore(t *testing.T, f func(h *house, db *store.DB)) {
	t.Helper()
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatalf("open store: %v", err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close store: %v", err)
			}
		})
		f(h, db)
	})
}

// write runs f in a transaction.
func (h *house) write(db *store.DB, f func(tx *store.Tx) error) {
	h.Helper()
	if err := db.Write(h.Context(), f); err != nil {
		h.Fatalf("write: %v", err)
	}
}

// export returns an exported file.
func (h *house) export(e admin.Export) string {
	h.Helper()
	var out bytes.Buffer
	if _, err := h.svc.Export(h.Context(), h.owner, e, &out, nil, nil); err != nil {
		h.Fatalf("export: %v", err)
	}
	return out.String()
}

// exportCode returns the code of the problem that an export ends with.
func (h *house) exportCode(a admin.Actor, e admin.Export) problem.Code {
	h.Helper()
	var out bytes.Buffer
	_, err := h.svc.Export(h.Context(), a, e, &out, nil, nil)
	var p problem.Problem
	if err != nil && !errors.As(err, &p) {
		h.Fatalf("export: %v", err)
	}
	if err != nil && out.Len() > 0 {
		h.Errorf("%d bytes were written before the problem %s", out.Len(), p.Code)
	}
	return p.Code
}

// records parses a CSV in UTF-8.
func (h *house) records(file string) [][]string {
	h.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
	if err != nil {
		h.Fatalf("parse: %v", err)
	}
	return rows
}

// column returns the cells of a column, without the header.
func (h *house) column(file, header string) []string {
	h.Helper()
	rows := h.records(file)
	i := slices.Index(rows[0], header)
	if i < 0 {
		h.Fatalf("no column %s in %v", header, rows[0])
	}
	cells := []string{}
	for _, row := range rows[1:] {
		cells = append(cells, row[i])
	}
	return cells
}

// allKeep fails unless a plan has nothing but keep, n times.
func (h *house) allKeep(imp store.Import, n int64) {
	h.Helper()
	if got := counts(imp); imp.State != store.Planned || got != [6]int64{0, 0, 0, 0, n, 0} {
		h.Errorf("state = %s, counts = %v, want %d kept; %s", imp.State, got, n, h.firstNews(imp))
	}
}

// firstNews is the first problem of a plan or, if there is none, the first change.
func (h *house) firstNews(imp store.Import) string {
	h.Helper()
	found, err := h.svc.Problems(h.Context(), h.owner, imp, 1)
	if err != nil {
		h.Fatalf("problems: %v", err)
	}
	if len(found.Problems) > 0 {
		return fmt.Sprintf("problem %s %v", found.Problems[0], found.Problems[0].Values)
	}
	for c, err := range h.svc.Changes(h.Context(), h.owner, imp, store.ChangeQuery{Actions: []plan.Action{plan.Update, plan.Create, plan.Invite}}) {
		return fmt.Sprintf("%v %+v → %+v (%v)", c.Action, c.Before, c.After, err)
	}
	return ""
}

// people are five members beside the owner, in two groups.
func (h *house) people(db *store.DB) {
	h.Helper()
	h.write(db, func(tx *store.Tx) error {
		return errors.Join(tx.SaveGroup(h.Context(), h.owner.Org.ID, &member.Group{Name: "東京", Enabled: true}),
			tx.SaveGroup(h.Context(), h.owner.Org.ID, &member.Group{Name: "大阪", Enabled: true}),
			tx.SaveField(h.Context(), h.owner.Org.ID, &member.Field{Identifier: "score", LabelEN: "Score", LabelJA: "点数", Type: member.Number}))
	})
	h.apply("login_id,email,name,groups,score,login_allowed\n"+
		"ann,ann@x.example,Ann,東京,-5,1\nbob,bob@x.example,Bob,東京|大阪,,1\ncas,cas@x.example,Cas,大阪,,0\n"+
		"dan,dan@x.example,Dan,,,1\neve,,Eve,東京,,1\n", plan.Options{})
}

func TestE3_DefaultColumnsAreEveryAttributeThenFieldsThenBase(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		file := h.export(admin.Export{})
		if !strings.HasPrefix(file, "\ufeff") || strings.Count(file, "\r\n") != 7 || strings.Count(file, "\n") != 7 {
			t.Errorf("no BOM, or lines do not end CRLF: %q", file)
		}
		rows := h.records(file)
		want := "member_id,login_id,email,name,login_allowed,login_until,groups,system_role,system_permission,brand_policy,role,remarks,display_order,score,_base"
		if got := strings.Join(rows[0], ","); got != want {
			t.Errorf("header = %s", got)
		}
		if got := strings.Join(h.column(file, "member_id"), " "); got != "1 2 3 4 5 6" {
			t.Errorf("IDs = %s", got)
		}
		if got := strings.Join(rows[3][:14], ","); got != "3,bob,bob@x.example,Bob,1,,東京|大阪,member,write,,,,0," {
			t.Errorf("row = %s", got)
		}
	})
}

func TestE3_HeadersInTwoLanguages(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		columns := []string{"score", "groups", "delete"}
		if got := h.records(h.export(admin.Export{Columns: columns, Header: "ja"}))[0]; !slices.Equal(got, []string{"点数", "所属グループ", "削除フラグ"}) {
			t.Errorf("header = %v", got)
		}
		if got := h.records(h.export(admin.Export{Columns: columns, Header: "en"}))[0]; !slices.Equal(got, []string{"Score", "Groups", "Delete Flag"}) {
			t.Errorf("header = %v", got)
		}
	})
}

func TestE1_GroupsAreORedAndANDedWithTheFilter(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		for _, tt := range []struct {
			name  string
			which admin.Which
			want  string
		}{
			{"everyone", admin.Which{}, " ann bob cas dan eve"},
			{"one group", admin.Which{Groups: []string{"大阪"}}, "bob cas"},
			{"groups are ORed", admin.Which{Groups: []string{"大阪", "東京"}}, "ann bob cas eve"},
			{"an expression", admin.Which{Filter: `name sw "D"`}, "dan"},
			{"both are ANDed", admin.Which{Groups: []string{"東京"}, Filter: `email pr`}, "ann bob"},
			{"selected rows", admin.Which{IDs: []int64{6, 3}}, "bob eve"},
			{"no row selected", admin.Which{IDs: []int64{}}, ""},
			{"nobody", admin.Which{Filter: `name eq "nobody"`}, ""},
		} {
			e := admin.Export{Which: tt.which, Columns: []string{"login_id"}}
			if got := strings.Join(h.column(h.export(e), "login_id"), " "); got != tt.want {
				h.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
			n, err := h.svc.ExportCount(h.Context(), h.owner, e)
			if want := int64(len(strings.Fields(strings.ReplaceAll(" "+tt.want, "  ", " owner ")))); err != nil || n != want {
				h.Errorf("%s: count = %d, %v, want %d", tt.name, n, err, want)
			}
		}
	})
}

func TestE1_TheNumberIsToldBeforeTheFirstByte(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		var out bytes.Buffer
		told := int64(-1)
		done, err := h.svc.Export(h.Context(), h.owner, admin.Export{}, &out, func(n int64) {
			if told = n; out.Len() > 0 {
				h.Errorf("%d bytes were written before the number was told", out.Len())
			}
		}, nil)
		if err != nil || told != 6 || done.Members != 6 {
			h.Errorf("told %d, done %d, %v", told, done.Members, err)
		}
	})
}

func TestE2_ARangeCountsInTheOrderOfIDs(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		for _, tt := range []struct {
			first, last int64
			want        string
		}{{2, 3, "2 3"}, {5, 0, "5 6"}, {1, 1000, "1 2 3 4 5 6"}, {6, 6, "6"}, {7, 9, ""}} {
			if got := strings.Join(h.column(h.export(admin.Export{First: tt.first, Last: tt.last}), "member_id"), " "); got != tt.want {
				h.Errorf("%d-%d: %q, want %q", tt.first, tt.last, got, tt.want)
			}
		}
		last := admin.Export{Which: admin.Which{Groups: []string{"東京"}}, First: 2, Last: 3}
		if got := strings.Join(h.column(h.export(last), "login_id"), " "); got != "bob eve" {
			h.Errorf("a range of a group: %q", got)
		}
	})
}

func TestE2_ADrawTakesNDifferentMembersAndASeedRepeatsIt(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		draw := admin.Export{Sample: 3, Seed: "7", First: 2, Columns: []string{"member_id"}}
		ids := h.column(h.export(draw), "member_id")
		if len(ids) != 3 || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 3 || ids[0] == "1" {
			h.Errorf("drawn: %v", ids)
		}
		if again := h.column(h.export(draw), "member_id"); !slices.Equal(ids, again) {
			h.Errorf("the seed drew %v, then %v", ids, again)
		}
		draw.Which.Filter = "member_id ge 1" // whom no index knows
		if walked := h.column(h.export(draw), "member_id"); !slices.Equal(ids, walked) {
			h.Errorf("the seed drew %v from everyone, and %v from whom a filter names", ids, walked)
		}
		if all := h.column(h.export(admin.Export{Sample: 99}), "member_id"); len(all) != 6 {
			h.Errorf("99 of 6 = %v", all)
		}
		if code := h.exportCode(h.owner, admin.Export{Sample: -1}); code != problem.SampleMalformed {
			h.Errorf("a draw of -1: %q", code)
		}
	})
}

func TestExportRefusals(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		for _, tt := range []struct {
			name   string
			export admin.Export
			want   problem.Code
		}{
			{"a column that is not there (E3)", admin.Export{Columns: []string{"email", "shoe_size"}}, problem.ColumnUnknown},
			{"a password leaves by no door (M1)", admin.Export{Columns: []string{"password"}}, problem.ColumnUnknown},
			{"nor does its hash (M1)", admin.Export{Columns: []string{"password_hash"}}, problem.ColumnUnknown},
			{"a column twice (E3)", admin.Export{Columns: []string{"email", " email"}}, problem.ColumnTwice},
			{"no column at all (E3)", admin.Export{Columns: []string{}}, problem.ColumnUnknown},
			{"an unknown group (E1)", admin.Export{Which: admin.Which{Groups: []string{"名古屋"}}}, problem.GroupUnknown},
			{"an expression that is none (E1)", admin.Export{Which: admin.Which{Filter: "name eq"}}, problem.FilterSyntax},
			{"an unknown charset (E3)", admin.Export{Charset: "klingon"}, problem.CharsetUnknown},
			{"an unknown delimiter (E3)", admin.Export{Delimiter: "x"}, problem.DelimiterUnknown},
			{"a format that there is not (E3)", admin.Export{Format: "pdf"}, problem.ExportFormatUnsupported},
			{"a workbook in a charset (E3)", admin.Export{Format: "xlsx", Charset: "shift_jis"}, problem.OptionsContradict},
			{"a workbook with a delimiter (E3)", admin.Export{Format: "xlsx", Delimiter: ";"}, problem.OptionsContradict},
			{"a range backwards (E2)", admin.Export{First: 5, Last: 2}, problem.RangeMalformed},
		} {
			if got := h.exportCode(h.owner, tt.export); got != tt.want {
				h.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		if records, _, err := h.svc.Exports(h.Context(), h.owner, 10); err != nil || len(records) > 0 {
			h.Errorf("refused exports were recorded: %v, %v", records, err)
		}
	})
}

func TestG5_TheRightsMembersAndExportsAreNeededToDownload(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		for _, tt := range []struct {
			login string
			read  []string
			want  problem.Code
		}{
			{"ann", []string{"members"}, problem.ActorForbidden},
			{"bob", []string{"exports"}, problem.ActorForbidden},
			{"cas", []string{"members", "exports"}, ""},
		} {
			access, err := member.ParseAccess(tt.read, nil)
			if err != nil {
				h.Fatal(err)
			}
			h.write(db, func(tx *store.Tx) error {
				return tx.SaveRole(h.Context(), h.owner.Org.ID, &member.CodedRole{Code: tt.login, Name: tt.login, Access: access})
			})
			h.apply("login_id,role\n"+tt.login+","+tt.login+"\n", plan.Options{Match: []string{"login_id"}})
			actor, err := h.svc.As(h.Context(), h.owner, tt.login)
			if err != nil {
				h.Fatal(err)
			}
			if got := h.exportCode(actor, admin.Export{}); got != tt.want {
				h.Errorf("who may read %v: %q, want %q", tt.read, got, tt.want)
			}
			err = h.svc.Template(h.Context(), actor, admin.Template{Layout: plan.InviteSheet}, io.Discard)
			if allowed := err == nil; allowed != (tt.want == "") {
				h.Errorf("template for who may read %v: %v", tt.read, err)
			}
		}
	})
}

func TestA8_AnExportIsRecordedBeforeItLeaves(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		h.export(admin.Export{Which: admin.Which{Groups: []string{"東京"}, Filter: "email pr"}, Sample: 1, Seed: "s", Columns: []string{"email", "score"}})
		_, err := h.svc.Export(h.Context(), h.owner, admin.Export{}, broken{}, nil, nil)
		if !errors.Is(err, errBroken) {
			h.Errorf("a broken line: %v", err)
		}
		records, _, err := h.svc.Exports(h.Context(), h.owner, 10)
		if err != nil || len(records) != 2 {
			h.Fatalf("records = %v, %v", records, err)
		}
		r := records[1]
		if r.Members != 1 || !slices.Equal(r.Columns, []string{"email", "score"}) || r.CreatedAt != h.now.UnixMicro() ||
			r.Selection != `{"groups":["東京"],"filter":"email pr","sample":1,"seed":"s","charset":"utf-8"}` {
			h.Errorf("record = %+v", r)
		}
		if records[0].Members != 6 {
			h.Errorf("the export that broke off: %+v", records[0])
		}
	})
}

var errBroken = errors.New("the line is broken")

// broken is a writer on which nothing arrives.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestE5_AnExportIsOneMomentHoweverLongItTakes(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		var out bytes.Buffer
		_, err := h.svc.Export(h.Context(), h.owner, admin.Export{Columns: []string{"name"}}, &out, func(int64) {
			h.apply("login_id,name,delete\nann,,1\nbob,Bobby,\nnew,New,\n", plan.Options{Match: []string{"login_id"}})
		}, nil)
		if err != nil {
			h.Fatal(err)
		}
		if got := strings.Join(h.column(out.String(), "name"), " "); got != "O. Ito Ann Bob Cas Dan Eve" {
			h.Errorf("names = %s", got)
		}
	})
}

func TestE5_TheHeaderArrivesBeforeTheMembersAreRead(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		var writes chunks
		if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{Columns: []string{"name"}}, &writes, nil, nil); err != nil {
			h.Fatal(err)
		}
		if len(writes) < 2 || writes[0] != "\ufeffname\r\n" {
			h.Errorf("writes = %q", writes)
		}
	})
}

// chunks keeps what each call of Write brought.
type chunks []string

func (c *chunks) Write(b []byte) (int, error) {
	*c = append(*c, string(b))
	return len(b), nil
}

func TestF13_WhatTheCharsetCannotHoldIsRefusedWithCountAndPlaces(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.apply("login_id,name,remarks\nann,안나,ok\nbob,Bob,😀\n", plan.Options{})
		var out bytes.Buffer
		_, err := h.svc.Export(h.Context(), h.owner, admin.Export{Charset: "Shift_JIS", Header: "ja"}, &out, nil, nil)
		var p problem.Problem
		if !errors.As(err, &p) || p.Code != problem.CharsetCannotHold || out.Len() > 0 {
			h.Fatalf("err = %v after %d bytes", err, out.Len())
		}
		if p.Values["count"] != "2" || p.Values["places"] != "2: 名前\n3: 備考" || p.Values["charset"] != "shift_jis" {
			h.Errorf("values = %v", p.Values)
		}
		done, err := h.svc.Export(h.Context(), h.owner, admin.Export{Charset: "shift_jis", Replace: true}, &out, nil, nil)
		if err != nil || done.Replaced != 2 || !strings.Contains(out.String(), ",??,") {
			h.Errorf("replaced %d, %v: %q", done.Replaced, err, out.String())
		}
		h.allKeep(h.plan(out.String(), plan.Options{Charset: "shift_jis"}), 3)
	})
}

func TestF13_AHeaderThatTheCharsetCannotHoldIsTheIdentifier(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.write(db, func(tx *store.Tx) error {
			return errors.Join(tx.SaveField(h.Context(), h.owner.Org.ID, &member.Field{Identifier: "wave", LabelEN: "=Wave", LabelJA: "期間〜", Type: member.Text}),
				tx.SaveField(h.Context(), h.owner.Org.ID, &member.Field{Identifier: "smile", LabelEN: "Smile", LabelJA: "😀", Type: member.Text}))
		})
		for _, tt := range []struct{ charset, lang, want string }{
			{"utf-8", "ja", "期間〜,😀"}, {"shift_jis", "ja", "wave,smile"}, {"utf-8", "en", "wave,Smile"},
		} {
			file := h.export(admin.Export{Charset: tt.charset, Header: tt.lang, Columns: []string{"wave", "smile"}})
			if got, _, _ := strings.Cut(strings.TrimPrefix(file, "\ufeff"), "\r\n"); got != tt.want {
				h.Errorf("%s in %s: %s, want %s", tt.lang, tt.charset, got, tt.want)
			}
		}
	})
}

func TestF12_FormulasAreNeutralisedButNumbersAreNot(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		h.apply("login_id,name,remarks\nann,\"'=1+1\",−5\n", plan.Options{Match: []string{"login_id"}})
		row := h.records(h.export(admin.Export{Which: admin.Which{Filter: `login_id eq "ann"`}, Columns: []string{"name", "score", "remarks"}}))[1]
		if got := strings.Join(row, " "); got != "'=1+1 -5 −5" {
			h.Errorf("row = %s", got)
		}
		// In Shift_JIS the minus sign becomes the full-width hyphen that some programs run.
		file := h.export(admin.Export{Charset: "shift_jis", Columns: []string{"login_id", "remarks"}})
		if !strings.Contains(file, "ann,'\x81\x7c5\r\n") {
			h.Errorf("file = %q", file)
		}
		h.allKeep(h.plan(file, plan.Options{Charset: "shift_jis", Match: []string{"login_id"}}), 5)
	})
}

func TestP9_TheTokenIsTheSameForTheSameMemberVersionAndSettings(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.people(db)
		first := h.column(h.export(admin.Export{}), "_base")
		*h.now = h.now.Add(time.Hour)
		if again := h.column(h.export(admin.Export{}), "_base"); !slices.Equal(first, again) {
			h.Errorf("tokens %v became %v", first, again)
		}
		h.apply("login_id,remarks\nann,x\n", plan.Options{Match: []string{"login_id"}})
		moved := h.column(h.export(admin.Export{}), "_base")
		for i := range first {
			if (first[i] == moved[i]) == (i == 1) {
				h.Errorf("token of member %d: %s, then %s", i+1, first[i], moved[i])
			}
			if len(first[i]) > 40 {
				h.Errorf("token of %d characters", len(first[i]))
			}
		}
	})
}

func TestA8_ExportsAreListedWithWhoMadeThem(t *testing.T) {
	each(t, func(h *house) {
		reader := h.writer("reader@x.example", []string{"members", "exports"}, nil)
		for _, a := range []admin.Actor{h.owner, reader, reader} {
			if _, err := h.svc.Export(h.Context(), a, admin.Export{}, io.Discard, nil, nil); err != nil {
				h.Fatal(err)
			}
		}
		records, names, err := h.svc.Exports(h.Context(), reader, 0)
		if err != nil || len(records) != 3 || records[0].ActorID != reader.MemberID || records[2].ActorID != 0 {
			h.Fatalf("exports: %+v, %v", records, err)
		}
		if len(names) != 1 || names[reader.MemberID] != "W" {
			h.Errorf("names = %v", names)
		}
		if records, _, err = h.svc.Exports(h.Context(), reader, 2); err != nil || len(records) != 2 || records[0].ID != 3 {
			h.Errorf("the latest two: %+v, %v", records, err)
		}
		_, _, err = h.svc.Exports(h.Context(), h.writer("clerk2@x.example", []string{"members"}, nil), 0)
		if h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("without the right to exports: %v", err)
		}
	})
}
