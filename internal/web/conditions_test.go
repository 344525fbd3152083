package web

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/locale"
	"meibo/internal/member"
)

// builderFields are fields of every type that compares in a way of its own.
var builderFields = []member.Field{
	{Identifier: "city", Type: member.Text}, {Identifier: "height", Type: member.Number}, {Identifier: "vip", Type: member.Boolean},
	{Identifier: "joined", Type: member.Date}, {Identifier: "seen", Type: member.DateTime},
	{Identifier: "area", Type: member.Select, Choices: []member.Choice{{Key: "a"}, {Key: "b"}}},
}

// comparisons draws what the builder can show.
func comparisons(t *rapid.T, b *builder) member.Comparison {
	attribute := rapid.SampledFrom(member.FilterAttributes(b.fields)).Draw(t, "attribute")
	kind, _ := member.FilterTypeOf(attribute, b.fields)
	op := rapid.SampledFrom(opsOf(kind)).Draw(t, "op")
	switch op {
	case hasNone:
		return member.Comparison{Attribute: attribute, Op: member.Equal, Value: member.FilterValue{Kind: member.NullValue, Text: "null"}}
	case string(member.Present):
		return member.Comparison{Attribute: attribute, Op: member.Present}
	}
	return member.Comparison{Attribute: attribute, Op: member.Op(op), Value: values(t, attribute, kind)}
}

func values(t *rapid.T, attribute string, kind member.FilterType) member.FilterValue {
	switch kind {
	case member.FilterInteger:
		return member.FilterValue{Kind: member.NumberValue, Text: fmt.Sprint(rapid.Int64().Draw(t, "n"))}
	case member.FilterNumber:
		return member.FilterValue{Kind: member.NumberValue, Text: rapid.StringMatching(`-?[1-9][0-9]{0,5}(\.[0-9]{1,3})?`).Draw(t, "n")}
	case member.FilterBoolean:
		return member.FilterValue{Kind: member.BooleanValue, Text: fmt.Sprint(rapid.Bool().Draw(t, "b"))}
	case member.FilterWord:
		return member.FilterValue{Kind: member.TextValue, Text: rapid.SampledFrom(member.FilterWords(attribute)).Draw(t, "word")}
	case member.FilterDate, member.FilterDateTime:
		if rapid.Bool().Draw(t, "exact") {
			return member.FilterValue{Kind: member.TextValue, Text: "2026-04-01"}
		}
		distance := rapid.SampledFrom([]string{"", "-30d", "+2w", "-0001m", "+9y"}).Draw(t, "distance")
		return member.FilterValue{Kind: member.DateValue, Text: rapid.SampledFrom(member.RelativeAnchors()).Draw(t, "anchor") + distance}
	}
	text := rapid.StringMatching(`[^\x00-\x1f"\\]{0,8}[a-z東]`).Draw(t, "text")
	return member.FilterValue{Kind: member.TextValue, Text: text}
}

func trees(t *rapid.T, b *builder, depth int) member.Node {
	kinds := []string{"comparison", "and", "or", "not"}
	if depth == 0 {
		kinds = kinds[:1]
	}
	several := func() []member.Node {
		terms := make([]member.Node, rapid.IntRange(2, 3).Draw(t, "terms"))
		for i := range terms {
			terms[i] = trees(t, b, depth-1)
		}
		return terms
	}
	switch rapid.SampledFrom(kinds).Draw(t, "node") {
	case "and":
		return member.And{Terms: several()}
	case "or":
		return member.Or{Terms: several()}
	case "not":
		return member.Not{Term: trees(t, b, depth-1)}
	}
	return comparisons(t, b)
}

// form is what a browser sends of rows.
func form(br *branch, path string, to url.Values) {
	to.Set(path+".join", br.Join)
	for i, r := range br.Rows {
		at := fmt.Sprint(path, ".", i)
		if r.Branch != nil {
			form(r.Branch, at, to)
			continue
		}
		for name, value := range map[string]string{"attr": r.Attribute, "op": r.Op, "value": r.Value, "anchor": r.Anchor, "distance": r.Distance, "unit": r.Unit} {
			to.Set(at+"."+name, value)
		}
	}
}

// Tree → text → tree → rows → form → rows → tree → text: nothing is lost on the way.
func TestG4_RowsTreeAndTextAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBuilder(builderFields)
		text := member.Filter{Root: trees(t, b, 3)}.String()
		f, err := member.ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := f.Check(b.fields); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows, fits := b.branchOf(f)
		if !fits {
			t.Fatalf("%s does not fit", text)
		}
		sent := url.Values{}
		form(rows, rootPath, sent)
		root, open := newBuilder(builderFields).node(newBuilder(builderFields).read(sent, rootPath, 0))
		if got := (member.Filter{Root: root}).String(); got != text || open != 0 {
			t.Fatalf("%s became %s (%d open)", text, got, open)
		}
	})
}

func TestG4_WhatRowsCannotSayDoesNotFit(t *testing.T) {
	for text, want := range map[string]bool{
		`name eq "Ann"`: true, `not (not (name pr))`: true, `(name pr and email pr) and login_id pr`: true, `groups eq 5`: true, `groups eq "5"`: false,
		`email eq null`: true, `email ne null`: false, `email eq ""`: false, `login_until lt "today"`: false, `joined lt today+30d`: true,
		`seen ge "2026-04-01T09:00:00+09:00"`: true, `seen ge "2026-04-01"`: true, `height gt 1e3`: true, `vip eq true`: true, `gone pr`: false,
		`system_role eq "OWNER"`: true, `city eq "a\nb"`: true,
	} {
		f, err := member.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, fits := newBuilder(builderFields).branchOf(f); fits != want {
			t.Errorf("%s: fits = %v, want %v", text, fits, want)
		}
	}
}

func TestG4_EveryOperatorAndDateHasItsWords(t *testing.T) {
	b := newBuilder(builderFields)
	for _, language := range []string{"en", "ja"} {
		q := &request{}
		q.say = locale.New(language)
		for _, attribute := range append(member.FilterAttributes(b.fields), "area") {
			r := row{Attribute: attribute}
			for _, op := range opsOf(b.typeOf(r)) {
				if word := q.operator(b, r, op); len(word) > 4 && word[:4] == "web." {
					t.Errorf("%s: %s has no words in %s", attribute, op, language)
				}
			}
		}
		for _, key := range slices.Concat(member.RelativeAnchors(), []string{exactMoment, "exact"}) {
			if word := q.say.Say("web.date." + key); word == "web.date."+key {
				t.Errorf("%s has no words in %s", word, language)
			}
		}
	}
}
