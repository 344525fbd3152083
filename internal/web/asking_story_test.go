package web_test

import (
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
)

func TestM8_WhatIsHardToTakeBackIsAskedFirstInABrowser(t *testing.T) {
	once(t, func(h *house) {
		h.setting(plan.BrakeMemberships, "1")
		if _, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "東京", Enabled: true}); err != nil {
			t.Fatal(err)
		}
		h.bring("member_id,groups\n2,東京\n3,東京\n")
		h.invite(true, "ann@y.example", "bob@y.example")
		b := h.tab("en")
		b.signIn("owner")
		b.open("/groups/1/delete")
		b.waits("take 2 members out of it")
		b.accessible()
		b.picture("group-delete-en")
		b.press("日本語")
		b.waits("2人を外して「東京」を削除")
		b.picture("group-delete-ja")
		b.fill("グループから外すメンバーの数", "２")
		b.press("2人を外して「東京」を削除")
		b.waits("先に2人のメンバーをグループから外しました。")
		b.accessible()
		b.picture("group-deleted-ja")

		b.open("/invitations")
		b.press("ann@y.example")
		b.press("招待を取り消す")
		b.waits("1件の招待を取り消し")
		b.accessible()
		b.picture("invitation-cancel-ja")
		b.press("English")
		b.waits("Cancel 1 invitation")
		b.picture("invitation-cancel-en")
		b.press("Cancel 1 invitation")
		b.waits("1 change can be taken back")
		b.picture("invitation-cancelled-en")

		b.open("/members/1")
		b.press("Login Allowed")
		b.press("Save")
		b.waits("The primary owner must always be able to sign in")
		b.accessible()
		b.picture("lockout-en")
		b.open("/members/1")
		b.press("日本語")
		b.waits("保存")
		b.press("ログインの許可")
		b.press("保存")
		b.waits("期限なしで常にログインできる必要があります")
		b.picture("lockout-ja")
	})
}

func TestP10_APlanThatChangesNothingInABrowser(t *testing.T) {
	once(t, func(h *house) {
		imp := h.plan("member_id,name\n2,Dave\n")
		b := h.tab("ja")
		b.signIn("owner")
		b.open("/imports/" + decimal(imp.ID))
		b.press("日本語")
		b.waits("変更はありません")
		b.accessible()
		b.picture("nothing-ja")
		b.press("English")
		b.waits("Nothing to change")
		b.picture("nothing-en")
		done := h.bring("member_id,name\n2,Dave II\n")
		path := "/imports/" + decimal(done.ID)
		w := h.as("owner")
		w.applied(w.post(path + "/undo").location)
		b.open(w.post(path + "/undo").location)
		b.waits("There is nothing left to undo")
		b.picture("nothing-to-undo-en")
	})
}
