package web_test

import (
	"testing"

	"meibo/internal/storetest"
)

func TestR0_TheFirstRunInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		h := start(t, database)
		b := h.tab("ja")
		b.open("/")
		b.waits("組織の設定")
		b.accessible()
		b.fill("組織名", "株式会社例")
		b.fill("あなたの名前", "伊藤 愛")
		b.fill("メールアドレス", "ito@x.example")
		b.fill("パスワード", password)
		b.press("設定する")
		b.waits("ito@x.example")
		b.accessible()
		b.press("English")
		b.waits("Members")
		b.press("Sign out")
		b.waits("You are signed out.")
		b.accessible()
	})
}
