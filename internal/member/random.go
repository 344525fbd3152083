package member

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// A random password is 28 of these 31 letters and digits, which none of l, i,
// o, 0 and 1 is among: 138 bits.
const (
	randomLetters = "23456789abcdefghjkmnpqrstuvwxyz"
	randomLength  = 28
	randomGroup   = 4 // letters between hyphens, for the eye
)

// RandomPassword returns the password of line or change seq of an import whose
// secret is given (32 random bytes): always the same one, so that nothing clear
// need be kept to hand it out later. It has at least 128 bits and no look-alike
// letters (SPEC P6), in groups of four with hyphens, which need not be typed.
//
// Its letters are bytes of HMAC-SHA-256(secret, seq ‖ block) below 248 modulo
// 31, so that each is equally likely.
func RandomPassword(secret []byte, seq int64) string {
	mac := hmac.New(sha256.New, secret)
	b := make([]byte, 0, randomLength+randomLength/randomGroup)
	var message [16]byte
	binary.BigEndian.PutUint64(message[:8], uint64(seq))
	for letters, block := 0, uint64(0); letters < randomLength; block++ {
		binary.BigEndian.PutUint64(message[8:], block)
		mac.Reset()
		mac.Write(message[:])
		for _, c := range mac.Sum(nil) {
			if c >= 8*byte(len(randomLetters)) || letters == randomLength {
				continue
			}
			if letters > 0 && letters%randomGroup == 0 {
				b = append(b, '-')
			}
			b = append(b, randomLetters[int(c)%len(randomLetters)])
			letters++
		}
	}
	return string(b)
}

// randomScheme begins the verifiers of random passwords.
const randomScheme = "$meibo-hmac$"

var randomLabel = []byte("meibo random password 1")

// RandomVerifier returns the verifier of a random password. A secret of this
// strength needs no slow hash and no salt (NIST SP 800-63B, section 5.1.2.2,
// look-up secrets of 112 bits or more), and a million of them would take hours. Hyphens,
// spaces and case do not count. Never for a password that a person chose.
func RandomVerifier(clear string) string {
	mac := hmac.New(sha256.New, randomLabel)
	mac.Write([]byte(randomTyped.Replace(strings.ToLower(clear))))
	return randomScheme + base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

var randomTyped = strings.NewReplacer("-", "", " ", "")
