package member

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"meibo/internal/problem"
)

// maxPassword bounds what is hashed, in bytes. NIST SP 800-63B, section 5.1.1.2,
// asks that at least 64 characters be taken.
const maxPassword = 1024

// A PasswordPolicy says which passwords people may choose (SPEC I2). The zero
// PasswordPolicy takes any that is not blank, not the owner's address, and not
// too long to hash.
type PasswordPolicy struct {
	MinLength int // characters
	Classes   int // how many of: lower case, upper case, digits, anything else
}

// Check returns every problem of a password that a person chose. own are the
// texts it must not be, in any case: e-mail, login ID, name; of an e-mail also
// what stands before the @. No problem holds the password.
func (p PasswordPolicy) Check(clear string, own ...string) []problem.Problem {
	var ps []problem.Problem
	if least := max(p.MinLength, 1); utf8.RuneCountInString(clear) < least {
		ps = append(ps, problem.New(problem.PasswordShort, "limit", strconv.Itoa(least)))
	}
	if len(clear) > maxPassword {
		ps = append(ps, problem.New(problem.PasswordLong, "limit", strconv.Itoa(maxPassword)))
	}
	if passwordClasses(clear) < p.Classes {
		ps = append(ps, problem.New(problem.PasswordClasses, "limit", strconv.Itoa(p.Classes)))
	}
	for _, text := range own {
		local, _, isAddress := strings.Cut(text, "@")
		if text != "" && strings.EqualFold(clear, text) || isAddress && strings.EqualFold(clear, local) {
			return append(ps, problem.New(problem.PasswordIsAddress))
		}
	}
	return ps
}

func passwordClasses(s string) int {
	var lower, upper, digit, other int
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}
