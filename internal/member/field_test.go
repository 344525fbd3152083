package member

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/problem"
)

// text and choice return valid definitions, changed as a test wants.
func text(change func(*Field)) Field {
	return changed(Field{Identifier: "branch", LabelEN: "Branch", LabelJA: "支店", Type: Text}, change)
}

func choice(change func(*Field)) Field {
	return changed(Field{Identifier: "colour", LabelEN: "Colour", LabelJA: "色", Type: Checkbox,
		Choices: []Choice{{"r", "赤"}, {"g", "緑"}, {"b", "青"}}}, change)
}

func changed(f Field, change func(*Field)) Field {
	if change != nil {
		change(&f)
	}
	return f
}

func TestG3_Validate(t *testing.T) {
	tests := []struct {
		name  string
		field Field
		code  problem.Code
	}{
		{"a text is valid", text(nil), ""},
		{"a checkbox is valid", choice(nil), ""},
		{"an identifier of 63", text(func(f *Field) { f.Identifier = strings.Repeat("a", 63) }), ""},
		{"an identifier of 64", text(func(f *Field) { f.Identifier = strings.Repeat("a", 64) }), problem.FieldIdentifierInvalid},
		{"no identifier", text(func(f *Field) { f.Identifier = "" }), problem.FieldIdentifierInvalid},
		{"a capital in the identifier", text(func(f *Field) { f.Identifier = "Branch" }), problem.FieldIdentifierInvalid},
		{"a digit first in the identifier", text(func(f *Field) { f.Identifier = "1st" }), problem.FieldIdentifierInvalid},
		{"an underscore first in the identifier", text(func(f *Field) { f.Identifier = "_base" }), problem.FieldIdentifierInvalid},
		{"a hyphen in the identifier", text(func(f *Field) { f.Identifier = "a-b" }), problem.FieldIdentifierInvalid},
		{"an identifier of M1", text(func(f *Field) { f.Identifier = "email" }), problem.FieldIdentifierInvalid},
		{"the identifier delete", text(func(f *Field) { f.Identifier = "delete" }), problem.FieldIdentifierInvalid},
		{"the identifier password_hash", text(func(f *Field) { f.Identifier = "password_hash" }), problem.FieldIdentifierInvalid},
		{"the identifier result", text(func(f *Field) { f.Identifier = "result" }), problem.FieldIdentifierInvalid},
		{"the identifier reason", text(func(f *Field) { f.Identifier = "reason" }), problem.FieldIdentifierInvalid},
		{"no type", text(func(f *Field) { f.Type = "" }), problem.FieldTypeUnknown},
		{"an unknown type", text(func(f *Field) { f.Type = "colour" }), problem.FieldTypeUnknown},
		{"the type file", text(func(f *Field) { f.Type = FileType }), ""},
		{"a file with extensions and a size (G3)", text(func(f *Field) { f.Type, f.Extensions, f.MaxSize = FileType, []string{"pdf", "7z"}, 1<<20 }), ""},
		{"an extension with its dot (G3)", text(func(f *Field) { f.Type, f.Extensions = FileType, []string{".pdf"} }), problem.FieldExtensionInvalid},
		{"an extension twice (G3)", text(func(f *Field) { f.Type, f.Extensions = FileType, []string{"pdf", "pdf"} }), problem.FieldExtensionInvalid},
		{"an extension of programs (G3)", text(func(f *Field) { f.Type, f.Extensions = FileType, []string{"exe"} }), problem.FieldExtensionInvalid},
		{"an extension of pages that run scripts (G3)", text(func(f *Field) { f.Type, f.Extensions = FileType, []string{"svg"} }), problem.FieldExtensionInvalid},
		{"a negative size (G3)", text(func(f *Field) { f.Type, f.MaxSize = FileType, -1 }), problem.FieldFileLimitsInvalid},
		{"extensions of a text (G3)", text(func(f *Field) { f.Extensions = []string{"pdf"} }), problem.FieldRestrictionMisplaced},
		{"no English label", text(func(f *Field) { f.LabelEN = "" }), problem.FieldLabelInvalid},
		{"no Japanese label", text(func(f *Field) { f.LabelJA = "" }), problem.FieldLabelInvalid},
		{"a label of 201 characters", text(func(f *Field) { f.LabelJA = strings.Repeat("支", 201) }), problem.FieldLabelInvalid},
		{"a label of two lines", text(func(f *Field) { f.LabelEN = "a\nb" }), problem.FieldLabelInvalid},
		{"a label with a space behind", text(func(f *Field) { f.LabelEN = "Branch " }), problem.FieldLabelInvalid},
		{"a label of M1, in any case and width", text(func(f *Field) { f.LabelEN = "ｅ-MAIL" }), problem.LabelTaken},
		{"a Japanese label of M1", text(func(f *Field) { f.LabelJA = "メールアドレス" }), problem.LabelTaken},
		{"an identifier of M1 as a label", text(func(f *Field) { f.LabelEN = "_base" }), problem.LabelTaken},
		{"the label of a column that reports add", text(func(f *Field) { f.LabelEN = "Reason" }), problem.LabelTaken},
		{"least above most", text(func(f *Field) { f.MinLength, f.MaxLength = 5, 4 }), problem.FieldLimitsInvalid},
		{"a least without a most", text(func(f *Field) { f.MinLength = 5 }), ""},
		{"a negative least", text(func(f *Field) { f.MinLength = -1 }), problem.FieldLimitsInvalid},
		{"an unknown format", text(func(f *Field) { f.Format = "isbn" }), problem.FieldFormatUnknown},
		{"a known format", text(func(f *Field) { f.Format = PostalCodeFormat }), ""},
		{"a pattern", text(func(f *Field) { f.Format, f.Pattern = PatternFormat, "[A-Z]{3}" }), ""},
		{"the format pattern without one", text(func(f *Field) { f.Format = PatternFormat }), problem.FieldPatternInvalid},
		{"a pattern that RE2 does not have", text(func(f *Field) { f.Format, f.Pattern = PatternFormat, "(?=a)" }), problem.FieldPatternInvalid},
		{"a pattern that would break out of a group", text(func(f *Field) { f.Format, f.Pattern = PatternFormat, "a)?(b" }), problem.FieldPatternInvalid},
		{"a pattern of 1,001 bytes", text(func(f *Field) { f.Format, f.Pattern = PatternFormat, strings.Repeat("a", 1001) }), problem.FieldPatternInvalid},
		{"a pattern without its format", text(func(f *Field) { f.Pattern = "a" }), problem.FieldRestrictionMisplaced},
		{"a length of a number", text(func(f *Field) { f.Type, f.MaxLength = Number, 3 }), problem.FieldRestrictionMisplaced},
		{"a format of a date", text(func(f *Field) { f.Type, f.Format = Date, DigitsFormat }), problem.FieldRestrictionMisplaced},
		{"choices of a text", text(func(f *Field) { f.Choices = []Choice{{"a", "A"}} }), problem.FieldRestrictionMisplaced},
		{"a select without choices", choice(func(f *Field) { f.Type, f.Choices = Select, nil }), problem.FieldChoicesRequired},
		{"a choice without a key", choice(func(f *Field) { f.Choices[0].Key = "" }), problem.FieldChoiceInvalid},
		{"a choice without a label shows its key", choice(func(f *Field) { f.Choices[0].Label = "" }), ""},
		{"a choice labelled with its own key", choice(func(f *Field) { f.Choices[0].Label = "r" }), ""},
		{"a key twice", choice(func(f *Field) { f.Choices[1].Key = "r" }), problem.FieldChoiceInvalid},
		{"a label twice", choice(func(f *Field) { f.Choices[1].Label = "赤" }), problem.FieldChoiceInvalid},
		{"a label that is another's key", choice(func(f *Field) { f.Choices[0].Label = "g" }), problem.FieldChoiceInvalid},
		{"a key with |", choice(func(f *Field) { f.Choices[0].Key = "r|d" }), problem.FieldChoiceInvalid},
		{"a key with a newline", choice(func(f *Field) { f.Choices[0].Key = "r\nd" }), problem.FieldChoiceInvalid},
		{"a key that begins with a sign", choice(func(f *Field) { f.Choices[0].Key = "+r" }), problem.FieldChoiceInvalid},
		{"a key that begins with an apostrophe", choice(func(f *Field) { f.Choices[0].Key = "'r" }), problem.FieldChoiceInvalid},
		{"a key that is {clear}", choice(func(f *Field) { f.Choices[0].Key = "{clear}" }), problem.FieldChoiceInvalid},
		{"a key with a space before it", choice(func(f *Field) { f.Choices[0].Key = " r" }), problem.FieldChoiceInvalid},
		{"1,001 choices", choice(func(f *Field) { f.Choices = manyChoices(1001) }), problem.FieldChoicesTooMany},
		{"1,000 choices", choice(func(f *Field) { f.Choices = manyChoices(1000) }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.field.Validate(); codeOf(t, err) != tt.code {
				t.Errorf("Validate = %v, want %q", err, tt.code)
			}
		})
	}
}

