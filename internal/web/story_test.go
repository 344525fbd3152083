package web_test

import (
	"strings"
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

// What a demo organisation has in it is tested on both databases where it is made.
func TestR0_TheFirstRunInABrowserMayMakeADemo(t *testing.T) {
	h := start(t, storetest.SQLite(t))
	b := h.tab("ja")
	b.open("/")
	b.fill("組織名", "はなみずき商会")
	b.press("デモ用の組織")
	b.fill("あなたの名前", "伊藤 愛")
	b.fill("メールアドレス", "ito@x.example")
	b.fill("パスワード", password)
	b.picture("setup-demo-ja")
	b.press("設定する")
	b.waits("301人")
	b.accessible()
	b.picture("demo-members-ja")
	b.open("/imports")
	b.waits("全社員.csv")
	b.press("今月の異動.csv")
	b.waits("この計画を適用しますか")
	b.accessible()
	b.picture("demo-review-ja")
	b.press("English")
	b.waits("Apply this plan?")
}

func TestI1_AnInvitationIsAcceptedFromTheMailThatArrived(t *testing.T) {
	each(t, func(h *house) {
		server, send := h.postOffice()
		h.invite(false, "ann@x.example")
		send()
		path, token := mailedTo(h.T, server, "ann@x.example")
		b := h.tab("ja")
		b.open(path + "#" + token)
		b.waits("Acmeへの招待")
		if at := eval[string](b, "location.href"); strings.Contains(at, token) {
			h.Error("the address still has the token in it")
		}
		b.press("English")
		b.waits("Invitation to Acme")
		b.accessible()
		b.picture("invitation")
		b.fill("Your name", "Ann Ito")
		b.fill("Password", newPassword)
		b.press("Accept the invitation")
		b.waits("Ann Ito")
		b.open("/profile")
		b.waits("ann@x.example")
		b.accessible()
		b.picture("profile")
		b.open("/profile/authenticator")
		b.fill("Present password", newPassword)
		b.press("Set up an authenticator")
		b.waits("Scan this")
		if !eval[bool](b, `document.querySelector("img.qr").naturalWidth > 100`) {
			h.Error("the picture to scan is not shown")
		}
		b.accessible()
		b.picture("authenticator")
		b.press("日本語")
		b.waits("認証アプリ")
		b.shows(390, true)
		b.picture("authenticator-narrow")
		b.open("/profile")
		b.waits("プロフィール")
		if eval[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
			h.Error("the profile is wider than a phone")
		}
		b.accessible()
		b.picture("profile-narrow")
	})
}
