package admin

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"meibo/internal/problem"
)

var testKey = bytes.Repeat([]byte{0xfb, 0x01}, keySize/2) // its base64 has characters that differ between the alphabets

func TestI1_KeyIsTakenFromTheEnvironment(t *testing.T) {
	tests := []struct{ name, env string }{
		{"64 hexadecimal digits", hex.EncodeToString(testKey)},
		{"capitals", strings.ToUpper(hex.EncodeToString(testKey))},
		{"base64", base64.StdEncoding.EncodeToString(testKey)},
		{"base64 without padding", base64.RawStdEncoding.EncodeToString(testKey)},
		{"base64 for URLs", base64.URLEncoding.EncodeToString(testKey)},
		{"base64 for URLs without padding", base64.RawURLEncoding.EncodeToString(testKey)},
		{"a newline behind it is not part of it", hex.EncodeToString(testKey) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meibo.db.key")
			key, err := LoadKey(tt.env, path, true)
			if err != nil || !bytes.Equal(key, testKey) {
				t.Errorf("LoadKey = %x, %v", key, err)
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a key file was made, too (%v)", err)
			}
		})
	}
}

func TestI1_OtherKeysAreRefusedAndNotRepeated(t *testing.T) {
	tests := []struct{ name, env string }{
		{"a pass phrase", "correct horse battery staple"},
		{"a digit short", hex.EncodeToString(testKey)[1:]},
		{"a byte more", hex.EncodeToString(testKey) + "00"},
		{"a byte more in base64", base64.StdEncoding.EncodeToString(append([]byte{1}, testKey...))},
		{"nothing but a blank", " "},
		{"zeros of another length", strings.Repeat("0", 43) + "1"}, // bits beyond 32 bytes
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := LoadKey(tt.env, filepath.Join(t.TempDir(), "key"), true)
			var p problem.Problem
			if !errors.As(err, &p) || p.Code != problem.KeyMalformed || key != nil {
				t.Fatalf("LoadKey = %x, %v, want %s", key, err, problem.KeyMalformed)
			}
			if len(p.Values) != 1 || p.Values["where"] != "MEIBO_KEY" {
				t.Errorf("values = %v, want only where", p.Values)
			}
		})
	}
}

func TestI1_KeyFileIsMadeOnceAndOnlyForItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "meibo.key")
	first, err := LoadKey("", path, true)
	if err != nil || len(first) != keySize {
		t.Fatalf("LoadKey = %x, %v", first, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != hex.EncodeToString(first)+"\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	if again, err := LoadKey("", path, true); err != nil || !bytes.Equal(again, first) {
		t.Errorf("the second time: %x, %v, want %x", again, err, first)
	}
	if other, err := LoadKey("", path+"2", true); err != nil || bytes.Equal(other, first) {
		t.Errorf("another file has the same key (%v)", err)
	}
	if names := namesIn(t, filepath.Dir(path)); len(names) != 2 {
		t.Errorf("in the folder: %v, want two keys", names)
	}
}

func TestI1_KeyFileThatIsNoneIsRefusedAndLeftAlone(t *testing.T) {
	for _, text := range []string{"", "secret\n", strings.Repeat(" ", 2000) + hex.EncodeToString(testKey)} {
		path := filepath.Join(t.TempDir(), "meibo.key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadKey("", path, true)
		var p problem.Problem
		if !errors.As(err, &p) || p.Code != problem.KeyMalformed || p.Values["where"] != path {
			t.Errorf("LoadKey = %v, want %s at %s", err, problem.KeyMalformed, path)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != text {
			t.Errorf("the file now holds %q, %v", now, err)
		}
	}
}

func TestI1_EveryoneWhoMakesTheKeyAtOnceGetsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meibo.key")
	keys := make([][]byte, 16)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			key, err := LoadKey("", path, true)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	all.Wait()
	for _, key := range keys {
		if !bytes.Equal(key, keys[0]) {
			t.Errorf("two keys: %x and %x", key, keys[0])
		}
	}
	if names := namesIn(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("in the folder: %v, want one key", names)
	}
}

func TestI1_KeyThatAppearsMeanwhileIsNotReplaced(t *testing.T) {
	for name, link := range map[string]func(string, string) error{
		"with links": os.Link,
		"without":    func(string, string) error { return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meibo.key")
			if err := createKey(path, link); err != nil {
				t.Fatal(err)
			}
			first, err := readKey(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := createKey(path, link); err != nil {
				t.Fatal(err)
			}
			if again, err := readKey(path); err != nil || !bytes.Equal(again, first) {
				t.Errorf("the key is now %x, %v, want %x", again, err, first)
			}
			if names := namesIn(t, filepath.Dir(path)); len(names) != 1 {
				t.Errorf("in the folder: %v, want one key", names)
			}
		})
	}
}

func TestA8_OneKeyGivesAnotherForEachPurpose(t *testing.T) {
	all := [][]byte{testKey, keyCheck(testKey), keyCheck(newKey()), deriveKey(testKey, "a"), deriveKey(testKey, "b"), deriveKey(newKey(), "a")}
	for i, a := range all {
		if len(a) != 32 {
			t.Errorf("%d: %d bytes, want 32", i, len(a))
		}
		for j, b := range all {
			if (i == j) != bytes.Equal(a, b) {
				t.Errorf("%d and %d: %x, %x", i, j, a, b)
			}
		}
	}
	// What is stored depends on these for ever; computed with another program.
	for name, pair := range map[string][2]string{
		"check":   {hex.EncodeToString(keyCheck(make([]byte, keySize))), "4dad2da727f0be28187d18907bd68dd0b9a614a2644222f8114e500765bfd98a"},
		"derived": {hex.EncodeToString(deriveKey(make([]byte, keySize), "invitation")), "3d4a70663727fccf060b41c4ed88a0c5eb7f512a5deab6d674cfc24b0710d9dc"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %s, want %s", name, pair[0], pair[1])
		}
	}
}

func TestP6_SealedSecretOpensOnlyWithItsKeyAndItsImport(t *testing.T) {
	secret, where := []byte("thirty-two bytes of import secret"), []byte("import 7")
	key := deriveKey(testKey, "passwords")
	sealed := seal(key, secret, where)
	if got, err := open(key, sealed, where); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("open = %q, %v", got, err)
	}
	if len(sealed) != len(secret)+28 || bytes.Contains(sealed, secret[:8]) {
		t.Errorf("sealed = %q", sealed)
	}
	if bytes.Equal(sealed, seal(key, secret, where)) {
		t.Error("sealed twice, the same bytes")
	}
	for name, try := range map[string]func() ([]byte, error){
		"another key":    func() ([]byte, error) { return open(newKey(), sealed, where) },
		"another import": func() ([]byte, error) { return open(key, sealed, []byte("import 8")) },
		"cut":            func() ([]byte, error) { return open(key, sealed[:len(sealed)-1], where) },
		"nothing":        func() ([]byte, error) { return open(key, nil, where) },
	} {
		if got, err := try(); !errors.Is(err, errSealed) || got != nil {
			t.Errorf("%s: open = %q, %v, want %v", name, got, err, errSealed)
		}
	}
	for i := range sealed {
		forged := bytes.Clone(sealed)
		forged[i] ^= 1
		if got, err := open(key, forged, where); !errors.Is(err, errSealed) || got != nil {
			t.Errorf("byte %d changed: open = %q, %v", i, got, err)
		}
	}
}

// namesIn returns what is in a folder, dot files too.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
