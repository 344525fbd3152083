package member

import (
	"strings"
	"time"
)

// IsCurrent reports whether a verifier is one that [PasswordCost.Hash] would make
// today: as strong, and as much work to check.
func (c PasswordCost) IsCurrent(verifier string) bool {
	return strings.HasPrefix(verifier, c.prefix())
}

// IsRandom reports whether a verifier is that of a random password, which needs
// no stronger one.
func IsRandom(verifier string) bool { return strings.HasPrefix(verifier, randomScheme) }

// Spend takes as long as checking a password that a person chose, so
// that nobody can tell by the time whether there was one to check.
func (c PasswordCost) Spend(clear string) { c.derive(clear, make([]byte, saltLength)) }

// MaySignIn reports whether a member may sign in at a time, in the organisation's
// zone: through the last day that is allowed.
func (m Member) MaySignIn(now time.Time, zone *time.Location) bool {
	if m.State != Active || !m.LoginAllowed {
		return false
	}
	return m.LoginUntil == "" || now.In(zone).Format(time.DateOnly) <= m.LoginUntil
}
