package locale

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A message is a parsed sentence: text and placeholders in their order.
//
// The syntax is a small part of ICU's message format:
//
//	{name}                                  the value as it is
//	{name, number}                          1,234,567, if it is an integer
//	{name, bytes}                           200 MB, if it is an integer
//	{name, list}                            “a”, “b” of a value with a newline between items
//	{name, ids}                             #2, #5 of a value with a number on each line
//	{name, label}                           the reader's line of a value with a line for each language: English, Japanese
//	{name, attribute}                       the label of an attribute's identifier, or of a field as by label
//	{name, attributes}                      a list of identifiers, as their labels
//	{name, action}                          the word of an action
//	{web.options.only, said}                the sentence of another key, such as the label of an option
//	{n, plural, one {# row} other {# rows}} by number; =0 and the like are exact
//	{name, select, a {text} other {text}}   by value; empty is the case of ""
//	'{'                                     a brace that is no placeholder
type message []part

// A part is text, or a placeholder if name is not empty.
type part struct {
	text  string
	name  string
	form  string // how the value is shown; empty: as it is
	cases map[string]message
}

// forms are what may follow the name of a placeholder; true if cases follow.
var forms = map[string]bool{
	"number": false, "bytes": false, "list": false, "attribute": false, "attributes": false,
	"action": false, "label": false, "ids": false, "said": false,
	"plural": true, "select": true,
}

// parse reads a sentence. The error says what is wrong with it, for the tests
// of the catalogues.
func parse(sentence string) (message, error) {
	s := scanner{rest: sentence}
	m, err := s.message("")
	if err == nil && s.rest != "" {
		err = fmt.Errorf("} without {")
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", sentence, err)
	}
	return m, nil
}

type scanner struct{ rest string }

// message reads up to the brace that closes it, or to the end. counted is the
// name of the number that # stands for, empty outside of a plural.
func (s *scanner) message(counted string) (message, error) {
	var m message
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			m = append(m, part{text: text.String()})
			text.Reset()
		}
	}
	for s.rest != "" && s.rest[0] != '}' {
		c := s.rest[0]
		switch {
		case c == '\'' && len(s.rest) > 1 && strings.IndexByte("{}#", s.rest[1]) >= 0:
			quoted, after, ok := strings.Cut(s.rest[1:], "'")
			if !ok {
				return nil, fmt.Errorf("' without '")
			}
			text.WriteString(quoted)
			s.rest = after
		case c == '#' && counted != "":
			flush()
			m = append(m, part{name: counted, form: "number"})
			s.rest = s.rest[1:]
		case c == '{':
			flush()
			p, err := s.placeholder(counted)
			if err != nil {
				return nil, err
			}
			m = append(m, p)
		default:
			text.WriteByte(c)
			s.rest = s.rest[1:]
		}
	}
	flush()
	return m, nil
}

// placeholder reads from { to its }.
func (s *scanner) placeholder(counted string) (part, error) {
	s.rest = s.rest[1:]
	p := part{name: s.word()}
	if p.name == "" {
		return p, fmt.Errorf("{ without a name")
	}
	if s.skip(",") {
		p.form = s.word()
		if _, ok := forms[p.form]; !ok {
			return p, fmt.Errorf("{%s}: no form %q", p.name, p.form)
		}
	}
	if forms[p.form] {
		if p.form == "plural" {
			counted = p.name
		}
		s.skip(",")
		if err := s.cases(&p, counted); err != nil {
			return p, err
		}
	}
	if !s.skip("}") {
		return p, fmt.Errorf("{%s: not closed", p.name)
	}
	return p, nil
}

func (s *scanner) cases(p *part, counted string) error {
	p.cases = map[string]message{}
	for name := s.word(); name != ""; name = s.word() {
		if !s.skip("{") {
			return fmt.Errorf("{%s}: case %s without {", p.name, name)
		}
		m, err := s.message(counted)
		if err != nil {
			return err
		}
		if !s.skip("}") {
			return fmt.Errorf("{%s}: case %s not closed", p.name, name)
		}
		p.cases[name] = m
	}
	if _, ok := p.cases["other"]; !ok {
		return fmt.Errorf("{%s}: no case other", p.name)
	}
	return nil
}

func (s *scanner) word() string {
	s.rest = strings.TrimLeft(s.rest, " ")
	end := strings.IndexAny(s.rest, " ,{}")
	if end < 0 {
		end = len(s.rest)
	}
	w := s.rest[:end]
	s.rest = strings.TrimLeft(s.rest[end:], " ")
	return w
}

// skip steps over token and the spaces before it, if it is there.
func (s *scanner) skip(token string) bool {
	after, ok := strings.CutPrefix(strings.TrimLeft(s.rest, " "), token)
	if ok {
		s.rest = after
	}
	return ok
}

// placeholders returns the names of the values that the message uses, sorted, each once.
func (m message) placeholders() []string {
	names := map[string]bool{}
	m.collect(names)
	return slices.Sorted(maps.Keys(names))
}

func (m message) collect(names map[string]bool) {
	for _, p := range m {
		if p.name != "" && p.form != "said" {
			names[p.name] = true
		}
		for _, c := range p.cases {
			c.collect(names)
		}
	}
}
