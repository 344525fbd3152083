package member

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"meibo/internal/problem"
)

// A PasswordCost is what it costs to make and to check the verifier of a password
// that a person chose, with argon2id on one lane.
type PasswordCost struct {
	Memory uint32 // KiB
	Passes uint32
}

// FullCost is that of OWASP's Password Storage Cheat Sheet, "Argon2id". About 24 ms.
var FullCost = PasswordCost{Memory: 19456, Passes: 2}

const (
	argonLanes   = 1
	saltLength   = 16 // bytes; RFC 9106, section 4
	verifierSize = 32 // bytes; RFC 9106, section 4
)

// prefix begins every verifier of that cost.
func (c PasswordCost) prefix() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, c.Memory, c.Passes, argonLanes)
}

func (c PasswordCost) derive(clear string, salt []byte) []byte {
	return argon2.IDKey([]byte(clear), salt, c.Passes, c.Memory, argonLanes, verifierSize)
}

// Hash returns the verifier of a password that a person chose: argon2id in PHC
// form with a fresh salt.
func (c PasswordCost) Hash(clear string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return c.prefix() + b64(salt) + "$" + b64(c.derive(clear, salt)), nil
}

// VerifyPassword reports whether clear is the password of a verifier that
// [PasswordCost.Hash] or RandomVerifier made or [ParseVerifier] took. Its error, for any
// other text, is a problem of ParseVerifier. It takes as long as the verifier's cost says.
func VerifyPassword(verifier, clear string) (bool, error) {
	if strings.HasPrefix(verifier, randomScheme) {
		return subtle.ConstantTimeCompare([]byte(verifier), []byte(RandomVerifier(clear))) == 1, nil
	}
	v, err := parseVerifier(verifier)
	if err != nil {
		return false, err
	}
	return v.matches(clear)
}

// ParseVerifier checks a password hash of another system (SPEC P6) and returns
// its scheme: bcrypt, argon2id, pbkdf2 or scrypt. Forms:
//
//	$2a$ $2b$ $2y$                               bcrypt
//	$argon2id$v=19$m=…,t=…,p=…$salt$hash         PHC
//	$pbkdf2-sha256$i=…,l=…$salt$hash             PHC; also -sha1, -sha512
//	$pbkdf2-sha256$29000$salt$hash               passlib's; also $pbkdf2$ (SHA-1), -sha512
//	$scrypt$ln=…,r=…,p=…$salt$hash               PHC, passlib's
//	$7$Nrrrrrppppp…salt$hash                     crypt(3), crypto_pwhash_scryptsalsa208sha256
//
// Problems: PasswordHashUnsupported, and PasswordHashCost where checking it would
// cost more than the bounds of P6 allow. Verifiers of our own random passwords are not
// taken: nobody could tell that the password behind one is random.
func ParseVerifier(s string) (scheme string, err error) {
	v, err := parseVerifier(s)
	if err != nil {
		return "", err
	}
	return v.scheme, nil
}

// The bounds of P6, in the units of each scheme.
const (
	maxMemory   = 256 << 20 // bytes; argon2id and scrypt
	maxPasses   = 10        // argon2id
	maxLanes    = 16        // argon2id and scrypt: more only multiplies the time
	maxBcrypt   = 14        // 2^14 rounds
	maxRounds   = 2_000_000 // PBKDF2
	minSalt     = 8         // bytes; RFC 9106, section 3.1
	maxSalt     = 128       // bytes
	minSum      = 16        // bytes: less could be guessed
	maxSum      = 64        // bytes: PBKDF2 works once more for each further hash length
	hashTooLong = 1024      // bytes of text; no known form comes near
)

// A verifier is a parsed password hash.
type verifier struct {
	scheme string
	derive func(clear []byte) ([]byte, error) // makes what sum should be; nil for bcrypt
	sum    []byte
	bcrypt []byte // the whole text, for bcrypt
}

func (v verifier) matches(clear string) (bool, error) {
	if v.derive == nil {
		err := bcrypt.CompareHashAndPassword(v.bcrypt, []byte(clear))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return false, nil
		}
		return err == nil, err
	}
	sum, err := v.derive([]byte(clear))
	if err != nil {
		return false, fmt.Errorf("%s: %w", v.scheme, err)
	}
	return subtle.ConstantTimeCompare(sum, v.sum) == 1, nil
}

