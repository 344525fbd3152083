package plan

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestP9_ATokenNamesItsMemberAndNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := NewBaseKey([]byte(rapid.StringN(1, 40, 40).Draw(t, "key")), rapid.Int64Min(1).Draw(t, "org"))
		id, other := rapid.Int64Min(1).Draw(t, "id"), rapid.Int64Min(1).Draw(t, "other")
		version := rapid.Int64Range(1, 1<<61).Draw(t, "version")
		row := key.Row(func(yield func(string, string) bool) { yield("name", rapid.String().Draw(t, "name")) })
		text := key.Token(id, version, row)
		if len(text) > 40 || text[0] != 'b' || strings.ContainsAny(text, "=+@,;\t\" ") {
			t.Fatalf("token %q", text)
		}
		token, ok := key.Parse(text)
		if !ok || token.Version != version || token.row != row || !key.Names(token, id) {
			t.Fatalf("%q = %+v, %v", text, token, ok)
		}
		if id != other && key.Names(token, other) {
			t.Fatal("the token names another member too")
		}
		if again := key.Token(id, version, row); again != text {
			t.Fatalf("made again %q, before %q", again, text)
		}
	})
}

func TestP9_AForgedTokenIsNone(t *testing.T) {
	key := NewBaseKey([]byte("a key"), 1)
	text := key.Token(7, 3, [baseHashSize]byte{1, 2, 3})
	for i := 1; i < len(text); i++ {
		for _, c := range []byte("A_9z") {
			forged := text[:i] + string(c) + text[i+1:]
			token, ok := key.Parse(forged)
			if forged != text && ok && token.Version != 3 && key.Names(token, 7) {
				t.Errorf("%q names version %d of the member", forged, token.Version)
			}
		}
	}
	for _, s := range []string{"", "b", "b!", "x" + text[1:], text + "A", text[:len(text)-1], strings.Repeat("b", 41)} {
		if _, ok := key.Parse(s); ok {
			t.Errorf("%q is taken for a token", s)
		}
	}
	if token, _ := key.Parse(text); NewBaseKey([]byte("a key"), 2).Names(token, 7) || NewBaseKey([]byte("b key"), 1).Names(token, 7) {
		t.Error("the token of another organisation or instance is taken")
	}
}

func TestP9_AnyOtherRowHasAnotherFingerprint(t *testing.T) {
	key := NewBaseKey([]byte("a key"), 1)
	of := func(pairs ...string) [baseHashSize]byte {
		return key.Row(func(yield func(string, string) bool) {
			for i := 0; i < len(pairs); i += 2 {
				if !yield(pairs[i], pairs[i+1]) {
					return
				}
			}
		})
	}
	seen := map[[baseHashSize]byte][]string{}
	for _, pairs := range [][]string{{"name", "a", "email", "b"}, {"email", "b", "name", "a"}, {"name", "b", "email", "a"}, {"name", "ab", "email", ""},
		{"name", "", "email", "ab"}, {"name", "a"}, {"name", "a", "email", "b", "groups", ""}, {"nam", "ea", "email", "b"}} {
		row := of(pairs...)
		if other, twice := seen[row]; twice {
			t.Errorf("%q and %q have the same fingerprint", pairs, other)
		}
		seen[row] = pairs
	}
}

// The hashes are put together by hand: they must be those of HMAC.
func TestP9_TokensAreMadeWithHMAC(t *testing.T) {
	of := func(key []byte, message string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(message))
		return mac.Sum(nil)
	}
	key := of([]byte("a key"), "_base\x00\x00\x00\x00\x00\x00\x00\x01")
	for _, cell := range []string{"", "Ann", strings.Repeat("長い", 5000), "Bob"} {
		k := NewBaseKey([]byte("a key"), 1)
		row := k.Row(func(yield func(string, string) bool) { _ = yield("name", cell) && yield("remarks", "x") })
		if want := of(key, "rname\x00"+cell+"\x00remarks\x00x\x00"); !bytes.Equal(row[:], want[:baseHashSize]) {
			t.Errorf("row of %d bytes: %x, want %x", len(cell), row, want[:baseHashSize])
		}
		want := append([]byte{3}, of(key, "m\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x03")[:baseMACSize]...)
		if got := k.Token(7, 3, row); got != "b"+base64.RawURLEncoding.EncodeToString(append(want, row[:]...)) {
			t.Errorf("token = %s", got)
		}
	}
}
