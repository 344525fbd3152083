package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// A reportForm is what a report is written as.
type reportForm string

// The forms (SPEC A5).
const (
	ownForm   reportForm = "own" // the person's own file with two more columns
	tableForm reportForm = "table"
	jsonForm  reportForm = "json"
)

// extension is that of a file's name, in lower case. Standard input and output
// have none; the files that come through them are CSV.
func extension(name string) string {
	if name == "" || name == "-" {
		return ".csv"
	}
	return strings.ToLower(filepath.Ext(name))
}

// uploadExtension is that of an import's file, or of what the file is where its
// name does not say that, as that of standard input.
func uploadExtension(imp store.Import) string {
	if f := imp.Header.Format; f != "" && admin.FormatNamed(imp.FileName) != f {
		return "." + string(f)
	}
	return extension(imp.FileName)
}

// checkReport refuses, before anything is done, a report that could not be
// written when everything is done.
func (a *app) checkReport(name string) error {
	if !slices.Contains([]string{".csv", ".tsv", ".txt", ".json", ".xlsx", ".xlsm"}, extension(name)) {
		return a.usage("usage.report", "file", name)
	}
	return nil
}

// checkOutputs refuses, before anything is done, a report or passwords that
// could not be written, or would be mixed with something else.
func (a *app) checkOutputs(report, passwords string) error {
	switch {
	case a.json && report == "-":
		return a.usage("usage.needs", "flag", "--json", "other", "--report FILE")
	case a.json && passwords == "-":
		return a.usage("usage.needs", "flag", "--json", "other", "--passwords FILE")
	case report == "-" && passwords == "-":
		return a.usage("usage.needs", "flag", "--passwords -", "other", "--report FILE")
	}
	for _, name := range []string{report, passwords} {
		if name == "" || name == "-" {
			continue
		}
		if _, err := os.Stat(filepath.Dir(name)); err != nil {
			return admin.Unwritable(name, err)
		}
	}
	return a.checkReport(report)
}

// reportFormOf decides by the extension: the one of the upload gives the person's
// own file, another one, or plain, the table.
func reportFormOf(name string, imp store.Import, plain bool) reportForm {
	switch {
	case extension(name) == ".json":
		return jsonForm
	case !plain && admin.HasOwnFile(imp) && extension(name) == uploadExtension(imp):
		return ownForm
	}
	return tableForm
}

// writeReport writes the report of an import to a file, if one was asked for.
// It is written whatever became of the import: where its file is not kept any
// more it is the table.
func (a *app) writeReport(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, name string) error {
	if name == "" || imp.ID == 0 {
		return nil
	}
	form := reportFormOf(name, imp, false)
	err := a.report(ctx, svc, actor, imp, name, form)
	if p := (problem.Problem{}); errors.As(err, &p) && (p.Code == problem.FileGone || p.Code == problem.WorkbookOnlyTable) {
		a.tell("%s", a.say.Problem(p))
		err = a.report(ctx, svc, actor, imp, name, tableForm)
	}
	return err
}

// report writes a report to a file that appears when it is complete, and says so.
func (a *app) report(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, name string, form reportForm) error {
	if form == tableForm && extension(name) == ".xlsm" { // no table has macros
		return a.usage("usage.report", "file", name)
	}
	err := a.output(name, func(w io.Writer) error {
		switch form {
		case jsonForm:
			return svc.ReportJSON(ctx, actor, imp, a.say, w)
		case ownForm:
			return svc.OwnFile(ctx, actor, imp, a.say, locale.New("en"), w)
		}
		return svc.Table(ctx, actor, imp, sheet.Format(admin.FormatOf(name, "")), a.say, w)
	})
	if err == nil && name != "" && name != "-" && !a.json {
		a.tell("%s", a.say.Say("report.written", "file", name))
	}
	return err
}

func encodeTo(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
