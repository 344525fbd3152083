package member

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"

	"meibo/internal/problem"
)

func TestI2_PasswordPolicy(t *testing.T) {
	usual, strict := PasswordPolicy{MinLength: 8, Classes: 2}, PasswordPolicy{MinLength: 8, Classes: 3}
	tests := []struct {
		name   string
		policy PasswordPolicy
		clear  string
		want   []problem.Code
	}{
		{"long and varied enough", usual, "correct horse", nil},
		{"eight characters", usual, "abcdefg1", nil},
		{"seven characters", usual, "abcdef1", []problem.Code{problem.PasswordShort}},
		{"characters are counted, not bytes", usual, "花子花子花子1", []problem.Code{problem.PasswordShort}},
		{"one class", usual, "abcdefgh", []problem.Code{problem.PasswordClasses}},
		{"two classes where three are asked", strict, "abcdefg1", []problem.Code{problem.PasswordClasses}},
		{"three classes", strict, "Abcdefg1", nil},
		{"all problems at once", strict, "abc", []problem.Code{problem.PasswordShort, problem.PasswordClasses}},
		{"the e-mail in another case", usual, "ANN.1@acme.example", []problem.Code{problem.PasswordIsAddress}},
		{"what stands before the @", usual, "Ann.Smith-1", []problem.Code{problem.PasswordIsAddress}},
		{"the login ID", usual, "annsmith01", []problem.Code{problem.PasswordIsAddress}},
		{"1,024 bytes", usual, strings.Repeat("a1", 512), nil},
		{"1,025 bytes", usual, strings.Repeat("a1", 512) + "a", []problem.Code{problem.PasswordLong}},
		{"the zero policy refuses blank only", PasswordPolicy{}, "", []problem.Code{problem.PasswordShort}},
		{"the zero policy takes the rest", PasswordPolicy{}, "a", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []problem.Code
			for _, p := range tt.policy.Check(tt.clear, "ann.1@acme.example", "ann.smith-1@acme.example", "annsmith01", "") {
				got = append(got, p.Code)
				for _, v := range p.Values {
					if tt.clear != "" && strings.Contains(v, tt.clear) {
						t.Errorf("%s holds the password", p.Code)
					}
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Check = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestI2_HashPasswordIsVerified(t *testing.T) {
	verifier, err := FullCost.Hash("correct horse 花")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(verifier, want) {
		t.Errorf("verifier = %s, want %s…", verifier, want)
	}
	if scheme, err := ParseVerifier(verifier); scheme != "argon2id" || err != nil {
		t.Errorf("our own form is not taken back: %s, %v", scheme, err)
	}
	for clear, want := range map[string]bool{"correct horse 花": true, "correct horse": false, "": false} {
		if ok, err := VerifyPassword(verifier, clear); ok != want || err != nil {
			t.Errorf("VerifyPassword(%q) = %t, %v, want %t", clear, ok, err, want)
		}
	}
	if again, err := FullCost.Hash("correct horse 花"); err != nil || again == verifier {
		t.Errorf("the same password twice has the same verifier, %v", err)
	}
}

const japanese = "パスワード"

func TestP6_VerifiersOfOtherSystems(t *testing.T) {
	const salt = "bWVpYm8gdGVzdCBzYWx0IQ" // "meibo test salt!"
	tests := []struct{ name, scheme, verifier, clear string }{
		{"bcrypt 2a (Openwall's test)", "bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		{"bcrypt 2b", "bcrypt", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		{"bcrypt 2y, PHP's", "bcrypt", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
		{"bcrypt of more than 72 bytes (Openwall's test)", "bcrypt", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"},
		{"argon2id (the reference implementation's test)", "argon2id", "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$Bo1ismRVk2qm6+YAYLCmWHDb+j3fjUH3", "password"},
		{"argon2id of two lanes", "argon2id", "$argon2id$v=19$m=64,t=2,p=2$c29tZXNhbHQ$NQrDciL0Nsy1wJcvHr079rlYvyBxhBNi", "password"},
		{"PBKDF2-SHA-1 (RFC 6070)", "pbkdf2", "$pbkdf2$4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$" + rfc6070, "passwordPASSWORDpassword"},
		{"PBKDF2-SHA-256, PHC", "pbkdf2", "$pbkdf2-sha256$i=1000,l=32$" + salt + "$HrepkFpJVTVa2AZj8mIRB09SoKBUezWGqUR6roTBtpY", japanese},
		{"PBKDF2-SHA-256, PHC without a length", "pbkdf2", "$pbkdf2-sha256$i=1000$" + salt + "$HrepkFpJVTVa2AZj8mIRB09SoKBUezWGqUR6roTBtpY", japanese},
		{"PBKDF2-SHA-256, passlib's", "pbkdf2", "$pbkdf2-sha256$1000$" + salt + "$HrepkFpJVTVa2AZj8mIRB09SoKBUezWGqUR6roTBtpY", japanese},
		{"PBKDF2-SHA-512, passlib's dots", "pbkdf2", "$pbkdf2-sha512$1000$" + salt + "$4qwY2UiOjUdKtZ/K/dgLLjYgimS8g573zHQxrllowdrl.xMbNOBnCGq8yP86Sv9DMCL1aVKWXO3XAoZN/YiGmA", japanese},
		{"scrypt, PHC", "scrypt", "$scrypt$ln=4,r=8,p=1$" + salt + "$Kcu87R+rwl7eOhEcU/ym6suZxJufrQrylZhySetLWxw", japanese},
		{"scrypt, modular crypt (Percival's test)", "scrypt", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", "pleaseletmein"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if scheme, err := ParseVerifier(tt.verifier); scheme != tt.scheme || err != nil {
				t.Errorf("ParseVerifier = %q, %v, want %q", scheme, err, tt.scheme)
			}
			if ok, err := VerifyPassword(tt.verifier, tt.clear); !ok || err != nil {
				t.Errorf("the right password: %t, %v", ok, err)
			}
			if ok, err := VerifyPassword(tt.verifier, "x"+tt.clear); ok || err != nil {
				t.Errorf("a wrong password: %t, %v", ok, err)
			}
		})
	}
}

// rfc6070 is the fifth test vector of RFC 6070.
var rfc6070 = base64.RawStdEncoding.EncodeToString([]byte(
	"\x3d\x2e\xec\x4f\xe4\x1c\x84\x9b\x80\xc8\xd8\x36\x62\xc0\xe4\x4a\x8b\x29\x1a\x96\x4c\xf2\xf0\x70\x38"))

func TestP6_ParseVerifierBoundsCostAndForm(t *testing.T) {
	const salt, sum = "bWVpYm8gdGVzdCBzYWx0IQ", "HrepkFpJVTVa2AZj8mIRB09SoKBUezWGqUR6roTBtpY"
	argon := func(costs string) string { return "$argon2id$v=19$" + costs + "$" + salt + "$" + sum }
	pbkdf2 := func(cost string) string { return "$pbkdf2-sha256$" + cost + "$" + salt + "$" + sum }
	scrypt := func(costs string) string { return "$scrypt$" + costs + "$" + salt + "$" + sum }
	bcrypt := func(head string) string { return head + "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" }
	const cost, unsupported = problem.PasswordHashCost, problem.PasswordHashUnsupported
	tests := []struct {
		name, in string
		code     problem.Code
	}{
		{"argon2id at its bounds", argon("m=262144,t=10,p=16"), ""},
		{"argon2id over 256 MiB", argon("m=262145,t=1,p=1"), cost},
		{"argon2id over 10 passes", argon("m=1024,t=11,p=1"), cost},
		{"argon2id over 16 lanes", argon("m=1024,t=1,p=17"), cost},
		{"argon2id without passes", argon("m=1024,t=0,p=1"), unsupported},
		{"argon2id in another order", argon("t=1,m=1024,p=1"), unsupported},
		{"argon2id with a further parameter", argon("m=1024,t=1,p=1,keyid=a"), unsupported},
		{"argon2id with a number beyond 64 bits", argon("m=99999999999999999999,t=1,p=1"), unsupported},
		{"argon2id of version 16", strings.Replace(argon("m=1024,t=1,p=1"), "v=19", "v=16", 1), unsupported},
		{"argon2i", strings.Replace(argon("m=1024,t=1,p=1"), "argon2id", "argon2i", 1), unsupported},
		{"argon2id without a hash", "$argon2id$v=19$m=1024,t=1,p=1$" + salt + "$", unsupported},
		{"argon2id with a short hash", "$argon2id$v=19$m=1024,t=1,p=1$" + salt + "$AAAA", unsupported},
		{"argon2id with a short salt", "$argon2id$v=19$m=1024,t=1,p=1$AAAA$" + sum, unsupported},
		{"argon2id with padded base64", "$argon2id$v=19$m=1024,t=1,p=1$" + salt + "==$" + sum, unsupported},
		{"bcrypt at its bound", bcrypt("$2b$14$"), ""},
		{"bcrypt over 14", bcrypt("$2b$15$"), cost},
		{"bcrypt under 4", bcrypt("$2b$03$"), unsupported},
		{"bcrypt 2x, known to be broken", bcrypt("$2x$10$"), unsupported},
		{"bcrypt cut short", bcrypt("$2b$10$")[:59], unsupported},
		{"bcrypt with a letter it does not have", bcrypt("$2b$10$")[:59] + "+", unsupported},
		{"PBKDF2 at its bound", pbkdf2("2000000"), ""},
		{"PBKDF2 over 2,000,000", pbkdf2("i=2000001"), cost},
		{"PBKDF2 without rounds", pbkdf2("0"), unsupported},
		{"PBKDF2 whose length is not the hash's", pbkdf2("i=1000,l=64"), unsupported},
		{"PBKDF2 with MD5", strings.Replace(pbkdf2("1000"), "sha256", "md5", 1), unsupported},
		{"scrypt at its bound", scrypt("ln=18,r=8,p=1"), ""},
		{"scrypt over 256 MiB", scrypt("ln=18,r=9,p=1"), cost},
		{"scrypt over 16 lanes", scrypt("ln=4,r=8,p=17"), cost},
		{"scrypt with an N beyond all memory", scrypt("ln=9999999999,r=8,p=1"), cost},
		{"scrypt of N = 1", scrypt("ln=0,r=8,p=1"), unsupported},
		{"modular scrypt over 256 MiB", "$7$J6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", cost},
		{"modular scrypt cut short", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8", unsupported},
		{"modular scrypt without a salt", "$7$C6..../....$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", unsupported},
		{"blank", "", unsupported},
		{"clear text", "correct horse", unsupported},
		{"MD5 crypt", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", unsupported},
		{"SHA-512 crypt", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1", unsupported},
		{"more than 1,024 bytes", pbkdf2("1000") + strings.Repeat("A", 1024), unsupported},
		{"the verifier of a random password, from outside", RandomVerifier("x"), unsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseVerifier(tt.in); codeOf(t, err) != tt.code {
				t.Errorf("ParseVerifier = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestP6_NoVerifierVerifiesNothing(t *testing.T) {
	for _, verifier := range []string{"", "correct horse", randomScheme} {
		if ok, _ := VerifyPassword(verifier, verifier); ok {
			t.Errorf("%q lets somebody in", verifier)
		}
	}
}

func FuzzParseVerifier(f *testing.F) {
	f.Add("$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D")
	f.Add("$scrypt$ln=4,r=8,p=1$bWVpYm8gdGVzdCBzYWx0IQ$Kcu87R+rwl7eOhEcU/ym6suZxJufrQrylZhySetLWxw")
	f.Add("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$Bo1ismRVk2qm6+YAYLCmWHDb+j3fjUH3")
	f.Fuzz(func(t *testing.T, s string) {
		scheme, err := ParseVerifier(s)
		if (scheme == "") != (err != nil) {
			t.Errorf("scheme %q beside %v", scheme, err)
		}
	})
}

func TestP6_RandomPasswords(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	form := regexp.MustCompile(`^([2-9a-hjkmnp-z]{4}-){6}[2-9a-hjkmnp-z]{4}$`)
	seen := map[string]bool{}
	letters := map[rune]int{}
	const many = 2000
	for seq := range int64(many) {
		p := RandomPassword(secret, seq)
		if !form.MatchString(p) {
			t.Fatalf("password %d has not 28 letters without look-alikes in groups: %s", seq, p)
		}
		if seen[p] {
			t.Fatalf("password %d is another's", seq)
		}
		seen[p] = true
		for _, r := range p {
			letters[r]++
		}
	}
	for _, r := range randomLetters { // each 1806 times on average; six standard deviations are 250
		if n := letters[r]; n < 1550 || n > 2060 {
			t.Errorf("letter %c occurs %d times, not as often as the others", r, n)
		}
	}
	if len(randomLetters) != 31 {
		t.Errorf("%d letters: the 128 bits of P6 are counted with 31", len(randomLetters))
	}
}

func TestP6_RandomPasswordsAreDerived(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	const want = "hyyt-6hm2-geew-4byc-4tbw-2c9d-azs4" // also computed with another implementation of HMAC
	if got := RandomPassword(secret, 1); got != want {
		t.Errorf("password 1 = %s, want %s: it must be the same on the day it is handed out", got, want)
	}
	if RandomPassword([]byte("another secret"), 1) == want {
		t.Error("another secret, the same password")
	}
}

func TestP6_RandomVerifier(t *testing.T) {
	clear := RandomPassword([]byte("secret"), 7)
	verifier := RandomVerifier(clear)
	tests := []struct {
		name, typed string
		want        bool
	}{
		{"as shown", clear, true},
		{"without hyphens", strings.ReplaceAll(clear, "-", ""), true},
		{"in capitals", strings.ToUpper(clear), true},
		{"with spaces for hyphens", strings.ReplaceAll(clear, "-", " "), true},
		{"one letter missing", clear[1:], false},
		{"another's", RandomPassword([]byte("secret"), 8), false},
		{"blank", "", false},
		{"the verifier itself", verifier, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if ok, err := VerifyPassword(verifier, tt.typed); ok != tt.want || err != nil {
				t.Errorf("VerifyPassword = %t, %v, want %t", ok, err, tt.want)
			}
		})
	}
	if strings.Contains(verifier, clear[:4]) {
		t.Error("the verifier shows the password")
	}
}

func BenchmarkRandomPassword(b *testing.B) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	b.ReportAllocs()
	for seq := int64(0); b.Loop(); seq++ {
		_ = RandomPassword(secret, seq)
	}
}

func BenchmarkRandomVerifier(b *testing.B) {
	clear := RandomPassword([]byte("secret"), 7)
	b.ReportAllocs()
	for b.Loop() {
		_ = RandomVerifier(clear)
	}
}

func BenchmarkHashPassword(b *testing.B) {
	for b.Loop() {
		_, _ = FullCost.Hash("correct horse")
	}
}
