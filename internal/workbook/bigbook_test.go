package workbook

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// A writing is how a program writes its workbooks.
type writing struct {
	name   string
	head   string // namespaces of the sheet and of the table of shared strings
	prefix string // of their elements
	row    string // attributes of rows, behind r
	style  string // attribute of cells that have no other
	kind   string // type of cells that hold a text
	open   string // a text is written between open and close, in its cell or in the table of shared strings
	close  string
	hint   string // how to read a name aloud, behind it
	end    string
}

var (
	inline = writing{name: "inline", head: mainNS, row: ` spans="1:7"`, kind: "inlineStr", open: "<is><t>", close: "</t>", end: "</is>"} // openpyxl's write-only mode, Apache POI's SXSSF
	shared = writing{name: "shared", head: mainNS, row: ` spans="1:7"`, kind: "s", open: "<si><t>", close: "</t>", end: "</si>"}         // XlsxWriter, openpyxl, Google Sheets

	writings = []writing{
		inline, shared,
		{name: "Excel", head: mainNS + ` xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"`, row: ` spans="1:7" x14ac:dyDescent="0.4"`,
			kind: "s", open: "<si><t>", close: "</t>", hint: `<rPh sb="0" eb="2"><t>ヤマダ</t></rPh><rPh sb="3" eb="5"><t>タロウ</t></rPh>`, end: `<phoneticPr fontId="1"/></si>`}, // in Japanese
		{name: "LibreOffice", head: mainNS, row: ` customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"`,
			style: ` s="0"`, kind: "s", open: `<si><t xml:space="preserve">`, close: "</t>", end: "</si>"},
		{name: "ClosedXML", head: strings.Replace(mainNS, "xmlns", "xmlns:x", 1), prefix: "x:", row: ` spans="1:7"`, style: ` s="0"`, kind: "s", open: "<x:si><x:t>", close: "</x:t>", end: "</x:si>"},
		{name: "SheetJS", head: mainNS, kind: "str", open: "<v>", close: "</v>"},
	}
)

// bigBook writes a workbook of rows with seven cells: a number, five texts, of
// which two are the same in many rows, and a date. It returns its path.
func bigBook(t testing.TB, rows int, as writing) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 4) })
	p := bookOf("", parts{"xl/styles.xml": stylesOf("yyyy-mm-dd")})
	delete(p, "xl/worksheets/sheet1.xml")
	delete(p, "xl/sharedStrings.xml")
	if as.kind != "s" {
		p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml")
	}
	for name, text := range p {
		writeBigPart(t, z, name, func(w *bufio.Writer) { io.WriteString(w, text) })
	}
	writeBigPart(t, z, "xl/worksheets/sheet1.xml", func(w *bufio.Writer) { as.writeSheet(w, rows) })
	if as.kind == "s" {
		writeBigPart(t, z, "xl/sharedStrings.xml", func(w *bufio.Writer) { as.writeStrings(w, rows) })
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeBigPart(t testing.TB, z *zip.Writer, name string, write func(w *bufio.Writer)) {
	t.Helper()
	part, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(part, 1<<16)
	write(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

var offices, divisions = []string{"東京本社", "大阪支社", "福岡営業所"}, []string{"営業部", "開発部"}

// bigTexts are the texts of row i.
func bigTexts(i int) []string {
	return []string{
		fmt.Sprintf("member%07d@example.co.jp", i), fmt.Sprintf("山田 太郎%d", i), fmt.Sprintf("M%09d", i*7919%1_000_000_007),
		offices[i%3], divisions[i%2],
	}
}

func (as writing) writeSheet(w *bufio.Writer, rows int) {
	x := as.prefix
	fmt.Fprintf(w, xmlHead+"<%sworksheet %s><%[1]ssheetData>", x, as.head)
	for i := range rows {
		n := strconv.Itoa(i + 1)
		w.WriteString("<" + x + `row r="` + n + `"` + as.row + "><" + x + `c r="A` + n + `"` + as.style + "><" + x + "v>" + strconv.Itoa(1_000_000+i) + "</" + x + "v></" + x + "c>")
		for k, text := range bigTexts(i) {
			content := as.open + text + as.close + as.end
			if as.kind == "s" {
				number := 3*i + k
				if k >= 3 {
					number = 3*rows + []int{i % 3, 3 + i%2}[k-3]
				}
				content = "<" + x + "v>" + strconv.Itoa(number) + "</" + x + "v>"
			}
			w.WriteString("<" + x + `c r="` + string(rune('B'+k)) + n + `"` + as.style + ` t="` + as.kind + `">` + content + "</" + x + "c>")
		}
		w.WriteString("<" + x + `c r="G` + n + `" s="1"><` + x + "v>" + strconv.Itoa(40000+i%6000) + "</" + x + "v></" + x + "c></" + x + "row>")
	}
	fmt.Fprintf(w, "</%ssheetData></%[1]sworksheet>", x)
}

func (as writing) writeStrings(w *bufio.Writer, rows int) {
	fmt.Fprintf(w, xmlHead+"<%ssst %s>", as.prefix, as.head)
	for i := range rows {
		texts := bigTexts(i)
		as.writeString(w, texts[0], "")
		as.writeString(w, texts[1], as.hint)
		as.writeString(w, texts[2], "")
	}
	for _, text := range append(offices[:3:3], divisions...) {
		as.writeString(w, text, as.hint)
	}
	fmt.Fprintf(w, "</%ssst>", as.prefix)
}

func (as writing) writeString(w *bufio.Writer, text, hint string) {
	w.WriteString(as.open + text + as.close + hint + as.end)
}
