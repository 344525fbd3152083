package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// A softKey is an authenticator in software: one ES256 key (WebAuthn level 3,
// section 6), and the browser around it.
type softKey struct {
	testing.TB
	origin string
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte // of the user, as it was told when the key was made
	count  uint32
	flags  byte
	edit   func(clientData map[string]any) // nil: an honest browser
}

// Flags of authenticator data.
const (
	userPresent  = 1 << 0
	userVerified = 1 << 2
	keyAttached  = 1 << 6
)

func newSoftKey(t testing.TB) *softKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &softKey{TB: t, origin: "https://m.example", key: key, id: id, flags: userPresent | userVerified}
}

// asked are the options that the server gives a browser.
type asked struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
	}
}

func (k *softKey) read(options []byte) asked {
	k.Helper()
	var a asked
	if err := json.Unmarshal(options, &a); err != nil || a.PublicKey.Challenge == "" {
		k.Fatalf("options %s: %v", options, err)
	}
	return a
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// create makes the passkey that the options ask for, and the browser's answer.
func (k *softKey) create(options []byte) []byte {
	k.Helper()
	a := k.read(options)
	handle, err := base64.RawURLEncoding.DecodeString(a.PublicKey.User.ID)
	if err != nil || len(handle) == 0 {
		k.Fatalf("user handle %q: %v", a.PublicKey.User.ID, err)
	}
	k.handle = handle
	data := append(k.data(a.PublicKey.RP.ID, k.flags|keyAttached), make([]byte, 16)...) // no model
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(k.id))), k.id...)
	data = append(data, k.cose()...)
	object := k.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return k.answer(map[string]any{"clientDataJSON": b64(k.clientData("webauthn.create", a.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}})
}

// get signs what the options ask for.
func (k *softKey) get(options []byte) []byte {
	k.Helper()
	a := k.read(options)
	k.count++
	return k.sign(a)
}

func (k *softKey) sign(a asked) []byte {
	k.Helper()
	data, client := k.data(a.PublicKey.RPID, k.flags), k.clientData("webauthn.get", a.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, digest[:])
	if err != nil {
		k.Fatal(err)
	}
	return k.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(k.handle)})
}

// data is authenticator data without a key.
func (k *softKey) data(rp string, flags byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), k.count)
}

// cose is the public key (RFC 9053, section 7.1.1).
func (k *softKey) cose() []byte {
	point, err := k.key.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		k.Fatal(err)
	}
	return k.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
}

func (k *softKey) cbor(v any) []byte {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		k.Fatal(err)
	}
	raw, err := mode.Marshal(v)
	if err != nil {
		k.Fatal(err)
	}
	return raw
}

func (k *softKey) clientData(what, challenge string) []byte {
	c := map[string]any{"type": what, "challenge": challenge, "origin": k.origin, "crossOrigin": false}
	if k.edit != nil {
		k.edit(c)
	}
	return k.json(c)
}

func (k *softKey) answer(response map[string]any) []byte {
	return k.json(map[string]any{"id": b64(k.id), "rawId": b64(k.id), "type": "public-key", "authenticatorAttachment": "platform",
		"response": response, "clientExtensionResults": map[string]any{}})
}

func (k *softKey) json(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		k.Fatal(err)
	}
	return raw
}
