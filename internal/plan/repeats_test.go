package plan

import (
	"fmt"
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
		r.Add(keyed(9_000_000, "ann@x.example", "ann"), Holder{}, Holder{})
		for i := range others {
			r.Add(keyed(int64(i+1), "u"+strconv.Itoa(i)+"@x.example", "u"+strconv.Itoa(i)), Holder{}, Holder{})
		}
		if len(r.Members()) > 0 || r.Keys(member.Email) || r.Keys(member.LoginID) {
			t.Errorf("%d others: nothing repeats, and it says so", others)
		}
		r.Add(keyed(0, "Ann@X.example", ""), Holder{}, Holder{})
		if len(r.Members()) > 0 || !r.Keys(member.Email) || r.Keys(member.LoginID) {
			t.Errorf("%d others: an e-mail address repeats: %v %v %v", others, r.Members(), r.Keys(member.Email), r.Keys(member.LoginID))
		}
		r.Add(keyed(0, "", "ANN"), Holder{}, Holder{})
		r.Add(keyed(9_000_000, "", ""), Holder{}, Holder{})
		if len(r.Members()) != 1 || !r.Members().Has(9_000_000) || !r.Keys(member.LoginID) {
			t.Errorf("%d others: a member and a login ID repeat: %v %v", others, r.Members(), r.Keys(member.LoginID))
		}
	}
}

func TestP8_AKeyThatARowDoesNotAskForRepeatsNothing(t *testing.T) {
	var r Repeats
	for range 2 {
		r.Add(&Change{After: member.Member{Email: "ann@x.example", LoginID: "ann"}}, Holder{}, Holder{})
	}
	if len(r.Members()) > 0 || r.Keys(member.Email) || r.Keys(member.LoginID) {
		t.Error("rows without a mask and a member repeat")
	}
}

func TestP8_AKeyThatSomebodyMayHaveIsNeverMissed(t *testing.T) {
	ann := &member.Member{ID: 7}
	free := Holder{Key: "ann@x.example"}
	for _, tt := range []struct {
		what         string
		action       Action
		email, login Holder
		want         bool
	}{
		{"nobody has them", Create, free, Holder{Key: "ann"}, false},
		{"the row's member has them", Update, Holder{"ann@x.example", ann}, Holder{"ann", ann}, false},
		{"somebody else has the address", Update, Holder{"ann@x.example", &member.Member{ID: 8}}, Holder{Key: "ann"}, true},
		{"somebody else has the login ID", Create, free, Holder{"ann", &member.Member{ID: 8}}, true},
		{"nobody looked for the address", Update, Holder{}, Holder{"ann", ann}, true},
		{"nobody looked for the login ID", Update, Holder{"ann@x.example", ann}, Holder{}, true},
		{"another address was looked for", Invite, Holder{Key: "bob@x.example"}, Holder{Key: "ann"}, true},
		{"a rejected row asks, too", Reject, Holder{"ann@x.example", &member.Member{ID: 8}}, Holder{Key: "ann"}, true},
		{"a row that only keeps asks for nothing", Keep, Holder{}, Holder{}, false},
	} {
		var r Repeats
		c := keyed(7, "Ann@x.example", "ann")
		c.Action = tt.action
		r.Add(c, tt.email, tt.login)
		if r.Claims() != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, r.Claims(), tt.want)
		}
	}
	var undo Repeats
	undo.AddUndone(&Change{Action: Delete, Mask: member.MaskOf(member.Email)})
	undo.AddUndone(&Change{Action: Update, Mask: member.MaskOf(member.Name)})
	if undo.Claims() {
		t.Error("an undo that asks for no key has claims")
	}
	if undo.AddUndone(&Change{Action: Create, Mask: member.MaskOf(member.LoginID)}); !undo.Claims() {
		t.Error("an undo that brings a login ID back has none")
	}
}

// Who has few members holds their keys against those of the rows.
func TestP8_AKeyForWhichARowAsksIsNeverMissed(t *testing.T) {
	var r Repeats
	if r.Asks(member.Email, "u1@x.example") {
		t.Error("no rows ask for a key")
	}
	for i := range 3 * fewKeys { // as they are kept when there are few, and when there are many
		if i == fewKeys/2 || i == 3*fewKeys-1 {
			for n := range i {
				if !r.Asks(member.Email, fmt.Sprintf("u%d@x.example", n)) || !r.Asks(member.LoginID, fmt.Sprintf("u%d", n)) {
					t.Fatalf("of %d rows, that of number %d is missed", i, n)
				}
			}
			if r.Asks(member.Email, "u1") || r.Asks(member.LoginID, "u1@x.example") || r.Asks(member.Email, fmt.Sprintf("u%d@x.example", i)) {
				t.Errorf("of %d rows, one asks for what none asks for", i)
			}
		}
		c := keyed(0, fmt.Sprintf("U%d@x.example", i), fmt.Sprintf("u%d", i))
		r.Add(c, Holder{}, Holder{})
	}
	r.AddUndone(&Change{Action: Delete})
	if !r.Asks(member.Email, "u0") {
		t.Error("a row whose keys nobody knows may ask for any")
	}
}

// What does not fit any more may be there: nothing is missed, and memory does not grow.
func TestP8_WhenThereAreTooManyKeysAllMayRepeat(t *testing.T) {
	var s seenKeys
	for i := range 1<<tableBits - tableFree {
		s.add(strconv.Itoa(i))
	}
	if !s.add("7") || !s.add("a new one") || !s.has("another one") {
		t.Error("a key is taken for new when there is no room to remember it")
	}
}
