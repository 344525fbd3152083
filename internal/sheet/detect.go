package sheet

import (
	"bytes"
	"unicode/utf8"

	"meibo/internal/problem"
)

func (f *File) findCharset(head []byte, o Options) error {
	if o.Charset != "" && o.Charset != "auto" {
		name, err := CharsetName(o.Charset)
		if err != nil {
			return err
		}
		f.Charset = name
	}
	for mark, name := range map[string]string{"\xef\xbb\xbf": utf8Name, "\xff\xfe": utf16leName, "\xfe\xff": utf16beName} {
		if bytes.HasPrefix(head, []byte(mark)) {
			f.Charset, f.BOM, f.body = name, true, int64(len(mark))
		}
	}
	if f.Charset != "" {
		return nil
	}
	f.Charset = utf8Name
	if !utf8.Valid(head) {
		f.Charset, f.CharsetGuessed = shiftJISName, true
	}
	return nil
}

func (f *File) findDelimiter(head []byte, o Options) error {
	f.Delimiter = o.Delimiter
	if f.Delimiter == 0 {
		f.Delimiter = ','
	}
	if !isDelimiter(f.Delimiter) {
		return problem.New(problem.DelimiterUnknown, "delimiter", string(f.Delimiter))
	}
	return nil
}
