package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"meibo/internal/problem"
)

func TestF1_ArchivesThatAreNoWorkbookSayWhatTheyAre(t *testing.T) {
	plain := parts{"a.txt": "x"}
	tests := []struct {
		name string
		file []byte
		what string
	}{
		{"an archive of texts", plain.zipped(t), "zip"},
		{"an archive of nothing", parts{}.zipped(t), "zip"},
		{"OpenDocument", parts{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}.zipped(t), "ods"},
		{"a template of OpenDocument", parts{"mimetype": "application/vnd.oasis.opendocument.spreadsheet-template", "content.xml": ""}.zipped(t), "ods"},
		{"a text of OpenDocument", parts{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}.zipped(t), "zip"},
		{"a text of Word", parts{"_rels/.rels": leadingTo("officeDocument", "word/document.xml"), "word/document.xml": `<w:document xmlns:w="urn:w"/>`}.zipped(t), "zip"},
		{"a binary workbook", parts{"_rels/.rels": leadingTo("officeDocument", "xl/workbook.bin"), "xl/workbook.bin": "\x83\x01"}.zipped(t), "xlsb"},
		{"a workbook of Numbers", parts{"Index/Document.iwa": "x"}.zipped(t), "zip"},
		{"an encrypted archive", encrypted(bookOf("", nil).zipped(t)), "encrypted"},
		{"no archive", []byte("a,b\n1,2\n"), "binary"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.file)
			if p := coded(err); p.Code != problem.FileUnsupported || p.Values["what"] != tt.what {
				t.Errorf("error = %v %v, want %s", err, p.Values, tt.what)
			}
		})
	}
	if _, err := read(t, nil); coded(err).Code != problem.FileEmpty {
		t.Errorf("no bytes: %v", err)
	}
}

// encrypted sets the flag of encryption on every entry of the directory.
func encrypted(file []byte) []byte {
	for i := range len(file) - 4 {
		if string(file[i:i+4]) == "PK\x01\x02" {
			file[i+8] |= 1
		}
	}
	return file
}

