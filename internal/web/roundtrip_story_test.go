package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"meibo/internal/locale"
	"meibo/internal/member"
)

// A speaker is a tab whose pages are in a language.
type speaker struct {
	*tab
	say *locale.Printer
}

func (h *house) speaker(language string) speaker {
	h.Helper()
	b := speaker{h.tab(language), locale.New(language)}
	b.signIn("owner")
	b.run(chromedp.Evaluate[chromedp.Void](`fetch("/language", {method: "POST", body: new URLSearchParams({language: "`+language+`"})}).then(() => undefined)`, chromedp.EvalAwaitPromise))
	return b
}

// brings chooses a file on the batch page, sends it, and waits for what comes of it.
func (b speaker) brings(name, content string, match bool) {
	b.Helper()
	b.open("/batch")
	b.choose(b.say.Say("web.upload.drop"), name, content)
	b.waits(b.say.Say("web.upload.read"))
	if match {
		b.press(b.say.Say("web.options.match.email"))
	}
	b.press(b.say.Say("web.upload.send"))
}

// ownFile is the person's own file with the results, as the link on the page gives it.
func (b speaker) ownFile() []byte {
	b.Helper()
	text := eval[string](b.tab, `fetch(document.querySelector('a[href$="report?form=own"]').href).then((r) => r.blob()).then((blob) => new Promise((done) => {
		const reader = new FileReader();
		reader.onload = () => done(reader.result.split(",")[1]);
		reader.readAsDataURL(blob);
	}))`, chromedp.EvalAwaitPromise)
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func (b speaker) applies(n int) {
	b.Helper()
	b.press(b.say.Say("web.import.apply", "n", n))
	done, _, _ := strings.Cut(b.say.Say("web.import.applied", "time", "|"), "|")
	if done == "" {
		_, done, _ = strings.Cut(b.say.Say("web.import.applied", "time", "|"), "|")
	}
	b.waits(done)
}

// The register file as a spreadsheet saves it: in Japan in Shift_JIS. The row with a
// problem is mended in the file that came back, and the file is brought once more.
func (b speaker) register(header, group, name string, decode, encode func(string) (string, error)) {
	b.Helper()
	text, err := encode(header + "\r\nhal@x.example," + name + "," + group + "\r\nida@x.example," + name + " 2,Osako\r\n")
	b.try(err)
	b.brings("members.csv", text, true)
	b.waits(b.say.Say("web.import.decide"))
	b.waits("Osako")
	mended, err := decode(string(b.ownFile()))
	b.try(err)
	if !strings.Contains(mended, b.say.Say("column.reason")) || strings.Count(mended, "Osako") < 2 {
		b.Fatalf("the file that came back does not say what was wrong:\n%s", mended)
	}
	mended, err = encode(strings.Replace(mended, ",Osako", ","+group, 1))
	b.try(err)
	b.brings("members.csv", mended, true)
	b.waits(b.say.Say("web.import.decide"))
	b.accessible()
	b.applies(2)
}

// The invitation workbook as it was downloaded and filled in. A word that is wrong
// stops the whole file; its cell has a note, is mended, and the workbook brought again.
func (b speaker) invitation(language string) {
	b.Helper()
	template := b.as("owner").post("/batch/template", "layout", "invitation", "lang", language).wants(b.T, http.StatusOK)
	book, err := excelize.OpenReader(strings.NewReader(template.body))
	b.try(err)
	sheet := book.GetSheetName(0)
	rows, err := book.GetRows(sheet)
	b.try(err)
	for i, role := range []string{"member", "membre"} {
		b.try(book.SetSheetRow(sheet, fmt.Sprintf("B%d", len(rows)+1+i), &[]any{fmt.Sprintf("guest%d-%s@x.example", i, language), role, "write"}))
	}
	b.brings("invite.xlsx", saved(b, book), false)
	b.waits("membre")
	annotated, err := excelize.OpenReader(bytes.NewReader(b.ownFile()))
	b.try(err)
	cell := fmt.Sprintf("C%d", len(rows)+2)
	notes, err := annotated.GetComments(sheet)
	b.try(err)
	noted := false
	for _, n := range notes {
		noted = noted || n.Cell == cell
	}
	if value, err := annotated.GetCellValue(sheet, cell); err != nil || value != "membre" || !noted {
		b.Errorf("%s is %q, noted: %t, %v", cell, value, noted, err)
	}
	b.try(annotated.SetCellValue(sheet, cell, "member"))
	b.brings("invite.xlsx", saved(b, annotated), false)
	b.waits(b.say.Say("web.import.decide"))
	b.accessible()
	b.applies(2)
	b.open("/invitations")
	b.waits("guest1-" + language + "@x.example")
}

func saved(b speaker, book *excelize.File) string {
	b.Helper()
	var out bytes.Buffer
	b.try(book.Write(&out))
	return out.String()
}

// How a file is read is tested on both databases elsewhere; here it is the pages.
func TestF4_BothLayoutsGoThereAndBackInBothLanguagesInABrowser(t *testing.T) {
	h := enter(t, furnished.SQLite(t))
	for _, g := range []string{"Tokyo", "東京"} {
		_, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: g, Enabled: true})
		h.try(err)
	}
	as := func(s string) (string, error) { return s, nil }
	en := h.speaker("en")
	en.register("Email,Name,Groups", "Tokyo", "Hal", as, as)
	en.invitation("en")
	ja := h.speaker("ja")
	ja.register("メールアドレス,名前,所属グループ", "東京", "春 太郎", japanese.ShiftJIS.NewDecoder().String, japanese.ShiftJIS.NewEncoder().String)
	ja.invitation("ja")
	if got := h.member("hal@x.example"); got.Name != "春 太郎" {
		t.Errorf("the name is %s", got.Name)
	}
}
