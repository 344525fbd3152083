package main

import (
	"testing"

	"meibo/internal/sheet"
	"meibo/internal/store"
)

func TestA5_TheExtensionDecidesTheFormOfAReport(t *testing.T) {
	file := store.Import{Kind: store.FileImport, State: store.Applied, FileName: "Members.CSV", Rows: 1}
	text, piped, unread, undo := file, file, file, file
	text.FileName, piped.FileName = "members.txt", "-"
	unread.State, unread.Rows = store.Rejected, 0
	undo.Kind = store.UndoImport
	misnamed, nameless, book := file, file, file
	misnamed.FileName, misnamed.Header.Format = "members.xlsx", sheet.CSV
	nameless.FileName, nameless.Header.Format = "members.dat", sheet.CSV
	book.FileName, book.Header.Format = "members.csv", sheet.XLSX
	tests := []struct {
		name   string
		report string
		imp    store.Import
		plain  bool
		want   reportForm
	}{
		{"that of the upload gives the own file", "out.csv", file, false, ownForm},
		{"in any case", "OUT.CSV", file, false, ownForm},
		{"--plain gives the table", "out.csv", file, true, tableForm},
		{"another one gives the table", "out.csv", text, false, tableForm},
		{"the other one of the upload gives the own file", "out.txt", text, false, ownForm},
		{"what came through a pipe is CSV", "out.csv", piped, false, ownForm},
		{"standard output is CSV", "-", file, false, ownForm},
		{".json gives JSON", "out.json", file, true, jsonForm},
		{"a file that could not be read has no own one", "out.csv", unread, false, tableForm},
		{"a CSV that is called .xlsx is given back as a CSV", "out.csv", misnamed, false, ownForm},
		{"and never as what its name says", "out.xlsx", misnamed, false, tableForm},
		{"a workbook that is called .csv is given back as a workbook", "out.xlsx", book, false, ownForm},
		{"a CSV without a usual ending is one", "out.csv", nameless, false, ownForm},
		{"an undo has no file", "out.csv", undo, false, tableForm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := reportFormOf(tt.report, tt.imp, tt.plain); got != tt.want {
				t.Errorf("form = %q, want %q", got, tt.want)
			}
		})
	}
}