func TestF11_DamagedWorkbooksAreNamedNeverReadAsLess(t *testing.T) {
	cell := func(c string) parts { return bookOf(`<row r="2">`+c+`</row>`, nil) }
	part := func(name, text string) parts {
		return bookOf(row1(`<c r="A1" s="1" t="s"><v>1</v></c>`), parts{name: text})
	}
	without := func(name string) parts {
		p := part("x", "")
		delete(p, name)
		return p
	}
	sheet, sst := "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
	tests := []struct {
		name   string
		parts  parts
		reason string
	}{
		{"no relations", without("_rels/.rels"), reasonMissing},
		{"relations to nothing", part("_rels/.rels", leadingTo("extended-properties", "x")), reasonMissing},
		{"no workbook", without("xl/workbook.xml"), reasonMissing},
		{"no relations of the workbook", without("xl/_rels/workbook.xml.rels"), reasonMissing},
		{"no sheet", without(sheet), reasonMissing},
		{"no shared strings", without(sst), reasonMissing},
		{"no styles", without("xl/styles.xml"), reasonMissing},
		{"a sheet somewhere else", part("xl/_rels/workbook.xml.rels", strings.Replace(leadingTo("worksheet", "http://example.com/s.xml"), `Target=`, `TargetMode="External" Target=`, 1)), reasonMissing},
		{"an ID twice", part("xl/_rels/workbook.xml.rels", strings.ReplaceAll(leadingTo("worksheet", "a", "styles", "b"), "rId2", "rId1")), reasonXML},
		{"a workbook that is none", part("xl/workbook.xml", `<workbook/>`), reasonXML},
		{"a sheet that is none", part(sheet, `<worksheet/>`), reasonXML},
		{"a sheet without rows", part(sheet, `<worksheet `+mainNS+`/>`), reasonXML},
		{"a sheet with rows twice", part(sheet, strings.Replace(sheetOf(""), "<sheetData></sheetData>", "<sheetData/><sheetData/>", 1)), reasonXML},
		{"a sheet of charts that says it has rows", part(sheet, `<chartsheet `+mainNS+`/>`), reasonXML},
		{"shared strings that are none", part(sst, `<x/>`), reasonXML},
		{"styles that are none", part("xl/styles.xml", `<x/>`), reasonXML},
		{"an empty sheet part", part(sheet, ""), reasonXML},
		{"a sheet that is cut off in a cell", part(sheet, strings.TrimSuffix(sheetOf(row1(`<c r="A1"><v>1`)), `</row></sheetData></worksheet>`)), reasonXML},
		{"a sheet that is cut off behind a row", part(sheet, strings.TrimSuffix(sheetOf(row1(`<c r="A1"><v>1</v></c>`)), `</sheetData></worksheet>`)), reasonXML},
		{"a sheet that is cut off behind its rows", part(sheet, strings.TrimSuffix(sheetOf(row1(`<c r="A1"><v>1</v></c>`)), `</worksheet>`)), reasonXML},
		{"garbage behind the sheet", part(sheet, sheetOf("")+"x"), reasonXML},
		{"an unknown reference in a text", cell(`<c r="A2" t="inlineStr"><is><t>&nbsp;</t></is></c>`), reasonXML},
		{"an unknown reference where there is no text", part(sheet, strings.Replace(sheetOf(""), "<sheetData>", "&<sheetData>", 1)), reasonXML},
		{"an entity bomb in the sheet", part(sheet, `<!DOCTYPE x [<!ENTITY a "&b;">]>`+sheetOf("")), reasonDoctype},
		{"an entity bomb in the shared strings", part(sst, `<!DOCTYPE x [<!ENTITY a "&b;">]>`+sstOf("")), reasonDoctype},
		{"an external entity in the relations", part("_rels/.rels", `<!DOCTYPE x SYSTEM "file:///etc/passwd">`+leadingTo()), reasonDoctype},
		{"a row twice", bookOf(`<row r="2"><c r="A2"><v>1</v></c></row><row r="2"/>`, nil), reasonOrder},
		{"rows out of order", bookOf(`<row r="3"><c r="A3"><v>1</v></c></row><row r="2"/>`, nil), reasonOrder},
		{"a row without a number behind the last", bookOf(`<row r="1048576"/><row/>`, nil), reasonReference},
		{"a row that no sheet has", bookOf(`<row r="1048577"/>`, nil), reasonReference},
		{"a row 0", bookOf(`<row r="0"/>`, nil), reasonReference},
		{"a row of no number", bookOf(`<row r="1e3"/>`, nil), reasonReference},
		{"a row of an empty number", bookOf(`<row r=""/>`, nil), reasonReference},
		{"a row of a huge number", bookOf(`<row r="99999999999999999999"/>`, nil), reasonReference},
		{"a cell twice", cell(`<c r="A2"><v>1</v></c><c r="A2"><v>2</v></c>`), reasonOrder},
		{"cells out of order", cell(`<c r="B2"/><c r="A2"/>`), reasonOrder},
		{"a column that no sheet has", cell(`<c r="XFE2"/>`), reasonReference},
		{"a column of four letters", cell(`<c r="AAAA2"/>`), reasonReference},
		{"a cell behind the last column", cell(`<c r="XFD2"/><c/>`), reasonReference},
		{"a cell of another row", cell(`<c r="A1"/>`), reasonReference},
		{"a cell without a row", cell(`<c r="A"/>`), reasonReference},
		{"a cell without a column", cell(`<c r="2"/>`), reasonReference},
		{"a cell with an empty reference", cell(`<c r=""/>`), reasonReference},
		{"an empty style", cell(`<c r="A2" s=""><v>1</v></c>`), reasonValue},
		{"a style that is no number", cell(`<c r="A2" s="-1"><v>1</v></c>`), reasonValue},
		{"an unknown type", cell(`<c r="A2" t="x"><v>1</v></c>`), reasonValue},
		{"an empty type", cell(`<c r="A2" t=""><v>1</v></c>`), reasonValue},
		{"a number that is none", cell(`<c r="A2"><v>one</v></c>`), reasonValue},
		{"infinity", cell(`<c r="A2"><v>INF</v></c>`), reasonValue},
		{"a number beyond all", cell(`<c r="A2"><v>1e999</v></c>`), reasonValue},
		{"a number in another base", cell(`<c r="A2"><v>0x1p3</v></c>`), reasonValue},
		{"a boolean that is none", cell(`<c r="A2" t="b"><v>2</v></c>`), reasonValue},
		{"a moment that is none", cell(`<c r="A2" t="d"><v>2026-02-30</v></c>`), reasonValue},
		{"a shared string that is not there", cell(`<c r="A2" t="s"><v>2</v></c>`), reasonSharedIndex},
		{"a shared string of no number", cell(`<c r="A2" t="s"><v>-1</v></c>`), reasonSharedIndex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.parts.zipped(t))
			if p := coded(err); p.Code != problem.WorkbookDamaged || p.Values["reason"] != tt.reason {
				t.Errorf("error = %v %v, want %s", err, p.Values, tt.reason)
			}
		})
	}
}

