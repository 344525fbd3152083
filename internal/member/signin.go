package member

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// ours begins every verifier that HashPassword makes today.
var ours = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonLanes)

// IsCurrent reports whether a verifier is one that [HashPassword] would make
// today: as strong, and as much work to check.
func IsCurrent(verifier string) bool { return strings.HasPrefix(verifier, ours) }

// IsRandom reports whether a verifier is that of a random password, which needs
// no stronger one.
func IsRandom(verifier string) bool { return strings.HasPrefix(verifier, randomScheme) }

// SpendVerifying takes as long as checking a password that a person chose, so
// that nobody can tell by the time whether there was one to check.
func SpendVerifying(clear string) {
	argon2.IDKey([]byte(clear), make([]byte, saltLength), argonPasses, argonMemory, argonLanes, verifierSize)
}

// MaySignIn reports whether a member may sign in at a time, in the organisation's
// zone: through the last day that is allowed.
func (m Member) MaySignIn(now time.Time, zone *time.Location) bool {
	if m.State != Active || !m.LoginAllowed {
		return false
	}
	return m.LoginUntil == "" || now.In(zone).Format(time.DateOnly) <= m.LoginUntil
}
