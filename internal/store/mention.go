package store

import (
	"encoding/json"
	"fmt"
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

// filterKeys are where the records of exports and imports keep filters.
var filterKeys = []string{"filter", "sync_within"}

// blot takes the texts that name one of them out of the filter of a record, which
// is a JSON object. It returns the record as it was if there are none.
func (p *people) blot(record string) (string, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(record), &doc); err != nil {
		return "", fmt.Errorf("record with a filter: %w", err)
	}
	changed := false
	for _, key := range filterKeys {
		var filter string
		if doc[key] == nil {
			continue
		}
		if err := json.Unmarshal(doc[key], &filter); err != nil {
			return "", fmt.Errorf("filter: %w", err)
		}
		blotted := quoted.ReplaceAllStringFunc(filter, p.blotText)
		if blotted == filter {
			continue
		}
		text, err := json.Marshal(blotted)
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

// blotText returns a JSON string, or one that says nothing if it names somebody.
func (p *people) blotText(text string) string {
	var value string
	if err := json.Unmarshal([]byte(text), &value); err != nil || p.mentions(value) {
		return `"` + redacted + `"`
	}
	return text
}
