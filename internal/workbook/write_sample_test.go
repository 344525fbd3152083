package workbook

import (
	"bytes"
	"strings"
	"testing"
)

// invitation is a workbook as the invitation layout has it: seven columns and a
// hidden one, notes, choices short and long, a page.
func invitation(lang string, rows int64) WriterOptions {
	roles := make([]string, 60)
	for i := range roles {
		roles[i] = "ROLE-" + strings.Repeat("0", i%3) + string(rune('A'+i%26)) + "-営業"
	}
	return WriterOptions{
		Sheet: "メンバー招待", Lang: lang, Rows: rows,
		Columns: []Column{
			{Header: "ユーザー名", Note: "表示だけです。変えても取り込まれません。", Shaded: true, Width: 20},
			{Header: "メールアドレス", Note: "招待する人のメールアドレスです。\n必須です。", Width: 32},
			{Header: "System Role Type", Choices: []string{"owner", "admin", "member"}, Note: "owner, admin or member"},
			{Header: "System Permission Type", Choices: []string{"read", "write"}},
			{Header: "Brand Access Policy Code", Choices: []string{`Tokyo, "East"`, "大阪", "001"}},
			{Header: "Role Code", Choices: roles, Note: strings.Repeat("長い説明です。", 80)},
			{Header: "Delete", Choices: []string{"true", "false"}},
			{Header: "_base", Hidden: true},
		},
		Pages: []Page{{Name: "説明", Widths: []float64{24, 70}, Rows: [][]string{
			{"列", "説明"}, {"メールアドレス", "招待する人のメールアドレス。\n二行目。"}, {"Delete", "=true で削除します"},
		}}},
	}
}

// made writes a workbook as a whole.
func made(t testing.TB, o WriterOptions, rows ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// memberRow is a row for invitation.
func memberRow(name, email string) []string {
	return []string{name, email, "member", "read", "001", "", "false", "bAbCdEfGhIjKlMn"}
}
