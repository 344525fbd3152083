package web_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func TestE1_TheNumberOfMembersIsShownBefore(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/batch").wants(h.T, http.StatusOK, "Download", "Upload", "All (1 ~ 5)")
		b.post("/batch/count", "amount", "all").wants(h.T, http.StatusOK, "5 members")
		b.post("/batch/count", "amount", "all", "filter", `name eq "Gus"`).wants(h.T, http.StatusOK, "1 member")
		b.post("/batch/count", "amount", "range", "first", "2", "last", "3").wants(h.T, http.StatusOK, "2 members")
		b.post("/batch/count", "amount", "sample", "sample", "4", "seed", "x").wants(h.T, http.StatusOK, "4 members")
		b.post("/batch/count", "amount", "sample", "sample", "0").wants(h.T, http.StatusOK, "0")
	})
}

func TestE1_AWrongFilterIsToldAtItsField(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		for typed, sentence := range map[string]string{
			"Editors":    "There is no filter “Editors”. Use the name of a saved filter",
			"nonsense (": "There is no filter “nonsense (”.",
			"name eq":    "The filter cannot be read at its end.",
			`nom eq "x"`: "The filter names “nom” at character 1",
		} {
			a := b.post("/batch/count", "filter", typed).wants(h.T, http.StatusOK, sentence).hides(h.T, "0 members")
			page := b.post("/batch/download", "filter", typed, "all_columns", "1").wants(h.T, http.StatusUnprocessableEntity, sentence)
			for _, got := range []answer{a, page} {
				if _, at, _ := strings.Cut(got.body, `id="wrong-filter"`); !strings.Contains(at[:max(0, strings.Index(at, "</p>"))], "filter") || strings.Count(got.text, sentence) != 1 {
					h.Errorf("%q is not told at the filter, and there alone: %s", typed, got.text)
				}
			}
		}
		if page := b.get("/batch"); !strings.Contains(page.body, `role="status"></p>`) {
			h.Error("a filter that nobody typed is called wrong")
		}
	})
}

func TestE3_ColumnsOrderHeadersAndFormatAreChosen(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		a := b.post("/batch/download", "amount", "range", "first", "2", "last", "2", "column", "name", "column", "email", "header", "ja", "delimiter", ";", "charset", "utf-8")
		if a.body != "\ufeff名前;メールアドレス\r\nDave;dave@x.example\r\n" {
			h.Errorf("csv: %q", a.body)
		}
		if kind := a.header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment; filename=Members-") || !strings.HasSuffix(kind, ".csv") {
			h.Error(kind)
		}
		if a = b.post("/batch/download", "format", "xlsx", "charset", "utf-8", "delimiter", ",", "all_columns", "1"); !strings.HasPrefix(a.body, "PK") {
			h.Errorf("workbook: %d %.80q", a.status, a.body)
		}
		b.post("/batch/download", "column", "password").wants(h.T, http.StatusNotFound, "password")
	})
}

func TestF13_WhatACharsetCannotHoldIsAskedFirst(t *testing.T) {
	each(t, func(h *house) {
		h.bring("email,name\nz@x.example,Zoë 😀\n")
		b := h.as("owner")
		form := []string{"charset", "shift_jis", "all_columns", "1", "header", "en", "filter", `email eq "z@x.example"`}
		b.post("/batch/download", form...).wants(h.T, http.StatusUnprocessableEntity, "cannot hold some text in 1 cell", "6: Name", "Replace them and download")
		a := b.post("/batch/download", append(form, "lossy", "replace")...).wants(h.T, http.StatusOK)
		if utf8.ValidString(a.body) && !strings.Contains(a.body, "?") {
			h.Errorf("nothing was replaced: %q", a.body)
		}
	})
}

