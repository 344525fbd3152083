package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"meibo/internal/member"
)

// A finder finds texts inside others, by their first two characters: how long
// it takes does not depend on how many there are. Texts of one character it
// does not look for.
type finder map[[2]rune][][]rune

func (f finder) add(text string) {
	if rs := []rune(member.FoldText(text)); len(rs) >= 2 {
		begin := [2]rune{rs[0], rs[1]}
		f[begin] = append(f[begin], rs)
	}
}

// in reports whether one of the texts stands in cell, as words of its own: ann is
// in "Ann, Bob", and neither in joann nor in ann@x.example. Kanji and kana know no
// borders between words.
func (f finder) in(cell string) bool {
	rs := []rune(member.FoldText(cell))
	for at := 0; at+1 < len(rs); at++ {
		for _, text := range f[[2]rune{rs[at], rs[at+1]}] {
			end := at + len(text)
			if end <= len(rs) && string(rs[at:end]) == string(text) && begins(rs, at) && ends(rs, end) {
				return true
			}
		}
	}
	return false
}

// begins reports whether a word may begin at rs[at].
func begins(rs []rune, at int) bool {
	before := at - 1
	for before >= 0 && joins(rs[before]) {
		before--
	}
	return before < 0 || !inWord(rs[before]) || !inWord(rs[at])
}

// ends reports whether a word may end before rs[end].
func ends(rs []rune, end int) bool {
	after := end
	for after < len(rs) && joins(rs[after]) {
		after++
	}
	return after == len(rs) || !inWord(rs[after]) || !inWord(rs[end-1])
}

// joins reports whether r, between two letters, makes one word of them: those of
// an address.
func joins(r rune) bool { return strings.ContainsRune("._+-", r) }

func inWord(r rune) bool {
	return r == '@' || (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// seal ends noting what the people were called.
func (p *people) seal() {
	p.addresses, p.every = finder{}, finder{}
	for email := range p.emails {
		p.addresses.add(email)
	}
	for _, set := range []map[string]bool{p.emails, p.logins, p.names} {
		for text := range set {
			p.every.add(text)
		}
	}
}

// in reports whether a text holds one of their addresses, or nothing but a login
// ID or a name.
func (p *people) in(text string) bool {
	return p.knows(member.Trim(text)) || p.addresses.in(text)
}

// mentions reports whether a text holds an address, a login ID or a name of one
// of them. What it is asked of belongs to nobody whom we know.
func (p *people) mentions(text string) bool {
	return p.knows(member.Trim(text)) || p.every.in(text)
}

// quoted are the texts of a filter: JSON strings.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// blots are how the texts of a record are taken out that name one of them, by
// key: what it returns is what is left of the JSON there.
var blots = map[string]func(p *people, text json.RawMessage) (any, error){
	"filter":         (*people).blotFilter,
	"sync_within":    (*people).blotFilter,
	"sheet":          blotOne,
	"ignore_columns": blotList,
	"map":            blotMap,
}

// blot takes the texts that name one of them out of the filters, headers and
// sheet names of a record, which is a JSON object. It returns the record as it
// was if there are none.
func (p *people) blot(record string) (string, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(record), &doc); err != nil {
		return "", fmt.Errorf("record of options: %w", err)
	}
	changed := false
	for key, blot := range blots {
		if doc[key] == nil {
			continue
		}
		left, err := blot(p, doc[key])
		if err != nil {
			return "", fmt.Errorf("option %s: %w", key, err)
		}
		if left == nil {
			continue
		}
		text, err := json.Marshal(left)
		if err != nil {
			return "", err
		}
		doc[key], changed = text, true
	}
	if !changed {
		return record, nil
	}
	text, err := json.Marshal(doc)
	return string(text), err
}

// blotFilter returns nil if the filter names nobody; so do the others.
func (p *people) blotFilter(text json.RawMessage) (any, error) {
	var filter string
	if err := json.Unmarshal(text, &filter); err != nil {
		return nil, err
	}
	if blotted := quoted.ReplaceAllStringFunc(filter, p.blotText); blotted != filter {
		return blotted, nil
	}
	return nil, nil
}

func blotOne(p *people, text json.RawMessage) (any, error) {
	var value string
	if err := json.Unmarshal(text, &value); err != nil || !p.mentions(value) {
		return nil, err
	}
	return redacted, nil
}

func blotList(p *people, text json.RawMessage) (any, error) {
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	found := false
	for i := range list {
		if p.mentions(list[i]) {
			list[i], found = redacted, true
		}
	}
	if !found {
		return nil, nil
	}
	return list, nil
}

func blotMap(p *people, text json.RawMessage) (any, error) {
	var m map[string]string
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	left, found := make(map[string]string, len(m)), false
	for key, value := range m {
		if p.mentions(key) {
			key, found = redacted, true
		}
		if p.mentions(value) { // a mistake: it should be an identifier
			value, found = redacted, true
		}
		left[key] = value
	}
	if !found {
		return nil, nil
	}
	return left, nil
}

// blotFileName leaves of the name of a file that names one of them its extension,
// by which a report knows its form. What joins the words of other names parts
// those of a file: ann_lee-2026.csv.
func (p *people) blotFileName(name string) string {
	extension := filepath.Ext(name)
	base := strings.TrimSuffix(name, extension)
	words := strings.Map(func(r rune) rune {
		if joins(r) {
			return ' '
		}
		return r
	}, base)
	if p.mentions(strings.TrimPrefix(extension, ".")) {
		return redacted
	}
	if p.mentions(base) || p.mentions(words) {
		return redacted + extension
	}
	return name
}

// blotText returns a JSON string, or one that says nothing if it names somebody.
func (p *people) blotText(text string) string {
	var value string
	if err := json.Unmarshal([]byte(text), &value); err != nil || p.mentions(value) {
		return `"` + redacted + `"`
	}
	return text
}
