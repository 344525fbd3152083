package web

import (
	"net/http"
	"strconv"
	"strings"

	"meibo/internal/member"
)

// A fieldForm is the definition of a field as it was typed.
type fieldForm struct {
	member.Field
	Choosing        string // choices, one a line: KEY=LABEL
	Least, Most     string // characters
	Kinds, Greatest string // extensions; bytes
	trouble
}

// formOf is the form of a field that is there.
func formOf(f member.Field) fieldForm {
	return fieldForm{Field: f, Choosing: choiceLines(f.Choices), Least: positive(int64(f.MinLength)), Most: positive(int64(f.MaxLength)),
		Kinds: strings.Join(f.Extensions, " "), Greatest: positive(f.MaxSize)}
}

// positive writes a number; 0 is none.
func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func choiceLines(choices []member.Choice) string {
	var b strings.Builder
	for _, c := range choices {
		b.WriteString(c.Key + "=" + c.Shown() + "\n")
	}
	return b.String()
}

// typedField reads the form of a definition. was is what stays: of a new field
// its identifier and type. Of the restrictions only those of the type are read;
// the others do not show.
func (q *request) typedField(was member.Field) fieldForm {
	f := fieldForm{Field: was, Choosing: q.value("choices"), Least: q.value("min_length"), Most: q.value("max_length"),
		Kinds: q.value("extensions"), Greatest: q.value("max_size")}
	f.LabelEN, f.LabelJA, f.Required = q.value("label_en"), q.value("label_ja"), q.checked("required")
	switch {
	case f.Type.HasChoices():
		if member.Trim(choiceLines(was.Choices)) != f.Choosing { // a key may have a = in it
			f.Choices = choicesOf(f.Choosing)
		}
	case f.Type.HasRestriction():
		f.Format, f.Pattern = q.value("format"), ""
		if f.Format == member.PatternFormat {
			f.Pattern = q.value("pattern")
		}
		least, most := f.whole(q, f.Least, "web.field.least"), f.whole(q, f.Most, "web.field.most")
		f.MinLength, f.MaxLength = int(least), int(most)
	case f.Type == member.FileType:
		f.Extensions = extensionsOf(f.Kinds)
		f.MaxSize = f.whole(q, f.Greatest, "web.field.greatest")
	}
	return f
}

// whole reads a number that may be left out; the label names it where it is none.
func (f *fieldForm) whole(q *request, text, label string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		f.trouble = trouble{Sentence: q.say.Say("web.number.malformed", "label", q.say.Say(label), "value", text), Status: http.StatusUnprocessableEntity}
		return 0
	}
	return n
}

// choicesOf reads choices, one a line: KEY=LABEL; without a label the key is shown.
func choicesOf(text string) []member.Choice {
	var choices []member.Choice
	for line := range strings.Lines(text) {
		key, label, _ := strings.Cut(line, "=")
		if key, label = member.Trim(key), member.Trim(label); key != "" || label != "" {
			choices = append(choices, member.Choice{Key: key, Label: label})
		}
	}
	return choices
}

// extensionsOf reads extensions as people type them: with or without dots,
// separated by spaces or commas.
func extensionsOf(text string) []string {
	var extensions []string
	for _, e := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,、，;\t\n　", r) }) {
		if e = strings.TrimPrefix(e, "."); e != "" {
			extensions = append(extensions, e)
		}
	}
	return extensions
}
