package admin_test

import (
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// session returns who is signed in with a token.
func (h *house) session(token string) admin.Session {
	h.Helper()
	x, err := h.svc.Session(h.Context(), token)
	if err != nil {
		h.Fatalf("session: %v", err)
	}
	return x
}

// asAnn registers ann and returns her as an actor.
func (h *house) asAnn() admin.Actor {
	h.Helper()
	h.ann()
	a, err := h.session(h.mustSignIn("ann.t", annsPassword)).Actor()
	h.must(err)
	return a
}

func (h *house) profile(a admin.Actor) admin.Profile {
	h.Helper()
	p, err := h.svc.Profile(h.Context(), a)
	h.must(err)
	return p
}

func TestI3_EverybodyChangesTheirOwnNameAndLanguage(t *testing.T) {
	each(t, func(h *house) {
		a := h.asAnn() // without any right
		h.must(h.svc.SetOwnName(h.Context(), a, " Ann Tanaka "))
		h.must(h.svc.SetOwnLanguage(h.Context(), a, "ja"))
		if p := h.profile(a); p.Member.Name != "Ann Tanaka" || p.Language != "ja" || !p.HasPassword || p.Member.Version != 2 {
			h.Errorf("profile: %+v", p)
		}
		h.refused(h.svc.SetOwnName(h.Context(), a, "  "), problem.RequiredBlank)
		h.refused(h.svc.SetOwnLanguage(h.Context(), a, "fr"), problem.LanguageUnknown)
		h.must(h.svc.SetOwnLanguage(h.Context(), a, ""))
		pasts, _, err := h.svc.History(h.Context(), h.owner, a.MemberID)
		if err != nil || len(pasts) != 2 || pasts[0].Kind != store.OwnImport || pasts[0].ActorID != a.MemberID {
			h.Errorf("history: %+v, %v", pasts, err)
		}
		h.refused(h.svc.SetOwnName(h.Context(), h.owner, "Root"), problem.ProfileMembersOnly)
		if _, err := h.svc.Profile(h.Context(), h.owner); h.codeOf(err) != problem.ProfileMembersOnly {
			h.Errorf("the operator's profile: %v", err)
		}
	})
}

func TestI3_AnOwnersProfileIsTheirs(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.SecondApproval, "1") // of batches
		owner := h.as("owner@acme.example")
		h.must(h.svc.SetOwnName(h.Context(), owner, "O. Sato"))
		if p := h.profile(owner); p.Member.Name != "O. Sato" {
			h.Errorf("profile: %+v", p)
		}
	})
}

func TestI3_ALinkToTheNewAddressConfirmsIt(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		a := h.asAnn()
		h.refused(h.svc.RequestEmail(h.Context(), a, "no address"), problem.EmailMalformed)
		h.must(h.svc.RequestEmail(h.Context(), a, " Ann2@x.example "))
		if p := h.profile(a); p.Member.Email != "Ann@x.example" || p.NewEmail != "Ann2@x.example" {
			h.Errorf("before: %+v", p)
		}
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if got := server.Mails()[0].To; got != "Ann2@x.example" {
			h.Errorf("mailed to %s", got)
		}
		token := tokenIn(h, server.Mails()[0], "email")
		h.linkIs("of another purpose", token, problem.LinkDead)
		org, err := h.svc.ConfirmEmail(h.Context(), token)
		if p := h.profile(a); err != nil || org.ID != h.owner.Org.ID || p.Member.Email != "Ann2@x.example" || p.NewEmail != "" {
			h.Errorf("after: %+v, %v", p, err)
		}
		h.mustSignIn("ann2@x.example", annsPassword)
		_, err = h.svc.ConfirmEmail(h.Context(), token)
		h.refused(err, problem.LinkDead)
	})
}

