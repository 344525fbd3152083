package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"meibo/internal/problem"
)

// names returns the names of all kept files, sorted; none if there is no folder.
func (k keptFiles) names() ([]string, error) {
	var names []string
	for f, err := range k.in.walk(context.Background(), k.folder) {
		if err != nil {
			return nil, err
		}
		names = append(names, f.path)
	}
	return names, nil
}

func keptIn(t *testing.T) keptFiles {
	t.Helper()
	return keptFiles{in: folder{filepath.Join(t.TempDir(), "meibo.db.files")}, key: deriveKey(testKey, "kept files")}
}

// keepBytes keeps content in writes of the given size; all at once if it is 0.
func keepBytes(t *testing.T, k keptFiles, name string, content []byte, size int) {
	t.Helper()
	err := k.keep(t.Context(), name, func(w io.Writer) error {
		if size == 0 {
			_, err := w.Write(content)
			return err
		}
		for part := range slices.Chunk(content, size) {
			if n, err := w.Write(part); err != nil || n != len(part) {
				return fmt.Errorf("wrote %d of %d: %w", n, len(part), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readKept opens a kept file, reads all of it and closes it.
func readKept(k keptFiles, name string) (content []byte, err error) {
	f, err := k.open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func TestA8_KeptFileIsReadAsItWasWritten(t *testing.T) { eachKept(t, keptFileIsReadAsItWasWritten) }

func keptFileIsReadAsItWasWritten(t *testing.T, k keptFiles, _ raw) {
	for _, n := range []int{0, 1, keptChunk - 1, keptChunk, keptChunk + 1, 2 * keptChunk, 1 << 20} {
		for _, size := range []int{0, 1000, keptChunk} {
			content := random(n)
			keepBytes(t, k, "file", content, size)
			f, err := k.open(t.Context(), "file")
			if err != nil {
				t.Fatal(err)
			}
			if f.Size() != int64(n) {
				t.Errorf("%d bytes: Size = %d", n, f.Size())
			}
			if err := iotest.TestReader(io.NewSectionReader(f, 0, f.Size()), content); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestA8_ReadAtGivesTheSameBytesAnywhere(t *testing.T) {
	eachKept(t, readAtGivesTheSameBytesAnywhere)
}

func readAtGivesTheSameBytesAnywhere(t *testing.T, k keptFiles, _ raw) {
	content := random(3*keptChunk + 77)
	keepBytes(t, k, "file", content, 0)
	f, err := k.open(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.NewReader(content)
	rapid.Check(t, func(t *rapid.T) {
		off := rapid.Int64Range(-1, f.Size()+1).Draw(t, "offset")
		length := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 2*keptChunk)).Draw(t, "length")
		a, b := make([]byte, length), make([]byte, length)
		n, err := f.ReadAt(a, off)
		m, errWant := want.ReadAt(b, off)
		if length == 0 && off >= 0 { // whether that is the end is anybody's choice
			err, errWant = nil, nil
		}
		if n != m || !bytes.Equal(a, b) || (err == nil) != (errWant == nil) || errors.Is(err, io.EOF) != errors.Is(errWant, io.EOF) {
			t.Fatalf("ReadAt = %d, %v, want %d, %v", n, err, m, errWant)
		}
	})
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestA8_ChangedFilesAreNeverReadAsOthers(t *testing.T) {
	eachKept(t, changedFilesAreNeverReadAsOthers)
}

func changedFilesAreNeverReadAsOthers(t *testing.T, k keptFiles, r raw) {
	const chunks = 3
	chunk := func(i int) int { return keptHeader + i*keptSealed }
	tests := []struct {
		name   string
		change func(b []byte) []byte
	}{
		{"magic", func(b []byte) []byte { b[0] ^= 1; return b }},
		{"version", func(b []byte) []byte { b[7] ^= 2; return b }},
		{"salt", func(b []byte) []byte { b[8] ^= 1; return b }},
		{"a byte of the first chunk", func(b []byte) []byte { b[chunk(0)] ^= 1; return b }},
		{"a byte of a middle chunk", func(b []byte) []byte { b[chunk(1)+99] ^= 128; return b }},
		{"a byte of a tag", func(b []byte) []byte { b[chunk(2)-1] ^= 1; return b }},
		{"the last byte", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }},
		{"two chunks swapped", func(b []byte) []byte {
			return slices.Concat(b[:chunk(0)], b[chunk(1):chunk(2)], b[chunk(0):chunk(1)], b[chunk(2):])
		}},
		{"a chunk left out", func(b []byte) []byte { return slices.Concat(b[:chunk(1)], b[chunk(2):]) }},
		{"a chunk twice", func(b []byte) []byte { return slices.Concat(b[:chunk(1)], b[chunk(0):]) }},
		{"cut between chunks", func(b []byte) []byte { return b[:chunk(2)] }},
		{"cut behind the first chunk", func(b []byte) []byte { return b[:chunk(1)] }},
		{"cut within a chunk", func(b []byte) []byte { return b[:chunk(2)-1] }},
		{"cut within a tag", func(b []byte) []byte { return b[:chunk(2)+keptTag-1] }},
		{"cut behind the header", func(b []byte) []byte { return b[:keptHeader] }},
		{"cut within the header", func(b []byte) []byte { return b[:3] }},
		{"empty", func([]byte) []byte { return nil }},
		{"a byte appended", func(b []byte) []byte { return append(b, 0) }},
		{"a tag appended", func(b []byte) []byte { return append(b, make([]byte, keptTag)...) }},
		{"a chunk appended", func(b []byte) []byte { return append(b, b[chunk(0):chunk(1)]...) }},
	}
	for _, n := range []int{chunks * keptChunk, chunks*keptChunk - 5} {
		keepBytes(t, k, "file", random(n), 0)
		whole := r.read("file")
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r.write("file", tt.change(bytes.Clone(whole)))
				if _, err := readKept(k, "file"); !errors.Is(err, errDamaged) {
					t.Errorf("err = %v, want %s", err, problem.FileDamaged)
				}
			})
		}
	}
}

func TestA8_TruncationIsKnownBeforeAnythingIsRead(t *testing.T) {
	eachKept(t, truncationIsKnownBeforeAnythingIsRead)
}

func truncationIsKnownBeforeAnythingIsRead(t *testing.T, k keptFiles, r raw) {
	keepBytes(t, k, "file", random(2*keptChunk), 0)
	r.write("file", r.read("file")[:keptHeader+keptSealed])
	if _, err := k.open(t.Context(), "file"); !errors.Is(err, errDamaged) {
		t.Errorf("open = %v, want %s", err, problem.FileDamaged)
	}
}

func TestA8_CutWhileItIsReadIsAnError(t *testing.T) {
	k := keptIn(t)
	keepBytes(t, k, "file", random(3*keptChunk), 0)
	f, err := k.open(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dirOf(k), "file"), int64(keptHeader+keptSealed)); err != nil {
		t.Fatal(err)
	}
	n, err := f.ReadAt(make([]byte, 2*keptChunk), 0)
	if n != keptChunk || !errors.Is(err, errDamaged) {
		t.Errorf("ReadAt = %d, %v, want %d, %s", n, err, keptChunk, problem.FileDamaged)
	}
	if n, err := f.ReadAt(make([]byte, 9), 4); n != 9 || err != nil {
		t.Errorf("a whole chunk after a damaged one: ReadAt = %d, %v", n, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestA8_AnotherKeyOrNameDoesNotOpenTheFile(t *testing.T) {
	eachKept(t, anotherKeyOrNameDoesNotOpenTheFile)
}

func anotherKeyOrNameDoesNotOpenTheFile(t *testing.T, k keptFiles, r raw) {
	keepBytes(t, k, "file", []byte("ann@x.jp"), 0)
	other := keptFiles{in: k.in, key: newKey()}
	if _, err := other.open(t.Context(), "file"); !errors.Is(err, errDamaged) {
		t.Errorf("another key: %v, want %s", err, problem.FileDamaged)
	}
	r.rename("file", "other")
	if _, err := k.open(t.Context(), "other"); !errors.Is(err, errDamaged) {
		t.Errorf("another name: %v, want %s", err, problem.FileDamaged)
	}
}

func TestA8_NothingClearIsStored(t *testing.T) { eachKept(t, nothingClearIsStored) }

func nothingClearIsStored(t *testing.T, k keptFiles, r raw) {
	line := []byte("ann@x.jp,Ann\n")
	content := bytes.Repeat(line, 20000)
	keepBytes(t, k, "one", content, 0)
	keepBytes(t, k, "two", content, 0)
	one, two := r.read("one"), r.read("two")
	if bytes.Contains(one, line[:8]) {
		t.Error("the address is in the file")
	}
	for at := keptHeader; at+16 <= len(one); at += 16 {
		if bytes.Contains(two, one[at:at+16]) {
			t.Fatalf("two files with the same content share the block at %d", at)
		}
	}
}

func TestA8_OnlyTheOwnerMayRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // permissions mean something else there
	}
	k := keptIn(t)
	keepBytes(t, k, "file", nil, 0)
	for path, want := range map[string]os.FileMode{dirOf(k): 0o700, filepath.Join(dirOf(k), "file"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", filepath.Base(path), info.Mode(), err, want)
		}
	}
}

func TestA8_HalfAFileIsNeverSeen(t *testing.T) { eachKept(t, halfAFileIsNeverSeen) }

func halfAFileIsNeverSeen(t *testing.T, k keptFiles, _ raw) {
	err := k.keep(t.Context(), "file", func(w io.Writer) error {
		if _, err := w.Write(random(3 * keptChunk)); err != nil {
			return err
		}
		if names, err := k.names(); err != nil || len(names) != 0 {
			t.Errorf("while it is written: names = %v, %v", names, err)
		}
		if _, err := k.open(t.Context(), "file"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("while it is written: open = %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := k.names(); err != nil || !slices.Equal(names, []string{"file"}) {
		t.Errorf("names = %v, %v", names, err)
	}
}

func TestA8_FailedWritingLeavesWhatWasThere(t *testing.T) {
	eachKept(t, failedWritingLeavesWhatWasThere)
}

func failedWritingLeavesWhatWasThere(t *testing.T, k keptFiles, r raw) {
	broken := problem.New(problem.FileTooLarge)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	some := func(w io.Writer) error {
		_, err := w.Write(random(2 * keptChunk))
		return err
	}
	tests := []struct {
		name  string
		ctx   context.Context
		write func(io.Writer) error
		want  error
	}{
		{"what is kept cannot be read", t.Context(), func(w io.Writer) error { return errors.Join(some(w), broken) }, broken},
		{"the caller has gone", stopped, some, context.Canceled},
		{"the caller has gone and nobody looked", stopped, func(w io.Writer) error { _ = some(w); return nil }, context.Canceled},
		{"the caller has gone before a short file ends", stopped, func(io.Writer) error { return nil }, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := k.keep(tt.ctx, "file", tt.write); !errors.Is(err, tt.want) {
				t.Errorf("keep = %v, want %v", err, tt.want)
			}
			if left := r.names(); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			keepBytes(t, k, "file", []byte("earlier"), 0)
			if err := k.keep(tt.ctx, "file", tt.write); !errors.Is(err, tt.want) {
				t.Errorf("keep = %v, want %v", err, tt.want)
			}
			if got, err := readKept(k, "file"); err != nil || string(got) != "earlier" {
				t.Errorf("the earlier file: %q, %v", got, err)
			}
			if left := r.names(); !slices.Equal(left, []string{"file"}) {
				t.Errorf("left: %v", left)
			}
			if err := k.remove(t.Context(), "file"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestA8_RemovedFilesAreGone(t *testing.T) { eachKept(t, removedFilesAreGone) }

func removedFilesAreGone(t *testing.T, k keptFiles, _ raw) {
	for _, when := range []string{"no folder yet", "folder, no file"} {
		if err := k.remove(t.Context(), "file"); err != nil {
			t.Errorf("%s: remove = %v", when, err)
		}
		if _, err := k.open(t.Context(), "file"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: open = %v, want %v", when, err, os.ErrNotExist)
		}
		if names, err := k.names(); err != nil || len(names) != 0 {
			t.Errorf("%s: names = %v, %v", when, names, err)
		}
		keepBytes(t, k, "file", nil, 0)
		if err := k.remove(t.Context(), "file"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestA8_NamesOfKeptFilesLeadNowhere(t *testing.T) { eachKept(t, namesOfKeptFilesLeadNowhere) }

func namesOfKeptFilesLeadNowhere(t *testing.T, k keptFiles, _ raw) {
	for _, name := range []string{"", ".", "..", "../file", "a/b", `a\b`, "/etc/passwd", ".hidden", tempPrefix + "x",
		"a b", "C:x", "a\x00", "名簿.csv", strings.Repeat("a", 201)} {
		if err := k.keep(t.Context(), name, func(io.Writer) error { return nil }); !errors.Is(err, errKeptName) {
			t.Errorf("keep %q: %v", name, err)
		}
		if _, err := k.open(t.Context(), name); !errors.Is(err, errKeptName) {
			t.Errorf("open %q: %v", name, err)
		}
		if err := k.remove(t.Context(), name); !errors.Is(err, errKeptName) {
			t.Errorf("remove %q: %v", name, err)
		}
	}
	keepBytes(t, k, "0198f-AZ_09.csv", nil, 0)
}

func TestA8_LinksOutOfTheFolderAreNotFollowed(t *testing.T) {
	k := keptIn(t)
	keepBytes(t, k, "file", []byte("here"), 0)
	outside := filepath.Join(filepath.Dir(dirOf(k)), "outside")
	if err := os.Rename(filepath.Join(dirOf(k), "file"), outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dirOf(k), "file")); err != nil {
		t.Fatal(err)
	}
	if got, err := readKept(k, "file"); err == nil {
		t.Errorf("read %q through a link", got)
	}
	if names, err := k.names(); err != nil || len(names) != 0 {
		t.Errorf("names = %v, %v", names, err)
	}
}

func TestA8_WhatACrashLeftIsSweptWhenItIsOld(t *testing.T) {
	k := keptIn(t)
	if err := k.sweep(t.Context(), time.Now()); err != nil {
		t.Errorf("no folder yet: %v", err)
	}
	keepBytes(t, k, "file", nil, 0)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, age := range map[string]time.Duration{tempPrefix + "OLD": 25 * time.Hour, tempPrefix + "NEW": time.Hour, "file": 100 * 24 * time.Hour} {
		path := filepath.Join(dirOf(k), name)
		if name != "file" {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.sweep(t.Context(), now.Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left := namesIn(t, dirOf(k)); !slices.Equal(left, []string{tempPrefix + "NEW", "file"}) {
		t.Errorf("left: %v", left)
	}
}

func BenchmarkKeptFileReadInOrder(b *testing.B) {
	k := keptFiles{in: folder{b.TempDir()}, key: newKey()}
	content := random(16 << 20)
	err := k.keep(b.Context(), "file", func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		f, err := k.open(b.Context(), "file")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(f, 0, f.Size())); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
