package member

import (
	"encoding/base64"
	"strings"
)

// costs reads the parameters of a PHC string, `m=19456,t=2,p=1`: these names
// in this order, decimal, no others.
func costs(s string, names ...string) ([]int, bool) {
	pairs := strings.Split(s, ",")
	if len(pairs) != len(names) {
		return make([]int, len(names)), false
	}
	values := make([]int, len(names))
	for i, pair := range pairs {
		digits, ok := strings.CutPrefix(pair, names[i]+"=")
		n, rest, isNumber := scanNumber(digits, 1, 10)
		if !ok || !isNumber || rest != "" {
			return values, false
		}
		values[i] = n
	}
	return values, true
}

// saltAndSum decodes salt and hash and reports whether both are of a length
// that a sound hash has.
func saltAndSum(salt, sum string) (s, h []byte, ok bool) {
	s, err := decode64(salt)
	if err != nil {
		return nil, nil, false
	}
	h, err = decode64(sum)
	if err != nil {
		return nil, nil, false
	}
	return s, h, minSalt <= len(s) && len(s) <= maxSalt && minSum <= len(h) && len(h) <= maxSum
}

// decode64 decodes base64 as PHC strings have it, without padding, and
// passlib's, which has . for +.
func decode64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.ReplaceAll(s, ".", "+"))
}

// cryptLetters are the digits of crypt(3) in order of value; numbers of several
// begin with the lowest.
const cryptLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// parseCryptScrypt reads crypt(3)'s form of scrypt: $7$, one digit for log2 N,
// five for r, five for p, the salt as it stands, $, and 43 digits of hash.
// Source: crypt(5) of libxcrypt; Colin Percival's test "pleaseletmein".
func parseCryptScrypt(parts []string) (verifier, error) {
	if len(parts) != 4 || len(parts[2]) < 11 {
		return verifier{}, errHashUnsupported()
	}
	settings, salt := parts[2][:11], []byte(parts[2][11:])
	sum, ok := decodeCrypt(parts[3])
	if !ok || len(sum) != 32 || len(salt) < minSalt || len(salt) > maxSalt || strings.Trim(settings, cryptLetters) != "" {
		return verifier{}, errHashUnsupported()
	}
	return newScrypt(cryptNumber(settings[:1]), cryptNumber(settings[1:6]), cryptNumber(settings[6:]), salt, sum)
}

func cryptNumber(s string) int {
	n := 0
	for i := len(s) - 1; i >= 0; i-- {
		n = n<<6 | strings.IndexByte(cryptLetters, s[i])
	}
	return n
}

// decodeCrypt decodes groups of four digits into three bytes, the lowest first;
// a shorter last group into as many whole bytes as it holds, with no bits left over.
func decodeCrypt(s string) ([]byte, bool) {
	var out []byte
	for len(s) > 0 {
		group := s[:min(4, len(s))]
		s = s[len(group):]
		if len(group) == 1 || strings.Trim(group, cryptLetters) != "" {
			return nil, false
		}
		n := cryptNumber(group)
		for range len(group) - 1 {
			out = append(out, byte(n))
			n >>= 8
		}
		if n != 0 {
			return nil, false
		}
	}
	return out, true
}