func parseVerifier(s string) (verifier, error) {
	parts := strings.Split(s, "$")
	if len(s) > hashTooLong || len(parts) < 4 || parts[0] != "" {
		return verifier{}, errHashUnsupported()
	}
	switch parts[1] {
	case "2a", "2b", "2y":
		return parseBcrypt(s, parts)
	case "argon2id":
		return parseArgon2id(parts)
	case "pbkdf2", "pbkdf2-sha1":
		return parsePBKDF2(parts, sha1.New)
	case "pbkdf2-sha256":
		return parsePBKDF2(parts, sha256.New)
	case "pbkdf2-sha512":
		return parsePBKDF2(parts, sha512.New)
	case "scrypt":
		return parseScrypt(parts)
	case "7":
		return parseCryptScrypt(parts)
	}
	return verifier{}, errHashUnsupported()
}

func errHashUnsupported() error { return problem.New(problem.PasswordHashUnsupported) }

func errHashCost(bound string) error { return problem.New(problem.PasswordHashCost, "limit", bound) }

const bcryptLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// parseBcrypt reads $2b$12$ and 53 letters: 22 of salt, 31 of hash.
func parseBcrypt(s string, parts []string) (verifier, error) {
	if len(parts) != 4 || len(parts[2]) != 2 || len(parts[3]) != 53 || strings.Trim(parts[3], bcryptLetters) != "" {
		return verifier{}, errHashUnsupported()
	}
	cost, _, ok := scanNumber(parts[2], 2, 2)
	if !ok || cost < bcrypt.MinCost {
		return verifier{}, errHashUnsupported()
	}
	if cost > maxBcrypt {
		return verifier{}, errHashCost("bcrypt ≤ 14")
	}
	return verifier{scheme: "bcrypt", bcrypt: []byte(s)}, nil
}

func parseArgon2id(parts []string) (verifier, error) {
	if len(parts) != 6 || parts[2] != "v=19" {
		return verifier{}, errHashUnsupported()
	}
	cost, ok := costs(parts[3], "m", "t", "p")
	salt, sum, sound := saltAndSum(parts[4], parts[5])
	if !ok || !sound || cost[0] < 8*cost[2] || cost[1] < 1 || cost[2] < 1 {
		return verifier{}, errHashUnsupported()
	}
	memory, passes, lanes := cost[0], cost[1], cost[2]
	if memory > maxMemory>>10 || passes > maxPasses || lanes > maxLanes {
		return verifier{}, errHashCost("argon2id m ≤ 262144, t ≤ 10, p ≤ 16")
	}
	return verifier{scheme: "argon2id", sum: sum, derive: func(clear []byte) ([]byte, error) {
		return argon2.IDKey(clear, salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(sum))), nil
	}}, nil
}

// parsePBKDF2 reads the PHC form (i=…, perhaps l=…) and passlib's, whose one
// parameter is the rounds.
func parsePBKDF2(parts []string, h func() hash.Hash) (verifier, error) {
	if len(parts) != 5 {
		return verifier{}, errHashUnsupported()
	}
	cost, ok := costs("i="+strings.TrimPrefix(parts[2], "i="), "i")
	if strings.Contains(parts[2], ",") {
		cost, ok = costs(parts[2], "i", "l")
	}
	salt, sum, sound := saltAndSum(parts[3], parts[4])
	if !ok || !sound || cost[0] < 1 || len(cost) == 2 && cost[1] != len(sum) {
		return verifier{}, errHashUnsupported()
	}
	rounds := cost[0]
	if rounds > maxRounds {
		return verifier{}, errHashCost("PBKDF2 ≤ 2000000")
	}
	return verifier{scheme: "pbkdf2", sum: sum, derive: func(clear []byte) ([]byte, error) {
		return pbkdf2.Key(h, string(clear), salt, rounds, len(sum))
	}}, nil
}

func parseScrypt(parts []string) (verifier, error) {
	if len(parts) != 5 {
		return verifier{}, errHashUnsupported()
	}
	cost, ok := costs(parts[2], "ln", "r", "p")
	salt, sum, sound := saltAndSum(parts[3], parts[4])
	if !ok || !sound {
		return verifier{}, errHashUnsupported()
	}
	return newScrypt(cost[0], cost[1], cost[2], salt, sum)
}

// newScrypt bounds memory, which is 128·N·r bytes (RFC 7914, section 2), and the
// lanes, which x/crypto works off one after the other.
func newScrypt(logN, r, p int, salt, sum []byte) (verifier, error) {
	if logN < 1 || r < 1 || p < 1 {
		return verifier{}, errHashUnsupported()
	}
	if logN > 21 || r > 1<<14 || p > maxLanes || 128*r<<logN > maxMemory {
		return verifier{}, errHashCost("scrypt 128·N·r ≤ 256 MiB, p ≤ 16")
	}
	return verifier{scheme: "scrypt", sum: sum, derive: func(clear []byte) ([]byte, error) {
		return scrypt.Key(clear, salt, 1<<logN, r, p, len(sum))
	}}, nil
}