func TestI3_OnlyTheLastAddressThatWasAskedForIsConfirmed(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		a := h.asAnn()
		h.must(h.svc.RequestEmail(h.Context(), a, "typo@x.example"))
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		*h.now = h.now.Add(time.Second)
		h.must(h.svc.RequestEmail(h.Context(), a, "typo2@x.example"))
		*h.now = h.now.Add(time.Second)
		h.must(h.svc.RequestEmail(h.Context(), a, "ann2@x.example"))
		h.sends(post, [5]int64{1, 0, 0, 0, 0}) // what waited to typo2 is not sent
		mails := server.Mails()
		_, err := h.svc.ConfirmEmail(h.Context(), tokenIn(h, mails[0], "email"))
		h.refused(err, problem.LinkDead)
		*h.now = h.now.Add(time.Hour) // reset_minutes
		_, err = h.svc.ConfirmEmail(h.Context(), tokenIn(h, mails[1], "email"))
		h.refused(err, problem.LinkDead)
		if p := h.profile(a); p.Member.Email != "Ann@x.example" {
			h.Errorf("profile: %+v", p)
		}
	})
}

func TestI3_WhoHasAnAddressIsNotToldToOthers(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		a := h.asAnn()
		h.must(h.svc.RequestEmail(h.Context(), a, "owner@acme.example"))
		h.sends(post, [5]int64{0, 0, 0, 0, 0})
		if len(server.Mails()) != 0 {
			h.Errorf("arrived: %+v", server.Mails())
		}
		h.must(h.svc.RequestEmail(h.Context(), a, "free@x.example"))
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		h.apply("email,name\nfree@x.example,F\n", plan.Options{})
		_, err := h.svc.ConfirmEmail(h.Context(), tokenIn(h, server.Mails()[0], "email")) // it is who reads its mails
		h.refused(err, problem.EmailTaken)
	})
}

func TestI3_NobodyFillsMailboxesWithConfirmations(t *testing.T) {
	each(t, func(h *house) {
		a := h.asAnn()
		for range 5 {
			h.must(h.svc.RequestEmail(h.Context(), a, "somebody@x.example"))
		}
		if got := h.refused(h.svc.RequestEmail(h.Context(), a, "somebody@x.example"), problem.MailsTooMany); got["minutes"] != "1" {
			h.Errorf("told: %v", got)
		}
		h.mustSignIn("ann.t", annsPassword) // it locks nothing else
		*h.now = h.now.Add(time.Minute)
		h.must(h.svc.RequestEmail(h.Context(), a, "somebody@x.example"))
	})
}

func TestI2_ChangingOnesPasswordNeedsThePresentOne(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		token, other := h.mustSignIn("ann.t", annsPassword), h.mustSignIn("ann.t", annsPassword)
		change := func(present, next string) (admin.SignedIn, problem.Code) {
			h.Helper()
			in, err := h.svc.ChangePassword(h.Context(), h.session(token), present, next)
			return in, h.codeOf(err)
		}
		for _, tt := range []struct {
			present, next string
			want          problem.Code
		}{{"wrong", newPassword, problem.PasswordWrong}, {annsPassword, annsPassword, problem.PasswordUsed}, {annsPassword, "", problem.PasswordShort},
			{annsPassword, "ann.t", problem.PasswordShort}, {annsPassword, "Ann@X.example", problem.PasswordIsAddress}} {
			if _, code := change(tt.present, tt.next); code != tt.want {
				h.Errorf("%q to %q: %s, want %s", tt.present, tt.next, code, tt.want)
			}
		}
		in, code := change(annsPassword, newPassword)
		if code != "" || in.Needs != admin.NeedsNothing || in.Token == token || h.at(in.Token) != "" {
			h.Fatalf("changed: %s, %+v", code, in)
		}
		if h.at(token) != problem.SessionOver || h.at(other) != problem.SessionOver {
			h.Errorf("before: %s, another: %s", h.at(token), h.at(other))
		}
		token = in.Token
		for range 5 {
			change("wrong", newPassword)
		}
		if _, code := change(newPassword, annsPassword+"3"); code != problem.SignInLocked {
			h.Errorf("after five failures: %s", code)
		}
	})
}

