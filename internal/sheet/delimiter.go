package sheet

import (
	"bytes"
	"strings"

	"meibo/internal/problem"
)

// findDelimiter sets the delimiter, and where the rows begin: as chosen, as the
// first line sep= says, or by the first rows.
func (f *File) findDelimiter(head []byte, o Options) error {
	view := viewerOf(f.Charset)
	seen := view.see(nil, head[min(f.body, int64(len(head))):], int64(len(head)) == f.size)
	n := bytes.IndexAny(seen, "\r\n")
	if n < 0 {
		n = len(seen)
	}
	if d := sepDelimiter(seen[:n]); d != 0 {
		f.SepLine, f.Delimiter = true, rune(d)
		n += lineEnd(seen[n:])
		f.body, f.line = min(f.body+int64(n*view.unit()), f.size), 2
	}
	if o.Delimiter != 0 {
		f.Delimiter = o.Delimiter
	}
	if f.Delimiter == 0 {
		f.Delimiter = f.likeliestDelimiter(head, o.KnownHeader)
	}
	if !isDelimiter(f.Delimiter) {
		return problem.New(problem.DelimiterUnknown, "delimiter", string(f.Delimiter))
	}
	return nil
}

// sepDelimiter returns the delimiter that a line sep=; names, as spreadsheets
// write and read it, quoted too; 0 if line is none. It may be one that is not
// known here.
func sepDelimiter(line []byte) byte {
	if n := len(line); n == 7 && line[0] == '"' && line[6] == '"' {
		line = line[1:6]
	}
	if len(line) != 5 || !strings.EqualFold(string(line[:4]), "sep=") {
		return 0
	}
	if d := line[4]; d == '\t' || ' ' <= d && d < 0x7f && d != '"' && !isAlphanumeric(d) {
		return d
	}
	return 0
}

func isAlphanumeric(b byte) bool { return isLetter(rune(b)) || '0' <= b && b <= '9' }

// maxSampleRows is how many rows the choice of a delimiter rests on.
const maxSampleRows = 100

// likeliestDelimiter returns the delimiter under which the first rows have the
// same number of cells, and more than one; the comma if there is none. Known
// headers outweigh that.
func (f *File) likeliestDelimiter(head []byte, known func(string) bool) rune {
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t'} {
		if points := f.weighDelimiter(head, d, known); points > most {
			best, most = d, points
		}
	}
	return best
}

func (f *File) weighDelimiter(head []byte, d rune, known func(string) bool) int {
	try := &File{
		Charset: f.Charset, Delimiter: d,
		src: bytes.NewReader(head), size: int64(len(head)), body: min(f.body, int64(len(head))), line: 1,
	}
	r := try.reader()
	width, rows, same, stray, headers := 0, 0, 0, 0, 0
	for rows < maxSampleRows {
		rec, err := r.scan.next()
		if err != nil || rec.open.Code != "" || len(rec.end) == 0 && try.size < f.size {
			break // the head may end within this one
		}
		if r.isBlankRecord(rec) {
			continue
		}
		rows++
		row := r.decode(rec)
		if rows == 1 {
			width = len(row.Cells)
			headers = countHeaders(row.Cells, known)
		}
		if len(row.Cells) == width {
			same++
		}
		stray += min(len(row.Problems), 1)
	}
	if width < 2 {
		return headers * 1000
	}
	return headers*1000 + 100*(same-stray)/max(rows, 1) + min(width, 50)
}

func countHeaders(cells []string, known func(string) bool) int {
	n := 0
	for _, c := range cells {
		if known != nil && known(trim(c)) {
			n++
		}
	}
	return n
}
