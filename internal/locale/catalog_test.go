package locale

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestEverySentenceCanBeRead(t *testing.T) {
	for _, lang := range languages {
		if _, err := load(lang); err != nil {
			t.Error(err)
		}
	}
}

func TestNoKeyIsWrittenTwice(t *testing.T) {
	for _, lang := range languages {
		seen := map[string]bool{}
		for _, key := range topKeys(t, lang) {
			if seen[key] {
				t.Errorf("%s.json: %s is there twice", lang, key)
			}
			seen[key] = true
		}
	}
}

// topKeys returns the keys of a catalogue file in their order, as often as
// they are written.
func topKeys(t *testing.T, lang string) []string {
	t.Helper()
	raw, err := files.ReadFile("catalog/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		var entry json.RawMessage
		if err := dec.Decode(&entry); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	en, ja := catalogues["en"](), catalogues["ja"]()
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, ok := ja[key]; !ok {
			t.Errorf("ja.json: %s is missing", key)
			continue
		}
		if e, j := en[key].placeholders(), ja[key].placeholders(); !slices.Equal(e, j) {
			t.Errorf("%s: placeholders differ: en %v, ja %v", key, e, j)
		}
		if e, j := selections(en[key]), selections(ja[key]); !slices.Equal(e, j) {
			t.Errorf("%s: cases of select differ: en %v, ja %v", key, e, j)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ja)) {
		if _, ok := en[key]; !ok {
			t.Errorf("en.json: %s is missing", key)
		}
	}
}

// selections returns the cases of every select in m, sorted, each once.
func selections(m message) []string {
	found := map[string]bool{}
	for _, p := range m {
		for name, c := range p.cases {
			if p.form == "select" {
				found[p.name+"="+name] = true
			}
			for _, s := range selections(c) {
				found[s] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEverySentenceIsInItsLanguage(t *testing.T) {
	for key, m := range catalogues["ja"]() {
		for _, text := range texts(m) {
			if !japanese(text) {
				t.Errorf("ja.json: %s: no Japanese in %q", key, text)
			}
		}
	}
	for key, m := range catalogues["en"]() {
		if text := strings.Join(texts(m), " "); japanese(text) {
			t.Errorf("en.json: %s: Japanese in %q", key, text)
		}
	}
}

// texts returns what a reader may see of m: the text of m itself and of each
// case, each joined. Text without letters is left out: it has no language.
func texts(m message) []string {
	var all []string
	var own strings.Builder
	for _, p := range m {
		own.WriteString(p.text)
		for _, c := range p.cases {
			all = append(all, texts(c)...)
		}
	}
	if strings.IndexFunc(own.String(), unicode.IsLetter) >= 0 {
		all = append(all, own.String())
	}
	return all
}

func japanese(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
	}) >= 0
}

func TestSentencesAreCalm(t *testing.T) {
	for _, lang := range languages {
		for key, m := range catalogues[lang]() {
			if len(m) == 0 {
				t.Errorf("%s.json: %s is empty", lang, key)
			}
			if strings.ContainsAny(strings.Join(texts(m), ""), "!！") {
				t.Errorf("%s.json: %s has an exclamation mark", lang, key)
			}
		}
	}
}

// columnEmail are the sentences in which email is the name of a column or an
// identifier, as files and flags have it.
var columnEmail = []string{"attribute.email", "problem.header-no-key.do", "problem.mapping-malformed.do", "problem.sync-no-key.do", "flag.match", "flag.text-format"}

var emailWord = regexp.MustCompile(`(?i)\bemails?\b`)

func TestSentencesSayEMailInOneWay(t *testing.T) {
	for key, m := range catalogues["en"]() {
		if got, want := emailWord.MatchString(strings.Join(texts(m), " ")), slices.Contains(columnEmail, key); got != want {
			t.Errorf("en.json: %s: says email: %t, want %t; a sentence says e-mail", key, got, want)
		}
	}
}

// Japanese has no singular: a case one would never be shown.
func TestJapaneseHasNoSingular(t *testing.T) {
	for key, m := range catalogues["ja"]() {
		if plurals(m)["one"] {
			t.Errorf("ja.json: %s has a case one", key)
		}
	}
	for key, m := range catalogues["en"]() {
		if cases := plurals(m); len(cases) > 0 && !cases["one"] {
			t.Errorf("en.json: %s has no case one", key)
		}
	}
}

func plurals(m message) map[string]bool {
	found := map[string]bool{}
	for _, p := range m {
		for name, c := range p.cases {
			if p.form == "plural" {
				found[name] = true
			}
			maps.Copy(found, plurals(c))
		}
	}
	return found
}

// The first labels of SPEC M1, which files are written with.
func TestM1_AttributesHaveTheLabelsOfTheSpecification(t *testing.T) {
	tests := []struct{ identifier, en, ja string }{
		{"member_id", "Member ID", "メンバーID"},
		{"login_id", "Login ID", "ログインID"},
		{"email", "Email", "メールアドレス"},
		{"name", "Name", "名前"},
		{"password", "Password", "パスワード"},
		{"login_allowed", "Login Allowed", "ログインの許可"},
		{"login_until", "Login Allowed Until", "ログイン許可の有効期限"},
		{"groups", "Groups", "所属グループ"},
		{"system_role", "System Role Type", "システムロール種別"},
		{"system_permission", "System Permission Type", "システム権限種別"},
		{"brand_policy", "Brand Access Policy Code", "ブランドアクセスポリシーコード"},
		{"role", "Role Code", "ロールコード"},
		{"remarks", "Remarks", "備考"},
		{"display_order", "Display Order", "並び順"},
		{"delete", "Delete Flag", "削除フラグ"},
	}
	for _, tt := range tests {
		if got := New("en").Attribute(tt.identifier); got != tt.en {
			t.Errorf("en: %s = %q, want %q", tt.identifier, got, tt.en)
		}
		if got := New("ja").Attribute(tt.identifier); got != tt.ja {
			t.Errorf("ja: %s = %q, want %q", tt.identifier, got, tt.ja)
		}
	}
}