func manyChoices(n int) []Choice {
	cs := make([]Choice, n)
	for i := range cs {
		cs[i].Key = "k" + strconv.Itoa(i)
	}
	return cs
}

func TestG3_IdentifiersAndLabelsAreUnique(t *testing.T) {
	other := func(change func(*Field)) []Field {
		f := Field{Identifier: "floor", LabelEN: "Floor", LabelJA: "階", Type: Number}
		return []Field{text(nil), changed(f, change)}
	}
	many := make([]Field, MaxFields+1)
	for i := range many {
		n := strconv.Itoa(i)
		many[i] = Field{Identifier: "f" + n, LabelEN: "F " + n, LabelJA: "項目" + n, Type: Text}
	}
	tests := []struct {
		name   string
		fields []Field
		code   problem.Code
	}{
		{"none", nil, ""},
		{"two that differ", other(nil), ""},
		{"the same identifier", other(func(f *Field) { f.Identifier = "branch" }), problem.FieldIdentifierTaken},
		{"the same label in another case", other(func(f *Field) { f.LabelEN = "BRANCH" }), problem.LabelTaken},
		{"a label in the other language's place", other(func(f *Field) { f.LabelEN = "支店" }), problem.LabelTaken},
		{"a label that is another's identifier", other(func(f *Field) { f.LabelJA = "branch" }), problem.LabelTaken},
		{"its own labels alike", other(func(f *Field) { f.LabelEN, f.LabelJA = "Floor", "floor" }), ""},
		{"500", many[:MaxFields], ""},
		{"501", many, problem.FieldsTooMany},
		{"one that is not valid", other(func(f *Field) { f.Type = "" }), problem.FieldTypeUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := CheckFields(tt.fields); codeOf(t, err) != tt.code {
				t.Errorf("CheckFields = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestG3_DefinitionsExportAndImportAsJSON(t *testing.T) {
	fields := []Field{
		text(func(f *Field) { f.Required, f.MaxLength, f.Format, f.Pattern = true, 9, PatternFormat, "<a&b>" }),
		choice(func(f *Field) { f.Position = -3 }),
	}
	var b bytes.Buffer
	if err := EncodeFields(&b, fields); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "<a&b>") {
		t.Errorf("escaped for HTML, which it is not: %s", b.String())
	}
	got, err := DecodeFields(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fields, got); diff != "" {
		t.Error(diff)
	}
}

func TestG3_DecodeFieldsRefuses(t *testing.T) {
	const branch = `{"identifier":"branch","label_en":"Branch","label_ja":"支店","type":"text"}`
	tests := []struct {
		name, in string
		code     problem.Code
	}{
		{"an empty list is fine", `[]`, ""},
		{"one field is fine", `[` + branch + `]`, ""},
		{"nothing", ``, problem.FieldsMalformed},
		{"null", `null`, problem.FieldsMalformed},
		{"an object", branch, problem.FieldsMalformed},
		{"something behind", `[] []`, problem.FieldsMalformed},
		{"an unknown key", `[{"identifier":"branch","colour":"red"}]`, problem.FieldsMalformed},
		{"bytes that are not UTF-8", "[{\"identifier\":\"\xff\"}]", problem.FieldsMalformed},
		{"a field twice", `[` + branch + `,` + branch + `]`, problem.FieldIdentifierTaken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := DecodeFields(strings.NewReader(tt.in)); codeOf(t, err) != tt.code {
				t.Errorf("DecodeFields = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestF12_FieldsJSONIsCanonical(t *testing.T) {
	tests := []struct {
		name   string
		values map[string]string
		want   string
	}{
		{"none", nil, `{}`},
		{"keys ascend", map[string]string{"b": "2", "a": "1"}, `{"a":"1","b":"2"}`},
		{"empty values are none", map[string]string{"a": "", "b": "2"}, `{"b":"2"}`},
		{"only what must be is escaped", map[string]string{"a": "<&>\u2028\"\\\n/花\u007f"}, `{"a":"<&>` + "\u2028" + `\"\\\n/花` + "\u007f" + `"}`},
		{"control characters", map[string]string{"a": "\x01\t"}, `{"a":"\u0001\u0009"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := FieldsJSON(tt.values)
			if got != tt.want {
				t.Errorf("FieldsJSON = %s, want %s", got, tt.want)
			}
			back, err := ParseFieldsJSON(got)
			if err != nil || FieldsJSON(back) != got {
				t.Errorf("read back: %q, %v", back, err)
			}
		})
	}
}

func TestF12_FieldsJSONReadsHoweverADatabaseKeepsIt(t *testing.T) {
	got, err := ParseFieldsJSON(` {"b" : "\u82b1", "a": "1"} `)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "花"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := ParseFieldsJSON(" { } "); got != nil || err != nil {
		t.Errorf("no values: %v, %v", got, err)
	}
	if _, err := ParseFieldsJSON(`{"a":{"secret":1}}`); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error = %v, want one that tells no value", err)
	}
}
