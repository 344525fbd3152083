// Package locale is sentences, numbers and dates in the reader's language.
//
// It does not know where a sentence will be shown, nor who reads it. Sentences
// live in catalog/en.json and catalog/ja.json; problem.* are those of package
// problem's codes, the others are asked for with [Printer.Say].
//
// To add a sentence, write it under the same key in both files. The tests of
// this package read code.go and every call in the module, and say what is
// missing, misspelt or never given. How placeholders are written stands beside
// the type message. What a person typed is quoted: “ ” in English, 「 」 in
// Japanese; what is wrong comes first, then what to do, calmly.
package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"meibo/internal/problem"
)

// A Printer speaks one language. It is immutable and may be used by several
// goroutines; make it with [New].
type Printer struct {
	lang     string
	messages map[string]message
	pages    bool // speaks to whoever reads a page
}

// New returns the printer of a language, given as "en", "ja", a language tag
// ("ja-JP") or a value of LANG ("ja_JP.UTF-8"). Any other language is English.
func New(lang string) *Printer {
	lang = Match(lang)
	return &Printer{lang: lang, messages: catalogues[lang]()}
}

// OnPages returns a printer of the same language for people who look at pages:
// problems name what the page has, not the flags and verbs of the terminal.
func (p *Printer) OnPages() *Printer {
	return &Printer{lang: p.lang, messages: p.messages, pages: true}
}

// Match returns the first candidate that names a language we speak, as "en" or
// "ja", and "en" if none does. Candidates are as in [New]; "" is skipped.
func Match(candidates ...string) string {
	for _, c := range candidates {
		base, _, _ := strings.Cut(strings.ReplaceAll(c, "_", "-"), "-")
		base, _, _ = strings.Cut(base, ".")
		switch strings.ToLower(strings.TrimSpace(base)) {
		case "en":
			return "en"
		case "ja":
			return "ja"
		}
	}
	return "en"
}

// Lang returns "en" or "ja".
func (p *Printer) Lang() string { return p.lang }

// Problem returns what is wrong, with its values, and what to do about it: one
// to three sentences. The place is left to whoever shows it. A code without a
// sentence is returned as it is.
func (p *Printer) Problem(pr problem.Problem) string {
	key := "problem." + string(pr.Code)
	if _, ok := p.messages[key+".what"]; !ok {
		return string(pr.Code)
	}
	space := " "
	if p.lang == "ja" {
		space = ""
	}
	return p.fill(p.half(key+".what"), pr.Values) + space + p.fill(p.half(key+".do"), pr.Values)
}

// What returns the first half of [Printer.Problem]: what is wrong.
func (p *Printer) What(pr problem.Problem) string {
	return p.fill(p.half("problem."+string(pr.Code)+".what"), pr.Values)
}

// half returns half a problem's sentence: on pages the one that is for them alone,
// KEY_page, if there is one.
func (p *Printer) half(key string) message {
	if m, ok := p.messages[key+"_page"]; ok && p.pages {
		return m
	}
	return p.messages[key]
}

// Say returns the sentence of key. args are pairs of name and value; integers,
// strings, times (shown as by [Printer.Time]) and fmt.Stringers are values. A
// key without a sentence is returned as it is, a placeholder without a value
// stays in braces.
func (p *Printer) Say(key string, args ...any) string {
	m, ok := p.messages[key]
	if !ok {
		return key
	}
	values := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = p.text(args[i+1])
	}
	return p.fill(m, values)
}

func (p *Printer) text(value any) string {
	if t, ok := value.(time.Time); ok {
		return p.Time(t)
	}
	return fmt.Sprint(value)
}

// Number returns n with a comma after each three digits.
func (p *Printer) Number(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// Date returns the day of t in its zone: 2026-11-22.
func (p *Printer) Date(t time.Time) string { return t.Format(time.DateOnly) }

// Time returns the minute of t in its zone: 2026-11-22 09:31.
func (p *Printer) Time(t time.Time) string { return t.Format("2006-01-02 15:04") }

// Attribute returns the label of one of SPEC M1's attributes: the first one,
// which register files write too. Any other identifier, such as a field's, is
// returned as it is.
func (p *Printer) Attribute(identifier string) string {
	return p.word("attribute.", identifier)
}

// Action returns the verb of an action (create, invite, update, delete, keep,
// reject) as a person says it of a row. Any other is returned as it is.
func (p *Printer) Action(name string) string { return p.word("action.", name) }

func (p *Printer) word(prefix, name string) string {
	if m, ok := p.messages[prefix+name]; ok {
		return p.fill(m, nil)
	}
	return name
}
