package member

import (
	"strings"
	"testing"

	"meibo/internal/problem"
)

func TestG3_AFileIsShownByItsNameAlone(t *testing.T) {
	v := FileValue{Key: strings.Repeat("K", fileKeySize), Digest: strings.Repeat("d", fileDigestSize), Name: "証明書.pdf"}
	f := Field{Type: FileType}
	if got := f.Show(v.Canonical(), nil); got != "証明書.pdf" {
		t.Errorf("shown as %q", got)
	}
	if got, ok := ParseFileValue(v.Canonical()); !ok || got != v {
		t.Errorf("read back as %+v, %v", got, ok)
	}
	if got := v.Canonical()[FileNameAt-1:]; got != v.Name {
		t.Errorf("behind FileNameAt stands %q", got)
	}
	for _, other := range []string{"", "a.pdf", strings.Repeat("x", 60)} {
		if _, ok := ParseFileValue(other); ok {
			t.Errorf("%q was taken for a file", other)
		}
	}
}

func TestG3_NamesThatSomeSystemCannotWriteAreRefused(t *testing.T) {
	for name, ok := range map[string]bool{
		"a.pdf": true, "山田 太郎.pdf": true, "a": true, "a b (2).tar.gz": true, "console.txt": true,
		"": false, ".": false, "..": false, ".profile": false, "a/b.pdf": false, `a\b.pdf`: false, "C:a.pdf": false, "a.": false, "a ": false,
		"con": false, "CON.pdf": false, "lpt1.txt": false, "a\nb": false, "a\x00b": false, "fdp\u202eexe.pdf": false, "a?": false,
		strings.Repeat("あ", 66) + ".x": true, strings.Repeat("あ", 67): false,
	} {
		if got := codeOf(t, CheckFileName(name)); (got == "") != ok {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestG3_TheContentMustBeWhatTheNameSays(t *testing.T) {
	const png, pdf = "\x89PNG\r\n\x1a\n", "%PDF-1.7\n"
	pictures := Field{Type: FileType, Extensions: []string{"png", "jpg"}, MaxSize: 100}
	anything := Field{Type: FileType}
	for _, tt := range []struct {
		rule string
		f    Field
		name string
		head string
		size int64
		want problem.Code
	}{
		{"a PNG called so", pictures, "a.png", png, 8, ""},
		{"in capitals, too", pictures, "A.PNG", png, 8, ""},
		{"a PDF called PNG", pictures, "a.png", pdf, 8, problem.FileTypeMismatch},
		{"a page called PNG", pictures, "a.png", "<html><body>", 8, problem.FileTypeMismatch},
		{"a program called PNG", pictures, "a.png", "MZ\x90\x00\x03\x00", 8, problem.FileTypeMismatch},
		{"an extension that the field has not", pictures, "a.pdf", pdf, 8, problem.FileExtensionRefused},
		{"more bytes than the field takes", pictures, "a.png", png, 101, problem.FileTooLargeForField},
		{"more bytes than anything may have", anything, "a.png", png, 1001, problem.FileTooLargeForField},
		{"no bytes", anything, "a.txt", "", 0, problem.FileBlank},
		{"an extension that nobody knows", anything, "a.dwg", "AC1032\x00", 8, ""},
		{"a program under such a name", anything, "a.dwg", "\x7fELF\x02", 8, problem.FileTypeMismatch},
		{"a script under such a name", anything, "a.dat", "#!/bin/sh\n", 8, problem.FileTypeMismatch},
		{"a page under such a name", anything, "a.dat", "\n\n <script>alert(1)</script>", 8, problem.FileTypeMismatch},
		{"a program as it is called", anything, "a.exe", "MZ\x90\x00", 8, problem.FileExtensionRefused},
		{"a text that begins like a program", anything, "a.txt", "MZ is two letters", 8, ""},
		{"an old Word file", anything, "a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, ""},
		{"a new Word file", anything, "a.docx", "PK\x03\x04", 8, ""},
		{"an iPhone's photo", anything, "a.heic", "\x00\x00\x00\x18ftypheic", 8, ""},
	} {
		if got := codeOf(t, tt.f.CheckFile(tt.name, tt.size, SniffFile([]byte(tt.head)), 1000)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.rule, got, tt.want)
		}
	}
}
