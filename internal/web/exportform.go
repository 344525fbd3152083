package web

import (
	"slices"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/member"
)

// An exportForm is an export as a form says it.
type exportForm struct {
	admin.Export
	Save        string // name to save it under
	First, Last string // as they were typed
	Sample      string
	Count       int64
}

// exportForm reads the form of a download. Its problems are RangeMalformed and
// SampleMalformed; what else is wrong admin finds out.
func (q *request) exportForm() (exportForm, error) {
	f := exportForm{Save: q.value("save"), First: q.value("first"), Last: q.value("last"), Sample: q.value("sample")}
	f.Named, f.Which.Filter, f.Which.Groups = q.value("named"), q.value("filter"), q.r.Form["group"]
	f.Format, f.Header, f.Replace = q.value("format"), q.value("header"), q.value("lossy") == "replace"
	if f.Format != "xlsx" { // a workbook has neither
		f.Charset, f.Delimiter = q.value("charset"), q.r.FormValue("delimiter")
	}
	if q.value("all_columns") == "" {
		f.Columns = q.r.Form["column"]
	}
	var err error
	switch q.value("amount") {
	case "range":
		f.Export.First, f.Export.Last, err = admin.ParseRange(f.First + "-" + f.Last)
	case "sample":
		f.Seed = q.value("seed")
		f.Export.Sample, err = admin.ParseSample(f.Sample)
	}
	return f, err
}

// amount is which of the members are exported.
func (f exportForm) amount() string {
	switch {
	case f.Export.Sample > 0 || f.Sample != "" && f.Export.Last == 0 && f.First == "":
		return "sample"
	case f.Export.First > 0 || f.Export.Last > 0 || f.First != "":
		return "range"
	}
	return "all"
}

// typed is what a number field shows: what was typed, or what is saved.
func typed(text string, n int64) string {
	if text == "" && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return text
}

// An exportChoice is a column that may be chosen.
type exportChoice struct {
	Identifier string
	On         bool
}

// columnChoices are all columns: the chosen ones in their order, then the others.
func (f batchForm) columnChoices() []exportChoice {
	all := admin.ExportColumns(f.Masters)
	var choices []exportChoice
	for _, c := range f.Export.Columns {
		choices = append(choices, exportChoice{c, true})
	}
	for _, c := range all {
		if !slices.Contains(f.Export.Columns, c) {
			choices = append(choices, exportChoice{c, f.Export.Columns == nil})
		}
	}
	return choices
}

// hasGroup reports whether a group is chosen, by ID or by name.
func (f exportForm) hasGroup(g member.Group) bool {
	return slices.Contains(f.Which.Groups, number(g.ID)) || slices.Contains(f.Which.Groups, g.Name)
}

// filter is the filter as the form shows it.
func (f exportForm) filter() string {
	if f.Which.Filter != "" {
		return f.Which.Filter
	}
	return f.Which.Expression
}