func TestE3_SettingsAreSavedUnderANameAndDeleted(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/batch/save", "save", "Mail list", "column", "email", "header", "identifier", "filter", `name eq "Gus"`).leadsTo(h.T, "/batch?named=Mail+list")
		if page := b.get("/batch?named=Mail+list"); !strings.Contains(page.body, `value="name eq &#34;Gus&#34;"`) {
			h.Errorf("the form does not show what was saved: %s", page.body)
		}
		b.post("/batch/save", "save", "Mail list", "column", "name").wants(h.T, http.StatusConflict)
		b.post("/batch/save", "save", "Mail list", "named", "Mail list", "column", "name", "header", "identifier").leadsTo(h.T, "/batch?named=Mail+list")
		b.post("/batch/download", "named", "Mail list", "column", "name").wants(h.T, http.StatusOK)
		b.get("/exports").wants(h.T, http.StatusOK, "Mail list", "O. Ito", "1 column")
		b.post("/exports/delete", "name", "Mail list").leadsTo(h.T, "/exports?deleted=Mail+list")
		b.get("/exports?deleted=Mail+list").wants(h.T, http.StatusOK, "is deleted")
		b.get("/batch?named=Mail+list").wants(h.T, http.StatusNotFound)
	})
}

func TestG5_WithoutTheRightToExportsNothingLeaves(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("fay") // may upload
		page := b.get("/batch").wants(h.T, http.StatusOK, "Upload", "Invitation workbook")
		if strings.Contains(page.body, "/batch/download") || strings.Contains(page.body, `value="invitation"`) {
			h.Error("a download is offered")
		}
		b.post("/batch/template", "layout", "invitation").wants(h.T, http.StatusOK, "exports")
		if a := b.post("/batch/template", "layout", "register"); !strings.Contains(a.body, "jane.doe@example.com") {
			h.Errorf("sample: %s", a.body)
		}
	})
}

func TestL1_TheInvitationWorkbookIsTakenAndBroughtBack(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		book := b.post("/batch/template", "layout", "invitation", "lang", "ja")
		if book.header.Get("Content-Type") != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
			h.Fatal(book.header)
		}
		page := b.uploaded("invite.xlsx", book.body)
		b.get(page).wants(h.T, http.StatusOK, "Automatic: Invitation", "メールアドレス", "dave@x.example")
		path := b.post(page + "/plan").location
		b.get(path).wants(h.T, http.StatusOK, "Unchanged 5", "5 rows read from sheet", ": a list for invitations.")
	})
}

func TestF4_ColumnsAreChosenIgnoredAndSaved(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		file := "Adresse,nome,x\nhal@x.example,Hal,1\n"
		page := b.uploaded("a.csv", file)
		b.get(page).wants(h.T, http.StatusOK, "None of the headers is known", "Adresse", "hal@x.example", "Unknown header")
		chosen := []string{"header.0", "Adresse", "found.0", "", "column.0", "email", "header.1", "nome", "found.1", "", "column.1", "name",
			"header.2", "x", "found.2", "", "column.2", "-"}
		b.post(page+"/look", chosen...).wants(h.T, http.StatusOK)
		b.post(page+"/mapping", append(chosen, "mapping_name", "Italian")...).wants(h.T, http.StatusOK, "Italian")
		path := b.post(page+"/plan", chosen...).location
		b.get(path).wants(h.T, http.StatusOK, "New 1", "hal@x.example")
		path = b.sent("b.csv", "ADRESSE,nome\nida@x.example,Ida\n", "mapping", "Italian", "mapping_was", "Italian",
			"header.0", "ADRESSE", "found.0", "", "column.0", "email", "header.1", "nome", "found.1", "", "column.1", "name")
		b.get(path).wants(h.T, http.StatusOK, "New 1", "Ida")
	})
}

func TestF1_AFileThatIsNamedOtherwiseIsToldBeforeItIsSent(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		const told = "The content of “staff.xlsx” is CSV, which its name does not say. It is read as what it is."
		page := b.uploaded("staff.xlsx", "email,name\nhal@x.example,Hal\n")
		b.get(page).wants(h.T, http.StatusOK, told, "hal@x.example")
		b.get(b.post(page+"/plan").location).wants(h.T, http.StatusOK, told, "New 1")
		b.get(b.uploaded("staff.csv", "email,name\nhal@x.example,Hal\n")).wants(h.T, http.StatusOK).hides(h.T, "which its name does not say")
	})
}

