package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"meibo/internal/problem"
)

// archive makes a zip of empty entries with these names.
func archive(t *testing.T, entries ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if name == "mimetype" {
			_, _ = f.Write([]byte("application/vnd.oasis.opendocument.spreadsheet"))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// oldOffice makes the head of an OLE2 file with one sector of directory.
func oldOffice(streams ...string) string {
	b := make([]byte, 512+512)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	for i, name := range streams {
		entry := b[512+128*i:]
		units := utf16.Encode([]rune(name + "\x00"))
		for j, u := range units {
			binary.LittleEndian.PutUint16(entry[2*j:], u)
		}
		binary.LittleEndian.PutUint16(entry[64:], uint16(2*len(units)))
		entry[66] = 2
	}
	return string(b)
}

func TestF1_SaysWhatAFileIsByItsBytes(t *testing.T) {
	tests := []struct {
		name string
		file string
		what string
	}{
		{"an old workbook", oldOffice("Root Entry", "Workbook"), "xls"},
		{"a very old workbook", oldOffice("Root Entry", "Book"), "xls"},
		{"one without OLE", "\x09\x04\x06\x00\x00\x00\x10\x00", "xls"},
		{"one written as XML", "<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "xls"},
		{"an encrypted workbook", oldOffice("Root Entry", "EncryptionInfo", "EncryptedPackage"), "encrypted"},
		{"an old document", oldOffice("Root Entry", "WordDocument"), "binary"},
		{"OpenDocument", archive(t, "mimetype", "content.xml"), "ods"},
		{"flat OpenDocument", "<?xml version=\"1.0\"?><office:document>", "ods"},
		{"a document", archive(t, "[Content_Types].xml", "word/document.xml"), "zip"},
		{"an archive", archive(t, "members.csv"), "zip"},
		{"an empty archive", archive(t), "zip"},
		{"gzip", "\x1f\x8b\x08\x00", "zip"},
		{"PDF", "%PDF-1.7\n", "pdf"},
		{"PNG", "\x89PNG\r\n\x1a\n", "image"},
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", "image"},
		{"WebP", "RIFF\x00\x01\x00\x00WEBPVP8 ", "image"},
		{"HEIC", "\x00\x00\x00\x18ftypheic", "image"},
		{"a web page named .xls", "\r\n<HTML><table><tr><td>a</td></tr></table>", "html"},
		{"one in UTF-16", "\xff\xfe<\x00t\x00a\x00b\x00l\x00e\x00>\x00", "html"},
		{"a page saved by a browser", "MIME-Version: 1.0\r\nContent-Type: multipart/related", "html"},
		{"UTF-32", "\xff\xfe\x00\x00a\x00\x00\x00", "binary"},
		{"a program", "\x7fELF\x02\x01\x01\x00", "binary"},
		{"NULs", "a,b\n1,\x00\n", "binary"},
		{"control characters", "\x01\x02\x03\x04\x05\x06\x07\x0e", "binary"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(strings.NewReader(tt.file), int64(len(tt.file)), Options{Format: "csv"})
			p := problem.Problem{}
			if !errors.As(err, &p) || p.Code != problem.FileUnsupported || p.Values["what"] != tt.what {
				t.Errorf("got %v %v, want %s", err, p.Values, tt.what)
			}
		})
	}
}

func TestF1_RefusesByName(t *testing.T) {
	tests := []struct {
		name    string
		file    string
		options Options
		code    problem.Code
	}{
		{"no bytes", "", Options{}, problem.FileEmpty},
		{"a byte order mark alone", "\xef\xbb\xbf", Options{}, problem.FileEmpty},
		{"blank lines", "\r\n \r\n,,\r\n\"\"\r\n\u3000", Options{}, problem.FileEmpty},
		{"sep= alone", "sep=;", Options{}, problem.FileEmpty},
		{"a workbook without its parts", archive(t, "[Content_Types].xml", "xl/workbook.xml"), Options{}, problem.WorkbookDamaged},
		{"CSV where a workbook was chosen", "a,b\n", Options{Format: XLSX}, problem.FormatDiffers},
		{"a sheet of a CSV", "a,b\n", Options{Sheet: "Sheet1"}, problem.SheetOfCSV},
		{"too many bytes", "a,b\n", Options{Limits: Limits{FileBytes: 3}}, problem.FileTooLarge},
		{"a charset of no name", "a,b\n", Options{Charset: "klingon"}, problem.CharsetUnknown},
		{"a delimiter of another kind", "a|b\n", Options{Delimiter: '|'}, problem.DelimiterUnknown},
		{"sep= of another kind", "sep=|\na|b\n", Options{}, problem.DelimiterUnknown},
		{"no charset fits", "a\n\xc1\xf3\x81\x20,\xff\xff\xff\n", Options{}, problem.CharsetUndetected},
		{"Cyrillic in an 8-bit charset", "\xe8\xec\xff,\xf4\xe0\xec\xe8\xeb\xe8\xff\n\xc8\xe2\xe0\xed,\xc8\xe2\xe0\xed\xee\xe2\n", Options{}, problem.CharsetUndetected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(strings.NewReader(tt.file), int64(len(tt.file)), tt.options); !errors.Is(err, problem.New(tt.code)) {
				t.Errorf("err = %v, want %s", err, tt.code)
			}
		})
	}
}

func TestF1_TextThatLooksLikeSomethingElseIsText(t *testing.T) {
	for _, file := range []string{
		"BMW,b\n1,2\n", "BZh,b\n", "name,html\nx,<html>\n", "GIF8,x\n", "PK,id\n", "RIFF\n", "a,<svg\n", "IIS,MMS\n",
	} {
		if _, err := rowsOf(t, open(t, file, Options{})); err != nil {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestF1_FilesOfTheWorld(t *testing.T) {
	if _, err := Open(bytes.NewReader(collected(t, "excelize/encryptSHA512.xlsx")), 12288, Options{}); err == nil ||
		!errors.Is(err, problem.New(problem.FileUnsupported)) || valuesOf(err)["what"] != "encrypted" {
		t.Errorf("err = %v %v", err, valuesOf(err))
	}
}

func valuesOf(err error) map[string]string {
	p := problem.Problem{}
	errors.As(err, &p)
	return p.Values
}
