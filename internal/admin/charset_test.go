package admin_test

import (
	"bytes"
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
