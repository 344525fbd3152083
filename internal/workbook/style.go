package workbook

import (
	"errors"
	"io"
	"strconv"
)

const (
	// maxFormats is how many cell formats there may be. Excel takes 65,490.
	maxFormats = 1 << 16

	// maxFormatCode is the longest number format that is looked at, in bytes:
	// four times what Excel takes. What is longer is General.
	maxFormatCode = 1 << 10
)

// loadFormats reads what the cells' styles say about numbers, if the workbook
// has styles.
func (b *Book) loadFormats() error {
	if b.formats != nil {
		return nil
	}
	b.formats = []*format{}
	part := b.parts["styles"]
	if part == "" {
		return nil
	}
	r, err := b.c.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r, part, b.c.limits.Depth)
	if err != nil {
		return err
	}
	if err := s.rootIs("styleSheet", mainSpace); err != nil {
		return err
	}
	st := styles{s: s, known: map[int]*format{}}
	for {
		t, err := s.content()
		if errors.Is(err, io.EOF) {
			b.formats = st.formats
			return nil
		}
		if err != nil {
			return err
		}
		if err := st.take(t); err != nil {
			return err
		}
	}
}

// styles reads the part of styles: the number formats of cellXfs, which cells
// name by number. Number formats stand before cellXfs, but need not.
type styles struct {
	s       *scanner
	inside  string          // numFmts or cellXfs
	known   map[int]*format // by numFmtId; one that is nil is to be filled in
	formats []*format
}

func (st *styles) take(t *token) error {
	switch {
	case t.kind == charData:
	case t.is("numFmts"), t.is("cellXfs"):
		st.inside = ""
		if t.kind == startTag {
			st.inside = string(t.name)
		}
	case st.inside == "numFmts" && t.opens("numFmt"):
		return st.define(t)
	case st.inside == "cellXfs" && t.opens("xf"):
		if len(st.formats) == maxFormats {
			return tooMuch("table", maxFormats)
		}
		id, _ := strconv.Atoi(string(t.attr("numFmtId"))) // none is General
		st.formats = append(st.formats, st.format(id))
	}
	return nil
}

// format returns the format of that number. It may be defined later.
func (st *styles) format(id int) *format {
	f := st.known[id]
	if f == nil {
		f = parseFormat(builtin(id))
		st.known[id] = f
	}
	return f
}

func (st *styles) define(t *token) error {
	id, err := strconv.Atoi(string(t.attr("numFmtId")))
	if err != nil {
		return nil //nolint:nilerr // a number that is none: nothing can name it
	}
	if len(st.known) > maxFormats {
		return tooMuch("table", maxFormats)
	}
	code, err := st.s.attrText(t.attr("formatCode"))
	if err != nil {
		return err
	}
	if len(code) > maxFormatCode {
		code = ""
	}
	*st.format(id) = *parseFormat(code)
	return nil
}

// builtin returns the code of a number format that every workbook has, reduced
// to what matters here (ECMA-376 part 1, numFmt; 27 to 36 and 50 to 58 are those
// of Japanese and Chinese, 71 to 81 of Thai). What is not listed is General.
func builtin(id int) string {
	switch {
	case id == 1:
		return "0"
	case id == 22, id == 77:
		return "yyyy-mm-dd h:mm"
	case 18 <= id && id <= 21, id == 32, id == 33, id == 45, id == 47, id == 75, id == 76, id == 78, id == 80:
		return "h:mm:ss"
	case id == 46, id == 79:
		return "[h]:mm:ss"
	case 14 <= id && id <= 17, 27 <= id && id <= 36, 50 <= id && id <= 58, 71 <= id && id <= 74, id == 81:
		return "yyyy-mm-dd"
	}
	return ""
}
