package member

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// A FileValue is what a member has in a field of type file, taken apart. Its
// canonical text holds all three, the name last; people see the name alone.
type FileValue struct {
	Key    string // under which the bytes are kept: 26 of A-Z and 2-7, random
	Digest string // of the bytes, to tell whether two files are the same: 22 of base64url
	Name   string // as the person called it, see CheckFileName
}

const (
	fileKeySize    = 26
	fileDigestSize = 22
)

// FileNameAt is the place, from 1, of the character at which the name begins in
// the canonical text of a file: what stands before it is of one length.
const FileNameAt = fileKeySize + len(".") + fileDigestSize + len("/") + 1

// Canonical is the text that is stored. The inverse is ParseFileValue.
func (v FileValue) Canonical() string { return v.Key + "." + v.Digest + "/" + v.Name }

// ParseFileValue reads a canonical text; ok is false for anything else.
func ParseFileValue(canonical string) (v FileValue, ok bool) {
	if len(canonical) < FileNameAt || canonical[fileKeySize] != '.' || canonical[FileNameAt-2] != '/' {
		return FileValue{}, false
	}
	return FileValue{canonical[:fileKeySize], canonical[fileKeySize+1 : FileNameAt-2], canonical[FileNameAt-1:]}, true
}

// maxFileName is how many bytes a name may have: file systems keep 255.
const maxFileName = 200

// reservedNames are those that Windows keeps for devices, whatever follows the
// first dot. Source: Microsoft, "Naming Files, Paths, and Namespaces".
var reservedNames = []string{"con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// CheckFileName refuses a name that some system could not write or would take
// for something else (SPEC E4): then files leave under the names they came with.
// Its problem is FileNameInvalid.
func CheckFileName(name string) error {
	normal, err := Normalise(name)
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch {
	case err != nil || normal != name || name == "" || len(name) > maxFileName,
		strings.ContainsAny(name, "/\\:*?\"<>|\n"), strings.HasSuffix(name, "."), strings.HasPrefix(name, "."),
		strings.ContainsFunc(name, turns), slices.Contains(reservedNames, Trim(stem)):
		return problem.New(problem.FileNameInvalid, "value", name, "limit", strconv.Itoa(maxFileName))
	}
	return nil
}

// turns reports whether r turns the direction of text: a name with it may show
// another extension than it has.
func turns(r rune) bool {
	return 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0x200e || r == 0x200f || r == utf8.RuneError
}

// Extension returns the letters after the last dot of a name, in lower case; empty for none.
func Extension(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	return strings.ToLower(name[dot+1:])
}

// maxExtensions is how many extensions a field may list: more are no restriction.
const maxExtensions = 100

// isExtension reports whether s can be one of a field's extensions: 1 to 16
// small letters and digits.
func isExtension(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// validateFile judges what only a field of type file may have.
func (f Field) validateFile() error {
	if f.Type != FileType {
		if len(f.Extensions) > 0 || f.MaxSize != 0 {
			return f.misplaced("file")
		}
		return nil
	}
	if f.MaxSize < 0 || len(f.Extensions) > maxExtensions {
		return problem.New(problem.FieldFileLimitsInvalid, "limit", strconv.Itoa(maxExtensions))
	}
	for i, ext := range f.Extensions {
		if !isExtension(ext) || dangerous[ext] || slices.Contains(f.Extensions[:i], ext) {
			return problem.New(problem.FieldExtensionInvalid, "value", ext)
		}
	}
	return nil
}

// CheckFile says whether a file may stand in the field: its name, its bytes (how
// many, and the type that [SniffFile] found) and the most bytes that anything may
// have. Its problems are FileNameInvalid, FileExtensionRefused, FileBlank,
// FileTooLargeForField and FileTypeMismatch.
func (f Field) CheckFile(name string, size int64, sniffed string, most int64) error {
	if err := CheckFileName(name); err != nil {
		return err
	}
	ext := Extension(name)
	if dangerous[ext] || len(f.Extensions) > 0 && !slices.Contains(f.Extensions, ext) {
		return problem.New(problem.FileExtensionRefused, "value", name, "known", list(f.Extensions))
	}
	if limit := f.MostBytes(most); size > limit {
		return problem.Of(problem.TooLarge, problem.FileTooLargeForField, "value", name, "limit", strconv.FormatInt(limit, 10))
	}
	if size == 0 {
		return problem.New(problem.FileBlank, "value", name)
	}
	if !fits(ext, sniffed) {
		return problem.New(problem.FileTypeMismatch, "value", name, "type", sniffed)
	}
	return nil
}

// MostBytes is how many bytes a file of the field may have where most is what
// any file may have.
func (f Field) MostBytes(most int64) int64 {
	if f.MaxSize > 0 {
		return min(f.MaxSize, most)
	}
	return most
}
