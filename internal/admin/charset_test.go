package admin_test

import (
	"bytes"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
)

func TestF12_AnUntouchedExportIsAllKeepWithoutBeingToldItsCharset(t *testing.T) {
	each(t, func(h *house) {
		h.apply("name,email,remarks\n佐藤 健,a1@x.example,備考～テスト\n髙橋 一郎,a2@x.example,①②③\nﾔﾏﾀﾞ,a3@x.example,ｶﾅ\nRenée Müller,r@x.example,Zürich\n", plan.Options{})
		for _, charset := range []string{"utf-8", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030", "big5", "euc-kr", "windows-1252"} {
			var file bytes.Buffer
			if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{Charset: charset, Replace: true}, &file, nil, nil); err != nil {
				t.Fatalf("%s: %v", charset, err)
			}
			imp := h.plan(file.String(), plan.Options{})
			if got := counts(imp); got != [6]int64{0, 0, 0, 0, 5, 0} || imp.Charset != charset {
				t.Errorf("%s read as %s: counts = %v, want all keep", charset, imp.Charset, got)
			}
		}
	})
}

// What is untouched but for how its charset is told, or for the name of a column.
func TestF12_FingerprintsProveACharsetUnderAnyNameAndWithoutAMark(t *testing.T) {
	each(t, func(h *house) {
		h.apply("name,email,remarks\nRenée Müller,r@x.example,Zürich für Ångström\n", plan.Options{})
		export := func(charset string) []byte {
			h.Helper()
			var file bytes.Buffer
			if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{Charset: charset, Replace: true}, &file, nil, nil); err != nil {
				h.Fatalf("%s: %v", charset, err)
			}
			return file.Bytes()
		}
		mapped := plan.Options{Map: map[string]string{"as exported": "_base"}}
		for _, tt := range []struct {
			what, charset, file string
			o                   plan.Options
		}{
			{"no byte order mark", "utf-16be", string(bytes.TrimPrefix(export("utf-16be"), []byte("\xfe\xff"))), plan.Options{}},
			{"no byte order mark", "utf-16le", string(bytes.TrimPrefix(export("utf-16le"), []byte("\xff\xfe"))), plan.Options{}},
			{"a mapped column", "gb18030", strings.Replace(string(export("gb18030")), "_base", "as exported", 1), mapped},
			{"a mapped column", "windows-1252", strings.Replace(string(export("windows-1252")), "_base", "as exported", 1), mapped},
		} {
			imp := h.plan(tt.file, tt.o)
			if got := counts(imp); got != [6]int64{0, 0, 0, 0, 2, 0} || imp.Charset != tt.charset || imp.Outcome.Guessed {
				t.Errorf("%s, %s read as %s, guessed %v: counts = %v, want all keep", tt.what, tt.charset, imp.Charset, imp.Outcome.Guessed, got)
			}
		}
	})
}