func TestF11_DamageSaysWhereItIs(t *testing.T) {
	_, err := read(t, bookOf(`<row r="7"><c r="C7" t="b"><v>x</v></c></row>`, nil).zipped(t))
	if got, want := coded(err).Place, (problem.Place{Sheet: "Sheet1", Line: 7, Column: "C"}); got != want {
		t.Errorf("place = %+v, want %+v", got, want)
	}
}

func TestF1_AWorkbookWithoutWorksheetsSaysSo(t *testing.T) {
	p := bookOf("", parts{"xl/_rels/workbook.xml.rels": leadingTo("chartsheet", "chartsheets/sheet1.xml")})
	if _, err := read(t, p.zipped(t)); coded(err).Code != problem.WorkbookNoSheet {
		t.Errorf("error = %v", err)
	}
}

func TestF11_ACutOrChangedFileIsNeverReadAsLess(t *testing.T) {
	file := bookOf(row1(`<c r="A1" t="s"><v>1</v></c>`)+`<row r="2"><c r="A2"><v>12345</v></c></row>`, nil).zipped(t)
	want, err := read(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(file) {
		if got, err := read(t, file[:n]); coded(err).Code == "" {
			t.Fatalf("cut to %d bytes: %q, %v", n, got, err)
		}
	}
	for n := range len(file) {
		changed := bytes.Clone(file)
		changed[n] ^= 0x41
		got, err := read(t, changed)
		if err != nil && coded(err).Code == "" || err == nil && got != want {
			t.Errorf("byte %d changed: %q, %v", n, got, err)
		}
	}
}

// A raw entry is one whose header says what it likes.
type rawEntry struct {
	name   string
	packed []byte
	size   uint64 // as the header says
	sum    uint32
}

func pack(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// withRaw puts an entry in place of a part.
func withRaw(t *testing.T, p parts, e rawEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range p {
		if name == e.name {
			continue
		}
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateRaw(&zip.FileHeader{Name: e.name, Method: zip.Deflate, CRC32: e.sum, CompressedSize64: uint64(len(e.packed)), UncompressedSize64: e.size})
	if err == nil {
		_, err = f.Write(e.packed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestF11_SizesAndSumsThatLieAreDamage(t *testing.T) {
	const name = "xl/worksheets/sheet1.xml"
	text := sheetOf(row1(`<c r="A1"><v>1</v></c>`))
	sum, size := crc32.ChecksumIEEE([]byte(text)), uint64(len(text))
	tests := []struct {
		name  string
		entry rawEntry
	}{
		{"a smaller size", rawEntry{name, pack(text), size - 1, sum}},
		{"a larger size", rawEntry{name, pack(text), size + 1, sum}},
		{"another sum", rawEntry{name, pack(text), size, sum + 1}},
		{"packed data that are cut off", rawEntry{name, pack(text)[:50], size, sum}},
		{"no packed data", rawEntry{name, []byte("\xff\xff\xff"), size, sum}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(t, withRaw(t, bookOf("", nil), tt.entry))
			if p := coded(err); p.Values["reason"] != reasonPart {
				t.Errorf("%q, %v %v", got, err, p.Values)
			}
		})
	}
	if got, err := read(t, withRaw(t, bookOf("", nil), rawEntry{name, pack(text), size, sum})); err != nil || got != "1|n:1|\n" {
		t.Errorf("the true entry: %q, %v", got, err)
	}
}

func TestF11_EntriesThatStandTwiceAreRefused(t *testing.T) {
	for _, name := range []string{"xl/worksheets/sheet1.xml", `XL\Worksheets\Sheet1.xml`, "/xl/./worksheets/sheet1.xml"} {
		p := bookOf("", nil)
		text := p["xl/worksheets/sheet1.xml"]
		file := withRaw(t, p, rawEntry{name: "other.xml", packed: pack(text)})
		// the last entry is given the name of another part, of the same length where it can be
		var b bytes.Buffer
		r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(&b)
		for _, f := range r.File {
			if f.Name == "other.xml" {
				f.Name = name
			}
			if err := w.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		if _, err := read(t, b.Bytes()); coded(err).Values["reason"] != reasonTwice {
			t.Errorf("%s: %v %v", name, err, coded(err).Values)
		}
	}
}

// directory makes an archive of one local entry, and of so many entries in the
// directory that all mean it. announced is the number that its end tells.
func directory(entries, announced int, wide bool) []byte {
	const local = 30 + 5
	b := []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00a.xml")
	begin := len(b)
	for i := range entries {
		e := make([]byte, 46, 54)
		copy(e, "PK\x01\x02")
		e = fmt.Appendf(e, "%08x", i)
		binary.LittleEndian.PutUint16(e[28:], 8)
		b = append(b, e...)
	}
	size := len(b) - begin
	if wide {
		at := len(b)
		end := make([]byte, 56)
		copy(end, "PK\x06\x06")
		binary.LittleEndian.PutUint64(end[4:], 44)
		binary.LittleEndian.PutUint64(end[24:], uint64(announced))
		binary.LittleEndian.PutUint64(end[32:], uint64(announced))
		binary.LittleEndian.PutUint64(end[40:], uint64(size))
		binary.LittleEndian.PutUint64(end[48:], uint64(begin))
		loc := make([]byte, 20)
		copy(loc, "PK\x06\x07")
		binary.LittleEndian.PutUint64(loc[8:], uint64(at))
		loc[16] = 1
		b = append(append(b, end...), loc...)
		announced = 0xffff
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(announced))
	binary.LittleEndian.PutUint16(end[10:], uint16(announced))
	binary.LittleEndian.PutUint32(end[12:], uint32(size))
	binary.LittleEndian.PutUint32(end[16:], uint32(begin))
	_ = local
	return append(b, end...)
}

// An endless part is a sheet that goes on and on.
func bomb(t *testing.T, name, begin, again string, times int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for part, text := range bookOf("", nil) {
		if part == name {
			continue
		}
		f, err := w.Create(part)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.Create(name)
	if err == nil {
		_, err = io.WriteString(f, begin)
	}
	block := strings.Repeat(again, 1+(1<<20)/len(again))
	for n := 0; n < times && err == nil; n += len(block) / len(again) {
		_, err = io.WriteString(f, block)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestF11_HostileWorkbooksEndInTimeAndMemory(t *testing.T) {
	const sheet, sst = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
	head := strings.TrimSuffix(sheetOf(""), "</sheetData></worksheet>")
	overlapping := directory(100, 100, false)
	tests := []struct {
		name string
		file []byte
		code problem.Code
		what string // what or reason
	}{
		{"a million entries", directory(1_000_000, 1_000_000, true), problem.WorkbookLimit, "entries"},
		{"a million entries that are not announced", directory(15*65536+5, 5, false), problem.WorkbookLimit, "directory"},
		{"entries beyond the limit that are not announced", directory(65536+3, 3, false), problem.WorkbookLimit, "entries"},
		{"fewer entries than announced", directory(3, 1<<40, true), problem.WorkbookLimit, "entries"},
		{"entries that share their bytes", overlapping, problem.FileUnsupported, "zip"},
		{"white space without end", bomb(t, sheet, head, " ", 20<<20), problem.WorkbookLimit, "text"},
		{"one cell without end", bomb(t, sheet, head+row1(`<c r="A1" t="inlineStr"><is><t>`)[:len(row1(`<c r="A1" t="inlineStr"><is><t>`))-6], "x", 20<<20), problem.WorkbookLimit, "text"},
		{"runs of text without end", bomb(t, sst, xmlHead+`<sst `+mainNS+`><si>`, "<r><t>abcdefgh</t></r>", 1<<20), problem.WorkbookLimit, "text"},
		{"empty shared strings without end", bomb(t, sst, xmlHead+`<sst `+mainNS+`>`, "<si/>", 20<<20), problem.WorkbookLimit, "ratio"},
		{"relations without end", bomb(t, "xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, " ", 20<<20), problem.WorkbookLimit, "text"},
		{"cell formats without end", bomb(t, "xl/styles.xml", `<styleSheet `+mainNS+`><cellXfs>`, "<xf/>", 1<<17), problem.WorkbookLimit, "table"},
		{"elements in each other without end", bomb(t, sheet, head, "<x>", 1<<20), problem.WorkbookLimit, "depth"},
		{"rows without a text without end", bomb(t, sheet, head, "<row/>", 1<<21), problem.WorkbookDamaged, reasonReference},
		{"cells without a text without end", bomb(t, sheet, head+"<row>", "<c/>", 1<<20), problem.WorkbookDamaged, reasonReference},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			var err error
			runtime.GC()
			memory := peak(func() { _, err = read(t, tt.file) })
			p := coded(err)
			if p.Code != tt.code || p.Values["what"]+p.Values["reason"] != tt.what {
				t.Errorf("error = %v %v, want %s %s", err, p.Values, tt.code, tt.what)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if memory > 256<<20 {
				t.Errorf("%d MB of memory", memory>>20)
			}
		})
	}
}

func TestF11_TheSumOfAllPartsIsLimited(t *testing.T) {
	file := bookOf(row1(`<c r="A1" t="s"><v>1</v></c>`), nil).zipped(t)
	l := DefaultLimits()
	l.Inflated = 1200
	b, err := Open(bytes.NewReader(file), int64(len(file)), l)
	if err == nil {
		_, err = shown(b, 0)
	}
	if p := coded(err); p.Code != problem.WorkbookLimit || p.Values["what"] != "inflated" || p.Kind != problem.TooLarge {
		t.Errorf("error = %v %v", err, p.Values)
	}
}

func TestF11_ATextThatNoCellCanHoldIsRefused(t *testing.T) {
	long := strings.Repeat("あ", 100_000)
	for name, p := range map[string]parts{
		"inline": bookOf(row1(`<c r="A1" t="inlineStr"><is><t>`+long+`</t></is></c>`), nil),
		"shared": bookOf(row1(`<c r="A1" t="s"><v>0</v></c>`), parts{"xl/sharedStrings.xml": sstOf(`<si><t>` + long + `</t></si>`)}),
		"runs":   bookOf(row1(`<c r="A1" t="inlineStr"><is><r><t>`+long[:150_000]+`</t></r><r><t>`+long[:150_000]+`</t></r></is></c>`), nil),
		"result": bookOf(row1(`<c r="A1" t="str"><v>`+long+`</v></c>`), nil),
	} {
		if _, err := read(t, p.zipped(t)); coded(err).Values["what"] != "text" {
			t.Errorf("%s: %v %v", name, err, coded(err).Values)
		}
	}
}

func TestF11_ARowOfManyLongTextsIsRefused(t *testing.T) {
	long := make([]byte, 30_000)
	for i := range long {
		long[i] = 'a' + byte(i*i%23)
	}
	cells := strings.Repeat(`<c t="inlineStr"><is><t>`+string(long)+`</t></is></c>`, 700)
	if _, err := read(t, bookOf(row1(cells), nil).zipped(t)); coded(err).Code != problem.RowTooLong && coded(err).Values["what"] != "ratio" {
		t.Errorf("error = %v", err)
	}
}

// failing is a disk that breaks.
type failing struct {
	io.ReaderAt
	good int
}

var errDisk = errors.New("disk")

func (f *failing) ReadAt(b []byte, off int64) (int, error) {
	if f.good--; f.good < 0 {
		return 0, errDisk
	}
	return f.ReaderAt.ReadAt(b, off)
}

func TestF11_ErrorsOfTheDiskAreNotTakenForDamage(t *testing.T) {
	file := bookOf(row1(`<c r="A1" t="s"><v>1</v></c>`), nil).zipped(t)
	for good := range 1000 {
		b, err := Open(&failing{bytes.NewReader(file), good}, int64(len(file)), DefaultLimits())
		if err == nil {
			for _, e := range b.Rows(context.Background(), 0) {
				err = e
			}
		}
		if err == nil {
			return
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("after %d reads: %v", good, err)
		}
	}
	t.Error("never read to the end")
}
