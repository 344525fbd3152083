package main

import (
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// A table is a list as people read it: columns aligned, two spaces between them.
// A Japanese character counts as two.
type table struct {
	heads []string
	rows  [][]string
}

// table makes an empty table with the given columns, keys of the catalogues
// under "column.".
func (a *app) table(columns ...string) *table {
	t := &table{heads: make([]string, len(columns))}
	for i, c := range columns {
		t.heads[i] = a.say.Say("column." + c)
	}
	return t
}

// add appends a row. Line breaks inside a cell become spaces.
func (t *table) add(cells ...string) {
	row := make([]string, len(t.heads))
	for i := range row {
		if i < len(cells) {
			row[i] = strings.Join(strings.Fields(cells[i]), " ")
		}
	}
	t.rows = append(t.rows, row)
}

// write writes heads and rows, without spaces at the ends of lines.
func (t *table) write(w io.Writer) error {
	widths := make([]int, len(t.heads))
	all := append([][]string{t.heads}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		line := ""
		for i, cell := range row {
			line += runewidth.FillRight(cell, widths[i]+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// show prints a list: with --json the object, else the table, to standard
// output; that there is nothing is said to the person.
func (a *app) show(t *table, object any) error {
	if a.json {
		return a.printJSON(object)
	}
	if len(t.rows) == 0 {
		a.tell("%s", a.say.Say("list.none"))
		return nil
	}
	return t.write(a.stdout)
}

// mark shows a yes as a word, and a no as nothing.
func (a *app) mark(yes bool) string {
	if yes {
		return a.say.Say("word.yes")
	}
	return ""
}
