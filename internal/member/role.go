package member

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// MaxCode is the longest code of a role, brand or policy, in bytes.
const MaxCode = 64

// A CodedRole is what SPEC calls a role: a coded set of permissions for
// members with permission write (SPEC G5). The attribute that names one by its
// code is [Role].
type CodedRole struct {
	ID     int64
	Code   string
	Name   string
	Access Access
}

// A Brand is what policies list.
type Brand struct {
	ID   int64
	Code string
	Name string
}

// A Policy is a brand access policy: the brands that a member may reach (SPEC G6).
type Policy struct {
	ID          int64
	Code        string
	Name        string
	Description string
	BrandIDs    []int64 // ascending, at least one
}

// ParseCode reads the code of a role, brand or policy: 1 to 64 ASCII letters,
// digits, `.`, `_` and `-`, beginning with a letter or digit, so that no
// spreadsheet takes it for a formula. Full-width is folded; case is kept and
// counts. Anything else is the problem CodeInvalid.
func ParseCode(s string) (string, error) {
	code := foldWidth(s)
	if code == "" || len(code) > MaxCode || !isLetterOrDigit(code[0]) || !isWord(code) {
		return "", problem.New(problem.CodeInvalid, "value", s)
	}
	return code, nil
}

// ParseTitle reads what a role, brand, policy or filter is called: one line of 1
// to 200 characters. Anything else is the problem TitleInvalid.
func ParseTitle(s string) (string, error) {
	title, err := Normalise(s)
	if err != nil || title == "" || strings.Contains(title, "\n") || utf8.RuneCountInString(title) > MaxLabel {
		return "", problem.New(problem.TitleInvalid, "value", s, "limit", strconv.Itoa(MaxLabel))
	}
	return title, nil
}

// MaxDescription is the longest description of a policy, in characters.
const MaxDescription = 2000

// ParseDescription reads the description of a policy: any text of at most 2,000
// characters, perhaps none. Its problems are ControlCharacter and TextTooLong.
func ParseDescription(s string) (string, error) {
	text, err := Normalise(s)
	if err == nil && utf8.RuneCountInString(text) > MaxDescription {
		err = problem.New(problem.TextTooLong, "limit", strconv.Itoa(MaxDescription))
	}
	return text, err
}
