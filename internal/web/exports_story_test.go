package web_test

import (
	"testing"

	"meibo/internal/admin"
	"meibo/internal/locale"
)

func TestE5_AnExportInTheBackgroundIsFollowedInABrowser(t *testing.T) {
	each(t, func(h *house) {
		b := h.tab("ja")
		b.signIn("owner")
		b.open("/batch")
		b.press("日本語")
		b.waits("バックグラウンドでエクスポート")
		b.waits("5人") // nothing moves any more
		b.picture("batch-download-ja")
		b.press("バックグラウンドでエクスポート")
		b.waits("待機中")
		b.accessible()
		b.picture("exports-waiting-ja")
		h.work(admin.Workers{Text: func(lang string) admin.Texter { return locale.New(lang) }})
		b.waits("完了") // the table asks again by itself
		b.accessible()
		b.picture("exports-done-ja")
		b.press("English")
		b.waits("Ready")
		b.shows(390, true)
		b.open("/exports")
		b.waits("Ready")
		b.accessible()
		b.picture("exports-done-en-dark-phone")
	})
}