func TestI2_TheLastPasswordsAreNotChosenAgain(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.PasswordHistory, "2")
		h.ann()
		present := annsPassword
		change := func(next string) problem.Code {
			h.Helper()
			*h.now = h.now.Add(time.Minute)
			_, err := h.svc.ChangePassword(h.Context(), h.session(h.mustSignIn("ann.t", present)), present, next)
			if err == nil {
				present = next
			}
			return h.codeOf(err)
		}
		for _, tt := range []struct {
			next string
			want problem.Code
		}{{"second horse", ""}, {"third horse", ""}, {annsPassword, problem.PasswordUsed}, {"second horse", problem.PasswordUsed},
			{"third horse", problem.PasswordUsed}, {"fourth horse", ""}, {annsPassword, ""}} {
			if got := change(tt.next); got != tt.want {
				h.Errorf("%s: %s, want %s", tt.next, got, tt.want)
			}
		}
		_, err := h.svc.Sweep(h.Context(), h.owner)
		h.must(err)
		past, err := h.roll().PastVerifiers(h.Context(), h.owner.Org.ID, 2, 10)
		if err != nil || len(past) != 2 {
			h.Errorf("%d kept, %v", len(past), err)
		}
		h.setting(plan.PasswordHistory, "0")
		if got := change(present); got != "" {
			h.Errorf("without history: %s", got)
		}
	})
}

func TestI2_ARandomPasswordMustBeChangedBeforeAnythingElse(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		rawly(h.T, h.url, `UPDATE member_secret SET must_change = TRUE`)
		in, code := h.signIn("ann.t", annsPassword)
		if code != "" || in.Needs != admin.NeedsPassword {
			h.Fatalf("sign in: %s, %+v", code, in)
		}
		x := h.session(in.Token)
		if _, err := x.Actor(); h.codeOf(err) != problem.PasswordMustChange {
			h.Errorf("as an actor: %v", err)
		}
		next, err := h.svc.ChangePassword(h.Context(), x, annsPassword, newPassword)
		if err != nil || next.Needs != admin.NeedsNothing {
			h.Fatalf("change: %+v, %v", next, err)
		}
		if _, err := h.session(next.Token).Actor(); err != nil {
			h.Errorf("afterwards: %v", err)
		}
	})
}

// Who accepted an invitation alone changes name and e-mail, if the setting says so;
// whoever was registered is the administrators' to change.
func TestI3_PeopleOwnTheirNameAndEmail(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.invite("ann@x.example")
		in := h.accept("ann@x.example", annAccepts)
		before := h.apply("email,name\nann@x.example,Ann T\n", plan.Options{Match: []string{"email"}})
		h.apply("email,name\nbob@x.example,Bob\n", plan.Options{})
		h.setting(plan.PeopleOwnProfile, "1")

		byFile := h.plan("email,name,remarks\nann@x.example,Anna,tea\nbob@x.example,Bobby,\n", plan.Options{Match: []string{"email"}})
		if got := counts(byFile); got[5] != 1 || got[2] != 1 || h.codes(byFile)[0] != problem.ProfileOwned {
			h.Errorf("by a file: %v, %v", got, h.codes(byFile))
		}
		for a, value := range map[member.Attribute]string{member.Name: "Anna", member.Email: "anna@x.example"} {
			_, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: in.MemberID, Attributes: map[member.Attribute]string{a: value}}})
			h.refused(err, problem.ProfileOwned)
		}
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, before.ID, plan.Options{}, nil)
		h.must(err)
		if got := h.codes(undo); len(got) != 1 || got[0] != problem.ProfileOwned {
			h.Errorf("by an undo: %v", got)
		}
		h.change(in.MemberID, member.Remarks, "tea") // the rest is not theirs
		allKeep := h.plan("email,name\nann@x.example,Ann T\n", plan.Options{Match: []string{"email"}})
		if got := counts(allKeep); got[4] != 1 {
			h.Errorf("a file that says what is: %v", got)
		}
		a, err := h.session(in.Token).Actor()
		h.must(err)
		h.must(h.svc.SetOwnName(h.Context(), a, "Annie"))
		if p := h.profile(a); p.Member.Name != "Annie" {
			h.Errorf("by herself: %+v", p)
		}
		h.setting(plan.PeopleOwnProfile, "0")
		h.change(in.MemberID, member.Name, "Anna")
	})
}
