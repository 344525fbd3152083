package admin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// tricky are texts that some charset, spreadsheet or rule treats in a way of its own.
var tricky = []string{"=", "+", "-", "@", "＝", "－", "−", "'", "''", "{clear}", "'{clear}", "|", "\n", ",", ";", "\"", "\"\"", "〜", "～", "‖", "—", "¢",
	"\\", "¥", "é", "e\u0301", "が", "か\u3099", "ｶﾞ", "①", "髙", "﨑", "\U00020bb7", "😀", "👨\u200d👩", "\u202eשלום", "안녕", "汉字", "漢字", "\ue000", "Ê\u0304",
	"\u00a0", "\u3000", "\u200b", "\ufeff", "\u2028", "007", "1E5", "2026-11-22", "true", "sep=", "ID", "?", "A", "b", " "}

// anyText is text that a member may have: normal, not blank, not damaged.
func anyText(lines bool) *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(tricky), rapid.Map(rapid.Rune(), func(r rune) string { return string(r) }))
	return rapid.Custom(func(rt *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(piece, 1, 8).Draw(rt, "pieces"), "")
		if !lines {
			text = strings.ReplaceAll(text, "\n", " ")
		}
		return text
	}).Filter(func(text string) bool {
		_, damaged := member.DamagedIdentifier(text)
		normal, err := member.Normalise(text)
		return err == nil && normal != "" && !damaged
	})
}

// everyField has one field of each type.
var everyField = []member.Field{
	{Identifier: "f_text", LabelEN: "F Text", LabelJA: "文字列", Type: member.Text},
	{Identifier: "f_area", LabelEN: "F Area", LabelJA: "文章", Type: member.Textarea},
	{Identifier: "f_number", LabelEN: "F Number", LabelJA: "数〜", Type: member.Number},
	{Identifier: "f_url", LabelEN: "F Page, or so", LabelJA: "ページ", Type: member.URL},
	{Identifier: "f_select", LabelEN: "F Select", LabelJA: "選択", Type: member.Select, Choices: []member.Choice{{Key: "=a", Label: "えー"}, {Key: "b", Label: "😀"}}},
	{Identifier: "f_check", LabelEN: "F Check", LabelJA: "複数選択", Type: member.Checkbox, Choices: []member.Choice{{Key: "@x", Label: "x"}, {Key: "y\"z,", Label: "y"}, {Key: "ゼット−", Label: "z"}}},
	{Identifier: "f_bool", LabelEN: "F Bool", LabelJA: "真偽", Type: member.Boolean},
	{Identifier: "f_date", LabelEN: "F Date", LabelJA: "日付", Type: member.Date},
	{Identifier: "f_moment", LabelEN: "F Moment", LabelJA: "日時", Type: member.DateTime},
	{Identifier: "f_digits", LabelEN: "F Digits", LabelJA: "番号", Type: member.Text, Format: member.DigitsFormat},
}

// everything puts fields, groups, a policy and a role into the organisation.
func (h *house) everything(db *store.DB) {
	h.Helper()
	h.write(db, func(tx *store.Tx) error {
		var errs []error
		for i := range everyField {
			f := everyField[i]
			errs = append(errs, tx.SaveField(h.Context(), h.owner.Org.ID, &f))
		}
		for _, name := range []string{"=東京", "@all", "大阪〜", "😀", "Zürich, \"CH\""} {
			errs = append(errs, tx.SaveGroup(h.Context(), h.owner.Org.ID, &member.Group{Name: name, Enabled: true}))
		}
		brand := member.Brand{Code: "b", Name: "B"}
		errs = append(errs, tx.SaveBrand(h.Context(), h.owner.Org.ID, &brand),
			tx.SavePolicy(h.Context(), h.owner.Org.ID, &member.Policy{Code: "-policy", Name: "P", BrandIDs: []int64{1}}),
			tx.SaveRole(h.Context(), h.owner.Org.ID, &member.CodedRole{Code: "@role", Name: "R"}))
		return errors.Join(errs...)
	})
}

