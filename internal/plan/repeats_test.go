package plan

import (
	"strconv"
	"testing"

	"meibo/internal/member"
)

func keyed(id int64, email, login string) *Change {
	return &Change{MemberID: id, Mask: member.MaskOf(member.Email, member.LoginID), After: member.Member{Email: email, LoginID: login}}
}

func TestP8_ARepetitionIsNeverMissed(t *testing.T) {
	for _, others := range []int{0, fewKeys - 1, fewKeys, 50_000} { // few keys, and many
		var r Repeats
		r.Add(keyed(9_000_000, "ann@x.example", "ann"))
		for i := range others {
			r.Add(keyed(int64(i+1), "u"+strconv.Itoa(i)+"@x.example", "u"+strconv.Itoa(i)))
		}
		if len(r.Members()) > 0 || r.Keys(member.Email) || r.Keys(member.LoginID) {
			t.Errorf("%d others: nothing repeats, and it says so", others)
		}
		r.Add(keyed(0, "Ann@X.example", ""))
		if len(r.Members()) > 0 || !r.Keys(member.Email) || r.Keys(member.LoginID) {
			t.Errorf("%d others: an e-mail address repeats: %v %v %v", others, r.Members(), r.Keys(member.Email), r.Keys(member.LoginID))
		}
		r.Add(keyed(0, "", "ANN"))
		r.Add(keyed(9_000_000, "", ""))
		if len(r.Members()) != 1 || !r.Members().Has(9_000_000) || !r.Keys(member.LoginID) {
			t.Errorf("%d others: a member and a login ID repeat: %v %v", others, r.Members(), r.Keys(member.LoginID))
		}
	}
}

func TestP8_AKeyThatARowDoesNotAskForRepeatsNothing(t *testing.T) {
	var r Repeats
	for range 2 {
		r.Add(&Change{After: member.Member{Email: "ann@x.example", LoginID: "ann"}})
	}
	if len(r.Members()) > 0 || r.Keys(member.Email) || r.Keys(member.LoginID) {
		t.Error("rows without a mask and a member repeat")
	}
}
