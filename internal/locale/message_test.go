package locale

import (
	"slices"
	"strings"
	"testing"
)

func TestSentencesAreFilled(t *testing.T) {
	tests := []struct {
		name     string
		lang     string
		sentence string
		values   map[string]string
		want     string
	}{
		{"text without placeholders stays", "en", "It's done, isn't it.", nil, "It's done, isn't it."},
		{"a value is put in as it is", "en", "“{value}” is unknown.", map[string]string{"value": "<b>{x}"}, "“<b>{x}” is unknown."},
		{"a missing value shows its name", "en", "Line {first}.", nil, "Line {first}."},
		{"a missing number of a plural shows its name", "en", "{n, plural, one {#} other {#}}", nil, "{n}"},
		{"one is singular in English", "en", "{n, plural, one {# row} other {# rows}}", map[string]string{"n": "1"}, "1 row"},
		{"none is plural in English", "en", "{n, plural, one {# row} other {# rows}}", map[string]string{"n": "0"}, "0 rows"},
		{"the number of a plural is grouped", "en", "{n, plural, one {# row} other {# rows}}", map[string]string{"n": "1234567"}, "1,234,567 rows"},
		{"an exact case goes before the others", "en", "{n, plural, =0 {nothing} other {#}}", map[string]string{"n": "0"}, "nothing"},
		{"Japanese has no singular", "ja", "{n, plural, other {#名}}", map[string]string{"n": "1"}, "1名"},
		{"placeholders work inside of a case", "en", "{n, plural, other {# of {all, number}}}", map[string]string{"n": "2", "all": "4000"}, "2 of 4,000"},
		{"number groups integers", "en", "{n, number}", map[string]string{"n": "-1234"}, "-1,234"},
		{"number leaves three digits alone", "en", "{n, number}", map[string]string{"n": "-123"}, "-123"},
		{"number leaves other text alone", "en", "{n, number}", map[string]string{"n": "12a4"}, "12a4"},
		{"without number an ID is not grouped", "en", "{id}", map[string]string{"id": "1234"}, "1234"},
		{"decimal sizes", "en", "{n, bytes}", map[string]string{"n": "200000000"}, "200 MB"},
		{"binary sizes", "en", "{n, bytes}", map[string]string{"n": "4294967296"}, "4 GB"},
		{"odd sizes are bytes", "en", "{n, bytes}", map[string]string{"n": "1025"}, "1,025 B"},
		{"a size that is no number stays", "en", "{n, bytes}", map[string]string{"n": "200 MB"}, "200 MB"},
		{"a list is quoted in English", "en", "{l, list}", map[string]string{"l": "a\nname"}, "“a”, “name”"},
		{"a list is quoted in Japanese", "ja", "{l, list}", map[string]string{"l": "a\nb"}, "「a」「b」"},
		{"attributes are shown by their labels", "en", "{a, attributes}", map[string]string{"a": "login_id\ncity"}, "“Login ID”, “city”"},
		{"an attribute is shown by its label", "ja", "{a, attribute}", map[string]string{"a": "login_id"}, "ログインID"},
		{"an action is a word", "ja", "{a, action}", map[string]string{"a": "delete"}, "削除"},
		{"select chooses by value", "en", "{w, select, pdf {A PDF} other {A file}}", map[string]string{"w": "pdf"}, "A PDF"},
		{"select falls back to other", "en", "{w, select, pdf {A PDF} other {A file}}", map[string]string{"w": "?"}, "A file"},
		{"select has a case for the empty value", "en", "{w, select, empty {nobody} other {{w}}}", map[string]string{"w": ""}, "nobody"},
		{"quoted braces are text", "en", "Write '{clear}' here.", nil, "Write {clear} here."},
		{"a number sign outside of a plural is text", "en", "No. #1", nil, "No. #1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parse(tt.sentence)
			if err != nil {
				t.Fatal(err)
			}
			if got := New(tt.lang).fill(m, tt.values); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMalformedSentencesAreRefused(t *testing.T) {
	tests := []struct{ name, sentence, err string }{
		{"a brace that is not closed", "{value", "not closed"},
		{"a brace that was not opened", "value}", "} without {"},
		{"a placeholder without a name", "{}", "without a name"},
		{"a form that does not exist", "{n, nunber}", "no form"},
		{"a plural without other", "{n, plural, one {#}}", "no case other"},
		{"a case without its text", "{n, plural, other}", "without {"},
		{"a case that is not closed", "{n, plural, other {#", "not closed"},
		{"a mistake inside of a case", "{n, plural, other {{}}}", "without a name"},
		{"a quote that is not closed", "'{clear}", "' without '"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(tt.sentence)
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error = %v, want one with %q", err, tt.err)
			}
		})
	}
}

func TestPlaceholdersAreFoundInsideOfCases(t *testing.T) {
	m, err := parse("{b} {n, plural, one {{a}} other {{b}}} {s, select, other {{c, list}}}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.placeholders(), []string{"a", "b", "c", "n", "s"}; !slices.Equal(got, want) {
		t.Errorf("placeholders = %v, want %v", got, want)
	}
}
