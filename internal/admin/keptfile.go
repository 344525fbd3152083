package admin

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"meibo/internal/problem"
)

// A kept file is a header and chunks:
//
//	header  7 bytes "meiboKF", 1 byte version, 32 random bytes of salt
//	chunk   64 KiB of the file, sealed with AES-256-GCM: 16 bytes longer
//
// The last chunk may be shorter, and is empty only if the file is. Each file has
// its own key: HKDF-SHA-256 of the folder's key, the salt and the file's name.
// The nonce of a chunk is its number (11 bytes, big-endian, from 0) and one byte
// that is 1 for the last chunk only: chunks cannot be swapped, dropped or added.
// The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online
// Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015) in the
// shape that age gave it (C2SP, age.md, payload).
const (
	keptMagic  = "meiboKF\x01"
	keptSalt   = 32
	keptHeader = len(keptMagic) + keptSalt
	keptChunk  = 64 << 10
	keptTag    = 16
	keptSealed = keptChunk + keptTag
)

var errDamaged = problem.Of(problem.NotFound, problem.FileDamaged)

// keptBox returns the cipher of one kept file.
func keptBox(key, salt []byte, name string) cipher.AEAD {
	box, err := cipher.NewGCM(blockOf(expandKey(key, salt, "meibo kept file 1 "+name)))
	if err != nil { // only where nonces must be random by decree
		panic("admin: " + err.Error())
	}
	return box
}

func keptNonce(chunk int64, last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:11], uint64(chunk))
	if last {
		nonce[11] = 1
	}
	return nonce
}

// A keptWriter seals what is written to it. After an error it writes no more.
type keptWriter struct {
	to    io.Writer
	stop  func() error // asked once a chunk; its error ends the writing
	box   cipher.AEAD
	clear []byte // at most a chunk; a full one waits, as it may be the last
	seal  []byte // where chunks are sealed
	chunk int64  // number of the next
	err   error
}

// newKeptWriter writes the header.
func newKeptWriter(to io.Writer, stop func() error, key []byte, name string) (*keptWriter, error) {
	header := make([]byte, keptHeader)
	salt := header[copy(header, keptMagic):]
	rand.Read(salt) // never fails, see its documentation
	if _, err := to.Write(header); err != nil {
		return nil, err
	}
	return &keptWriter{to: to, stop: stop, box: keptBox(key, salt, name),
		clear: make([]byte, 0, keptChunk), seal: make([]byte, 0, keptSealed)}, nil
}

// Write takes all of p, or returns the error that ended the writing.
func (w *keptWriter) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) && w.err == nil {
		if len(w.clear) == keptChunk {
			w.flush(false)
			continue
		}
		some := min(len(p)-n, keptChunk-len(w.clear))
		w.clear = append(w.clear, p[n:n+some]...)
		n += some
	}
	return n, w.err
}

func (w *keptWriter) flush(last bool) {
	if w.err = w.stop(); w.err != nil {
		return
	}
	_, w.err = w.to.Write(w.box.Seal(w.seal[:0], keptNonce(w.chunk, last), w.clear, nil))
	w.clear = w.clear[:0]
	w.chunk++
}

// finish writes the last chunk. Its error is also that of an earlier Write that
// nobody looked at.
func (w *keptWriter) finish() error {
	if w.err == nil {
		w.flush(true)
	}
	return w.err
}

// A keptFile is a kept file that was opened. It is safe for concurrent use. It
// holds the chunk that was read last, so reading in order decrypts once.
type keptFile struct {
	f    blob // sealed
	box  cipher.AEAD
	size int64 // bytes of the file, unsealed
	last int64 // number of the last chunk

	mu     sync.Mutex
	sealed []byte
	clear  []byte
	chunk  int64 // number of the chunk in clear; -1 if there is none
}

// openKeptFile reads header and last chunk: the nonce of that chunk vouches for
// the length of the file.
func openKeptFile(f blob, key []byte, name string) (*keptFile, error) {
	body := f.Size() - int64(keptHeader)
	if body < keptTag {
		return nil, errDamaged
	}
	header := make([]byte, keptHeader)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil, err
	}
	if string(header[:len(keptMagic)]) != keptMagic {
		return nil, errDamaged
	}
	last := (body - 1) / keptSealed
	k := &keptFile{f: f, box: keptBox(key, header[len(keptMagic):], name),
		size: body - (last+1)*keptTag, last: last, chunk: -1,
		sealed: make([]byte, keptSealed), clear: make([]byte, 0, keptChunk)}
	if last > 0 && k.size <= last*keptChunk {
		return nil, errDamaged // an empty last chunk, which no writer makes
	}
	if err := k.load(last); err != nil {
		return nil, err
	}
	return k, nil
}

// Size returns the number of bytes that were kept.
func (k *keptFile) Size() int64 { return k.size }

// Close closes the file.
func (k *keptFile) Close() error { return k.f.Close() }

// ReadAt implements [io.ReaderAt]. It never returns other bytes than were kept:
// for a chunk that was changed the error is the problem FileDamaged.
func (k *keptFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("kept file: negative offset")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= k.size {
			return n, io.EOF
		}
		if err := k.load(at / keptChunk); err != nil {
			return n, err
		}
		n += copy(p[n:], k.clear[at%keptChunk:])
	}
	return n, nil
}

// load puts a chunk into k.clear, unless it is there.
func (k *keptFile) load(chunk int64) error {
	if k.chunk == chunk {
		return nil
	}
	k.chunk = -1
	sealed := k.sealed
	if chunk == k.last {
		sealed = sealed[:k.size-chunk*keptChunk+keptTag]
	}
	_, err := k.f.ReadAt(sealed, int64(keptHeader)+chunk*keptSealed)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("chunk %d is gone: %w", chunk, errDamaged) // cut since it was opened
	}
	if err != nil {
		return fmt.Errorf("chunk %d: %w", chunk, err)
	}
	k.clear, err = k.box.Open(k.clear[:0], keptNonce(chunk, chunk == k.last), sealed, nil)
	if err != nil {
		k.clear = k.clear[:0]
		return fmt.Errorf("chunk %d: %w", chunk, errDamaged)
	}
	k.chunk = chunk
	return nil
}
