package admin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"meibo/internal/problem"
)

// keySize is the length in bytes of the instance's key and of every key that
// is derived from it.
const keySize = 32

// LoadKey returns the instance's key, 32 random bytes, which tokens are derived
// from and kept files are sealed with. env, the value of MEIBO_KEY, wins if it
// is not empty; otherwise the key is in the file at path. If there is no such
// file, mayMake decides: one is made with a new key, and the folders above it
// (several processes that do so at once end up with the same key), or it is the
// problem KeyMissing.
//
// Both forms hold 64 hexadecimal digits or the base64 of 32 bytes; anything else
// is the problem KeyMalformed, which says where but not what. The permissions of
// a file that exists are not looked at: some file systems have none.
func LoadKey(env, path string, mayMake bool) ([]byte, error) {
	if env != "" {
		return parseKey(env, "MEIBO_KEY")
	}
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if !mayMake {
		return nil, problem.Of(problem.NotFound, problem.KeyMissing, "file", path)
	}
	if err := createKey(path, os.Link); err != nil {
		return nil, fmt.Errorf("make key file: %w", err)
	}
	return readKey(path)
}

func parseKey(text, where string) ([]byte, error) {
	text = strings.TrimSpace(text)
	decoders := []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.Strict().DecodeString, base64.RawStdEncoding.Strict().DecodeString,
		base64.URLEncoding.Strict().DecodeString, base64.RawURLEncoding.Strict().DecodeString,
	}
	for _, decode := range decoders {
		if key, err := decode(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, problem.New(problem.KeyMalformed, "where", where)
}

func readKey(path string) (key []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const enough = 1024 // a key file has 65 bytes; nothing longer is one
	text, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return parseKey(string(text), path)
}

// createKey makes the file at path with a new key, unless it is there by now.
// The file gets its name by link, which never replaces another one and shows
// only whole files, when its bytes are on the disk.
func createKey(path string, link func(from, to string) error) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".meibo-key-*") // 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	if err := writeKey(temp, newKey()); err != nil {
		return err
	}
	err = link(temp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = createKeyUnlinked(path) // a file system without links
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(folder)
}

// createKeyUnlinked is for file systems without links. Another process may see
// half a key for a moment, which is the problem KeyMalformed, not a second key.
func createKeyUnlinked(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return writeKey(f, newKey())
}

// writeKey writes key to f and onto the disk, and closes f.
func writeKey(f *os.File, key []byte) error {
	_, err := f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails, see its documentation
	return key
}

// syncFolder puts the names in a folder onto the disk, where folders can be
// synced at all.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // some network file systems
	}
	return errors.Join(err, f.Close())
}

// keyCheck returns what the database remembers of the instance's key, so that
// another key is noticed (problem KeyMismatch). It tells nothing about the key.
func keyCheck(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("meibo key check 1"))
	return mac.Sum(nil)
}

// deriveKey returns the key of 32 bytes for one purpose (HKDF-SHA-256, RFC
// 5869), so that what is sealed or signed for one is no good for another.
func deriveKey(key []byte, purpose string) []byte {
	return expandKey(key, nil, "meibo "+purpose)
}

func expandKey(key, salt []byte, info string) []byte {
	derived, err := hkdf.Key(sha256.New, key, salt, info, keySize)
	if err != nil { // only for lengths beyond 8160 bytes
		panic("admin: derive key: " + err.Error())
	}
	return derived
}

// errSealed says that sealed bytes were changed, or belong to another key or
// other additional bytes.
var errSealed = errors.New("sealed bytes do not open with this key")

// seal returns plaintext encrypted with AES-256-GCM under a random nonce, which
// goes before it: 28 bytes longer. key has 32 bytes and should come from
// [deriveKey]. additional, which may be nil, says what the bytes belong to and
// is needed to open them again; it is not in the result.
func seal(key, plaintext, additional []byte) []byte {
	return boxOf(key).Seal(nil, nil, plaintext, additional)
}

// open returns the plaintext of what [seal] returned for the same key and
// additional bytes; for anything else the error is errSealed.
func open(key, sealed, additional []byte) ([]byte, error) {
	plaintext, err := boxOf(key).Open(nil, nil, sealed, additional)
	if err != nil {
		return nil, errSealed
	}
	return plaintext, nil
}

func boxOf(key []byte) cipher.AEAD {
	block := blockOf(key)
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("admin: " + err.Error())
	}
	return box
}

// blockOf panics for a key that has not 32 bytes: a shorter one would quietly
// be a weaker cipher.
func blockOf(key []byte) cipher.Block {
	if len(key) != keySize {
		panic("admin: a key of 32 bytes is needed")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("admin: " + err.Error())
	}
	return block
}
