package admin

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/sheet"
)

var update = flag.Bool("update", false, "write examples/invite.xlsx anew")

// exampleRows is what somebody filled in: the masters are those that scripts/demo makes.
const exampleRows = `大野 社長,owner@kaisha.example,primary_owner,admin,,,
佐藤 健,sato@kaisha.example,member,write,all-japan,viewer,
小林 直樹,kobayashi@kaisha.example,member,admin,,,
Chen Wei,chen@kaisha.example,member,write,all-japan,,
Omar Haddad,haddad@kaisha.example,,,,,true
,partner1@agency.example,member,write,spring-only,editor,
,partner3@agency.example,member,write,spring-only,viewer,
,partner4@agency.example,member,admin,,,false
`

// TestL1_TheExampleIsAnInvitationWorkbookOfOurs holds examples/invite.xlsx to what
// the template is written by. After a change of it:
//
//	go test ./internal/admin -run TestL1_TheExample -update
func TestL1_TheExampleIsAnInvitationWorkbookOfOurs(t *testing.T) {
	masters := &plan.Masters{
		Policies: []member.Policy{{Code: "spring-only", Name: "Spring only"}, {Code: "all-japan", Name: "All brands of Japan"}},
		Roles:    []member.CodedRole{{Code: "editor", Name: "Editor"}, {Code: "viewer", Name: "Viewer"}},
	}
	rows, err := csv.NewReader(bytes.NewReader([]byte(exampleRows))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x := &exporter{e: Export{Layout: plan.InviteSheet, Header: "ja", Text: locale.New("ja")}, env: &plan.Env{Masters: masters},
		format: sheet.XLSX, done: Exported{Members: int64(len(rows))}}
	if x.columns, err = x.chosenColumns(); err != nil {
		t.Fatal(err)
	}
	var book bytes.Buffer
	out, err := newTable(&book, x.shape())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := out.Write(append(row, "")); err != nil { // _base is blank: the members are those of another database
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "examples", "invite.xlsx")
	if *update {
		if err := os.WriteFile(file, book.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, book.Bytes()) {
		t.Errorf("examples/invite.xlsx is not what is written now (%v); -update writes it anew", err)
	}
}
