package member

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// The longest values of M1.
const (
	MaxEmail   = 254 // bytes; RFC 5321, section 4.5.3.1.3, less the angle brackets (erratum 1690)
	MaxLoginID = 64  // bytes
	MaxName    = 200 // characters
)

// ParseEmail reads an e-mail address: HTML's grammar (WHATWG, "valid e-mail
// address") with a dot in the host, at most 254 bytes (SPEC M1). It returns the
// address as typed, trimmed and full-width folded. Anything else, blank
// included, is the problem EmailMalformed.
func ParseEmail(s string) (string, error) {
	email := foldWidth(s)
	if !isEmail(email) {
		return "", problem.New(problem.EmailMalformed, "value", s)
	}
	return email, nil
}

func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || len(s) > MaxEmail {
		return false
	}
	for i := range at {
		if !isLocal(s[i]) {
			return false
		}
	}
	return isHost(s[at+1:])
}

// isLocal reports whether b may stand before the @: RFC 5322's atext, or a dot
// in any place (HTML is wilfully laxer there).
func isLocal(b byte) bool {
	return isLetterOrDigit(b) || b < 0x7f && strings.IndexByte(".!#$%&'*+/=?^_`{|}~-", b) >= 0
}

func isLetterOrDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// isHost reports whether s is two or more labels of at most 63 letters, digits
// and inner hyphens.
func isHost(s string) bool {
	labels, start := 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if !isLetterOrDigit(s[i]) && s[i] != '-' {
				return false
			}
			continue
		}
		label := s[start:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		labels, start = labels+1, i+1
	}
	return labels >= 2
}

// ParseLoginID reads a login ID: at most 64 letters, digits, `.`, `_` and `-`,
// the dot neither first nor last (SPEC M1), full-width folded. Anything else,
// blank included, is the problem LoginIDMalformed.
func ParseLoginID(s string) (string, error) {
	id := foldWidth(s)
	if id == "" || len(id) > MaxLoginID || id[0] == '.' || id[len(id)-1] == '.' || !isWord(id) {
		return "", problem.New(problem.LoginIDMalformed, "value", s)
	}
	return id, nil
}

// isWord reports whether s has only ASCII letters, digits, `.`, `_` and `-`.
func isWord(s string) bool {
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != '.' && s[i] != '_' && s[i] != '-' {
			return false
		}
	}
	return true
}

// ParseName reads a name: normalised text of at most 200 characters, blank
// included (that a registered member needs one is a rule of the member).
// Problems: NameTooLong and those of [Normalise].
func ParseName(s string) (string, error) {
	name, err := Normalise(s)
	if err != nil {
		return "", err
	}
	if len(name) > MaxName && utf8.RuneCountInString(name) > MaxName {
		return "", problem.New(problem.NameTooLong, "limit", strconv.Itoa(MaxName))
	}
	return name, nil
}

// ParseMemberID reads a member ID: digits, full-width ones folded, above zero.
// Problems: DamagedNumber where a spreadsheet rounded it, else MemberIDMalformed.
func ParseMemberID(s string) (int64, error) {
	digits := foldWidth(s)
	if countDigits(digits) == len(digits) && len(digits) <= 15 {
		if id, err := strconv.ParseInt(digits, 10, 64); err == nil && id > 0 {
			return id, nil
		}
	}
	if p, damaged := DamagedIdentifier(s); damaged {
		return 0, p
	}
	return 0, problem.New(problem.MemberIDMalformed, "value", s)
}

// ParseBoolean reads 1, 0, true or false in any case (SPEC F8). Anything else,
// blank included, is the problem BooleanMalformed.
func ParseBoolean(s string) (bool, error) {
	v := foldWidth(s)
	switch {
	case v == "1" || strings.EqualFold(v, "true"):
		return true, nil
	case v == "0" || strings.EqualFold(v, "false"):
		return false, nil
	}
	return false, problem.New(problem.BooleanMalformed, "value", s)
}

// ParseInteger reads a whole number of 64 bits, with a sign or without,
// full-width digits folded. Anything else, blank included, is the problem
// IntegerMalformed.
func ParseInteger(s string) (int64, error) {
	n, err := strconv.ParseInt(foldWidth(s), 10, 64)
	if err != nil {
		return 0, problem.New(problem.IntegerMalformed, "value", s)
	}
	return n, nil
}
