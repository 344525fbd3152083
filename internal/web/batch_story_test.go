package web_test

import (
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
)

func TestA1_AFileIsBroughtReviewedAppliedAndUndoneInABrowser(t *testing.T) {
	each(t, func(h *house) {
		h.bring(staff(30))
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BrakeDeletes, "1"); err != nil {
			h.Fatal(err)
		}
		b := h.tab("ja")
		b.signIn("owner")
		b.open("/batch")
		b.press("日本語")
		b.waits("35人") // the number, which comes by itself
		b.accessible()
		b.choose("CSVまたはXLSXのファイル", "社員.csv", "メールアドレス,名前,削除フラグ,メモ\nhal@x.example,春 太郎,,x\ngus@x.example,ガス,,\npa@x.example,,1,\npb@x.example,,1,\npc@x.example,,1,\npd@x.example,,1,\nbad,悪い,,\n")
		b.waits("列の対応付けを保存")
		b.accessible()
		b.picture("upload-ja")
		b.press("メールアドレスでメンバーを探す")
		b.press("送信")
		b.waits("この計画を適用しますか")
		b.accessible()
		b.picture("review-ja")
		b.fill("行番号", "hal")
		b.waits("春 太郎")
		b.press("破棄")
		b.waits("破棄済み")
		b.press("計画をもう一度作成")
		b.waits("この計画を適用しますか")
		b.fill("メンバーを4人削除します", "4")
		b.press("6件の変更を適用")
		b.waits("に適用しました")
		b.accessible()
		b.shows(390, true)
		b.open(eval[string](b, `location.pathname`)) // colours are those of the theme from the beginning
		b.waits("に適用しました")
		b.accessible()
		b.picture("result-ja-dark-phone")
		b.shows(1280, false)
		b.press("元に戻す")
		b.waits("を元に戻す")
		b.press("6件の変更を適用")
		b.waits("に適用しました")
		b.open("/imports")
		b.waits("社員.csv")
		b.accessible()
		b.open("/exports")
		b.accessible()
	})
}

func TestA4_ProgressIsLiveInABrowser(t *testing.T) {
	once(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BackgroundRows, "10"); err != nil {
			h.Fatal(err)
		}
		b := h.tab("en")
		b.signIn("owner")
		b.open(h.as("owner").sent("a.csv", staff(20)))
		b.waits("Waiting for its turn")
		b.accessible()
		h.work(admin.Workers{})
		b.waits("Apply 20 changes") // by itself
	})
}
