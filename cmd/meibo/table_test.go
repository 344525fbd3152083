package main

import (
	"strings"
	"testing"
)

func TestATableCountsJapaneseCharactersAsTwoColumns(t *testing.T) {
	list := &table{heads: []string{"ID", "name", "x"}}
	list.add("1", "東京", "a")
	list.add("22", "Ann\nLee", "b", "left out")
	list.add("3", "Bo")
	var b strings.Builder
	if err := list.write(&b); err != nil {
		t.Fatal(err)
	}
	want := "ID  name     x\n1   東京     a\n22  Ann Lee  b\n3   Bo\n"
	if b.String() != want {
		t.Errorf("table =\n%swant\n%s", b.String(), want)
	}
}