// anybody is a new member with values of every kind. n makes the keys unique.
func anybody(rt *rapid.T, n int) admin.Edit {
	some := func(values ...string) string { return rapid.SampledFrom(values).Draw(rt, "value") }
	e := admin.Edit{Attributes: map[member.Attribute]string{
		member.Name: anyText(false).Draw(rt, "name"), member.Remarks: rapid.OneOf(rapid.Just(""), anyText(true)).Draw(rt, "remarks"),
		member.LoginID: fmt.Sprintf("%s%d", some("-", "_", "u", "0"), n), member.DisplayOrder: some("0", "-5", "12"),
		member.LoginAllowed: some("0", "1"), member.LoginUntil: some("", "2027-03-31"), member.BrandPolicy: some("", "-policy"),
	}, Fields: map[string]string{
		"f_text": rapid.OneOf(rapid.Just(""), anyText(false)).Draw(rt, "text"), "f_area": rapid.OneOf(rapid.Just(""), anyText(true)).Draw(rt, "area"),
		"f_number": some("", "-5", "0.50", "007"), "f_url": some("", "https://例え.jp/?q=−", "http://x.example/'\","), "f_select": some("", "=a", "b"),
		"f_check": some("", "@x", "@x|ゼット−", "y\"z,|@x"), "f_bool": some("", "0", "1"), "f_date": some("", "2026-11-22"),
		"f_moment": some("", "2026-11-22T09:30:00Z", "1800-01-01T00:00:00Z"), "f_digits": some("", "0012"),
	}}
	if rapid.Bool().Draw(rt, "has e-mail") {
		e.Attributes[member.Email] = fmt.Sprintf("%s%d@x.example", some("=", "+", "-", "'", "a", "'="), n)
	}
	if e.Attributes[member.SystemPermission] = some("write", "admin"); e.Attributes[member.SystemPermission] == "write" {
		e.Attributes[member.Role] = some("", "@role")
	}
	groups := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"=東京", "@all", "大阪〜", "😀", "Zürich, \"CH\""}), 0, 5, rapid.ID).Draw(rt, "groups")
	if len(groups) > 0 {
		e.Attributes[member.Groups] = strings.Join(groups, "|")
	}
	for a, text := range e.Attributes {
		if text == "" {
			delete(e.Attributes, a)
		}
	}
	return e
}

// newcomers registers one to three members; it returns the place of the first.
// n counts those there are, of whom a draw that is given up makes none.
func (h *house) newcomers(rt *rapid.T, n *int) (first, count int64) {
	edits := make([]admin.Edit, rapid.IntRange(1, 3).Draw(rt, "members"))
	for i := range edits {
		edits[i] = anybody(rt, *n+i)
	}
	imp, err := h.svc.Edit(h.Context(), h.owner, edits)
	if err != nil || imp.State != store.Applied {
		rt.Fatalf("register %+v: %v", edits, err)
	}
	first = int64(*n) + 2 // the owner is the first member
	*n += len(edits)
	return first, int64(len(edits))
}

// anyExport is an export as a workbook, or in some charset and delimiter, in some
// language.
func anyExport(rt *rapid.T) admin.Export {
	if rapid.Bool().Draw(rt, "workbook") {
		return admin.Export{Format: "xlsx", Header: rapid.SampledFrom([]string{"identifier", "en", "ja"}).Draw(rt, "header"), Text: english}
	}
	return admin.Export{Charset: rapid.SampledFrom(sheet.Charsets()).Draw(rt, "charset"), Delimiter: rapid.SampledFrom([]string{",", ";", "tab"}).Draw(rt, "delimiter"),
		Header: rapid.SampledFrom([]string{"identifier", "en", "ja"}).Draw(rt, "header")}
}

// exportAnyhow exports, and lets the charset replace what it cannot hold.
func (h *house) exportAnyhow(rt *rapid.T, e admin.Export) string {
	var out strings.Builder
	_, err := h.svc.Export(h.Context(), h.owner, e, &out, nil, nil)
	if errors.Is(err, problem.New(problem.CharsetCannotHold)) {
		out.Reset()
		e.Replace = true
		_, err = h.svc.Export(h.Context(), h.owner, e, &out, nil, nil)
	}
	if err != nil {
		rt.Fatalf("export: %v", err)
	}
	return out.String()
}

func (h *house) mustKeep(rt *rapid.T, file, charset string, n int64, o plan.Options) {
	o.Charset = charset
	if strings.HasPrefix(charset, "utf-") {
		o.Charset = "auto" // by the byte order mark
	}
	imp := h.plan(file, o)
	if got := counts(imp); imp.State != store.Planned || got != [6]int64{0, 0, 0, 0, n, 0} {
		rt.Fatalf("state %s, counts %v, want %d kept; %s\n%q", imp.State, got, n, h.firstNews(imp), file)
	}
}

// withoutBase are all columns but _base: the cells alone must say what they said.
func withoutBase() []string {
	columns := []string{"member_id", "login_id", "email", "name", "login_allowed", "login_until", "groups", "system_role",
		"system_permission", "brand_policy", "role", "remarks", "display_order", "delete"}
	for _, f := range everyField {
		columns = append(columns, f.Identifier)
	}
	return columns
}

func TestF12_AnUntouchedExportIsAllKeep(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		h.everything(db)
		n := 0
		rapid.Check(h.T, func(rt *rapid.T) {
			first, count := h.newcomers(rt, &n)
			e := anyExport(rt)
			e.First, e.Last = first, first+count-1
			o := plan.Options{Blank: rapid.SampledFrom([]string{"keep", "clear"}).Draw(rt, "blank")}
			switch rapid.SampledFrom([]string{"register", "without base", "invitation"}).Draw(rt, "kind") {
			case "without base":
				e.Columns, o.Blank = rapid.Permutation(withoutBase()).Draw(rt, "columns"), "keep"
			case "invitation":
				e.Layout, o.Layout = plan.InviteSheet, plan.InviteSheet
			}
			h.mustKeep(rt, h.exportAnyhow(rt, e), e.Charset, count, o)
		})
	})
}
