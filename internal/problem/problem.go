// Package problem is bad news that a person can act on: what kind, which code,
// where, and the values that the sentence needs.
//
// It knows no language, no HTTP and no database. Sentences live in package
// locale, one for each [Code] in each language.
package problem

import (
	"fmt"
	"strings"
)

// A Kind says what sort of bad news a problem is. Doors translate it: the
// command line into an exit code, REST into a status (RFC 9457).
type Kind uint8

// The kinds. The zero Kind is Invalid: most problems are about input.
const (
	Invalid   Kind = iota // the input cannot be taken as it is
	NotFound              // what was named does not exist
	Forbidden             // the actor may not do it
	Conflict              // it contradicts what is already there
	TooLarge              // a limit is reached
	Stale                 // what was shown is no longer what would be done
)

// A Code names one problem for programs. Codes are written in code.go, are
// never renamed and never used again for something else.
type Code string

// A Place points into the file that a person gave us. The zero Place is about
// the whole file, or about no file at all.
type Place struct {
	Sheet     string // worksheet name; empty for CSV
	Line      int    // 1-based physical line on which the row starts, header included; 0 if not about a row
	Column    string // letters in XLSX, the 1-based number as text in CSV; empty if about the whole row
	Header    string // header text exactly as written; empty if about the whole row
	Attribute string // identifier of the attribute or field; empty if unknown
}

// A Problem is one piece of bad news. It is an error; problems are compared by
// Code.
//
// Values fill the placeholders of the sentence; which ones a code has is said
// beside it in code.go. They may hold what a person typed, so they are for
// that person's eyes: Error leaves them out.
type Problem struct {
	Kind   Kind
	Code   Code
	Place  Place
	Values map[string]string
}

// New makes a problem of kind Invalid. values are pairs of name and text; an
// odd number of them is our own bug and panics.
func New(code Code, values ...string) Problem {
	return Problem{Code: code, Values: pairs(values)}
}

// Of makes a problem of the given kind, otherwise like [New].
func Of(kind Kind, code Code, values ...string) Problem {
	return Problem{Kind: kind, Code: code, Values: pairs(values)}
}

// At returns p with its place set.
func (p Problem) At(place Place) Problem {
	p.Place = place
	return p
}

// Error tells code and place, never the values: errors end up in logs.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(string(p.Code))
	if p.Place.Line > 0 {
		fmt.Fprintf(&b, " (line %d", p.Place.Line)
		if p.Place.Column != "" {
			fmt.Fprintf(&b, ", column %s", p.Place.Column)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// Is reports whether target is a problem with the same code, so that
// errors.Is(err, problem.New(code)) compares by code.
func (p Problem) Is(target error) bool {
	q, ok := target.(Problem)
	return ok && q.Code == p.Code
}

func pairs(values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	if len(values)%2 != 0 {
		panic("problem: values must be pairs of name and text")
	}
	m := make(map[string]string, len(values)/2)
	for i := 0; i < len(values); i += 2 {
		m[values[i]] = values[i+1]
	}
	return m
}