func TestF2_AnotherCharsetIsTriedBeforeSending(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		page := b.uploaded("a.csv", "email,name\nhal@x.example,\x8e\x52\x93\x63\n") // 山田 in Shift_JIS
		b.post(page+"/look", "charset", "shift_jis").wants(h.T, http.StatusOK, "山田")
		b.post(page+"/look", "charset", "utf-8").wants(h.T, http.StatusOK, "cannot be text in utf-8")
		b.post(page+"/plan", "charset", "shift_jis").leadsTo(h.T, "/imports/3")
		b.get("/imports/3").wants(h.T, http.StatusOK, "山田", "shift_jis")
	})
}

func TestF11_AFileThatIsTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.LimitFileBytes, "1000"); err != nil {
			h.Fatal(err)
		}
		b := h.as("owner")
		b.bringFile("/uploads", "a.csv", strings.Repeat("x", 100_000)).wants(h.T, http.StatusRequestEntityTooLarge, "larger than")
		b.bringFile("/uploads", "a.csv", strings.Repeat("x", 1001)).wants(h.T, http.StatusRequestEntityTooLarge, "larger than")
		b.post("/uploads").wants(h.T, http.StatusUnprocessableEntity, "No file was chosen")
	})
}

func TestF1_WhatIsNoSpreadsheetIsSaidAtOnce(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.bringFile("/uploads", "a.csv", "%PDF-1.7\n").wants(h.T, http.StatusUnprocessableEntity, "This is a PDF")
		page := b.uploaded("b.csv", "email\nhal@x.example\n")
		b.post(page+"/discard").leadsTo(h.T, "/batch")
		b.get(page).wants(h.T, http.StatusNotFound)
	})
}

func TestOptionsTakeNoOtherWords(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post(b.uploaded("a.csv", "email,name\nhal@x.example,Hal\n")+"/plan", "new", "whatever").wants(h.T, http.StatusUnprocessableEntity, "“whatever” is no value of the option new")
	})
}

func TestE5_AnExportInTheBackgroundIsListedAndDownloaded(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		a := b.post("/batch/background", "column", "name", "header", "en", "charset", "utf-8", "delimiter", ",")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/exports") {
			h.Fatalf("%d %s", a.status, a.location)
		}
		a = b.get("/exports").wants(h.T, http.StatusOK, "In the background", "Waits for its turn")
		if !strings.Contains(a.body, `hx-trigger="every 2s"`) {
			h.Error("it does not ask again how it stands")
		}
		b.get("/exports/jobs/1/file").wants(h.T, http.StatusNotFound, "not there")
		ended := make(chan store.ExportJob, 1)
		h.work(admin.Workers{Exported: func(j store.ExportJob) { ended <- j }})
		select {
		case <-ended:
		case <-h.Context().Done():
			h.Fatal("it did not end")
		}
		a = b.get("/exports/jobs").wants(h.T, http.StatusOK, "Ready")
		if strings.Contains(a.body, "hx-trigger") || !strings.Contains(a.body, `href="/exports/jobs/1/file"`) {
			h.Errorf("it goes on asking although all is done, or the file cannot be had: %s", a.body)
		}
		if a = b.get("/exports/jobs/1/file").wants(h.T, http.StatusOK); !strings.Contains(a.body, "Dave") || !strings.Contains(a.header.Get("Content-Disposition"), ".csv") {
			h.Errorf("%q, %v", a.body, a.header)
		}
		h.as("dave").get("/exports/jobs/1/file").wants(h.T, http.StatusNotFound, "somebody else")
		b.get("/exports/jobs/x/file").wants(h.T, http.StatusNotFound)
		b.post("/batch/background", "column", "nonsense").wants(h.T, http.StatusNotFound, "nonsense")
	})
}
