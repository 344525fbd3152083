package admin_test

import (
	"bytes"
	"database/sql"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// An authenticator is ann's phone: it shows codes of a secret.
type authenticator struct {
	h      *house
	secret string
}

// code is what the authenticator shows in so long from now.
func (p authenticator) code(in time.Duration) string {
	p.h.Helper()
	code, err := totp.GenerateCode(p.secret, p.h.now.Add(in))
	p.h.must(err)
	return code
}

// setUpTOTP turns on the second factor of who is signed in with a token.
func (h *house) setUpTOTP(token, password string) (authenticator, admin.SignedIn, []string) {
	h.Helper()
	setup, err := h.svc.BeginTOTP(h.Context(), h.session(token), password)
	h.must(err)
	phone := authenticator{h, setup.Secret}
	in, codes, err := h.svc.ConfirmTOTP(h.Context(), h.session(token), phone.code(0))
	h.must(err)
	*h.now = h.now.Add(time.Minute) // other codes
	return phone, in, codes
}

// half signs in with the password alone and returns the session that waits for the
// second factor.
func (h *house) half(password string) admin.Session {
	h.Helper()
	in, code := h.signIn("ann.t", password)
	if code != "" || in.Needs != admin.NeedsSecondFactor {
		h.Fatalf("sign in: %s, needs %q", code, in.Needs)
	}
	return h.session(in.Token)
}

func (h *house) second(x admin.Session, code string) (admin.SignedIn, problem.Code) {
	h.Helper()
	in, err := h.svc.SecondFactor(h.Context(), x, code)
	return in, h.codeOf(err)
}

func TestI2_ASecondFactorIsOnOnceItsCodeWasTyped(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		token, other := h.mustSignIn("ann.t", annsPassword), h.mustSignIn("ann.t", annsPassword)
		_, err := h.svc.BeginTOTP(h.Context(), h.session(token), "wrong")
		h.refused(err, problem.PasswordWrong)
		_, _, err = h.svc.ConfirmTOTP(h.Context(), h.session(token), "123456")
		h.refused(err, problem.SecondFactorOff)
		setup, err := h.svc.BeginTOTP(h.Context(), h.session(token), annsPassword)
		h.must(err)
		u, err := url.Parse(setup.URI)
		if err != nil || u.Scheme != "otpauth" || u.Path != "/Acme:Ann@x.example" || u.Query().Get("secret") != setup.Secret || u.Query().Get("issuer") != "Acme" {
			h.Errorf("set up with %s, %v", setup.URI, err)
		}
		h.mustSignIn("ann.t", annsPassword) // not asked for yet
		phone := authenticator{h, setup.Secret}
		_, _, err = h.svc.ConfirmTOTP(h.Context(), h.session(token), phone.code(time.Hour))
		h.refused(err, problem.SecondFactorWrong)
		if p := h.profile(h.as("ann.t")); p.TOTP || p.RecoveryCodes != 0 {
			h.Errorf("before: %+v", p)
		}
		in, codes, err := h.svc.ConfirmTOTP(h.Context(), h.session(token), phone.code(0))
		h.must(err)
		if p := h.profile(h.as("ann.t")); !p.TOTP || p.RecoveryCodes != 10 || len(codes) != 10 {
			h.Errorf("after: %+v, %d codes", p, len(codes))
		}
		if in.Needs != admin.NeedsNothing || h.at(in.Token) != "" || h.at(token) != problem.SessionOver || h.at(other) != problem.SessionOver {
			h.Errorf("sessions: %+v, %s, %s", in, h.at(token), h.at(other))
		}
		_, err = h.svc.BeginTOTP(h.Context(), h.session(in.Token), annsPassword)
		h.refused(err, problem.SecondFactorOn)
		_, _, err = h.svc.ConfirmTOTP(h.Context(), h.session(in.Token), phone.code(30*time.Second))
		h.refused(err, problem.SecondFactorOn)
	})
}

func TestI2_ASessionIsNothingBeforeItsSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		x := h.half(annsPassword)
		if _, err := x.Actor(); h.codeOf(err) != problem.SecondFactorNeeded {
			h.Errorf("as an actor: %v", err)
		}
		for what, err := range map[string]error{
			"password": second2(h.svc.ChangePassword(h.Context(), x, annsPassword, newPassword)), "begin": second2(h.svc.BeginTOTP(h.Context(), x, annsPassword)),
			"codes": second2(h.svc.NewRecoveryCodes(h.Context(), x, annsPassword)), "off": h.svc.TurnOffTOTP(h.Context(), x, annsPassword),
			"passkey": second2(h.svc.BeginPasskey(h.Context(), x, annsPassword)),
		} {
			if h.codeOf(err) != problem.SecondFactorNeeded {
				h.Errorf("%s: %v", what, err)
			}
		}
		in, code := h.second(x, phone.code(0))
		if code != "" || in.Needs != admin.NeedsNothing {
			h.Fatalf("second factor: %s, %+v", code, in)
		}
		y := h.session(in.Token)
		if _, err := y.Actor(); err != nil {
			h.Errorf("afterwards: %v", err)
		}
		if _, err := h.svc.Session(h.Context(), in.Token); err != nil {
			h.Errorf("its token: %v", err)
		}
		if _, code := h.second(y, phone.code(30*time.Second)); code != problem.SecondFactorOff {
			h.Errorf("a session that needs none: %s", code)
		}
	})
}

// second2 is the error of a call that returns something else, too.
func second2[T any](_ T, err error) error { return err }

func TestI2_ACodeIsRightOnceAndOnlyAboutNow(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		try := func(code string) problem.Code {
			h.Helper()
			_, got := h.second(h.half(annsPassword), code)
			return got
		}
		for _, tt := range []struct {
			why, code string
			want      problem.Code
		}{
			{"a minute ago", phone.code(-time.Minute), problem.SecondFactorWrong}, {"in a minute", phone.code(time.Minute), problem.SecondFactorWrong},
			{"a slow phone, in full width and in groups", wide(phone.code(-30 * time.Second)), ""}, {"again", phone.code(-30 * time.Second), problem.SecondFactorWrong},
			{"a fast phone", phone.code(30 * time.Second), ""}, {"earlier than what was used", phone.code(0), problem.SecondFactorWrong},
			{"no digits", "", problem.SecondFactorWrong}, {"too many", phone.code(0) + "0", problem.SecondFactorWrong},
		} {
			if got := try(tt.code); got != tt.want {
				h.Errorf("%s: %s, want %s", tt.why, got, tt.want)
			}
		}
	})
}

// wide is a code as a Japanese keyboard may write it.
func wide(code string) string {
	var b strings.Builder
	for i, r := range code {
		if i == 3 {
			b.WriteRune('\u3000')
		}
		b.WriteRune(r - '0' + '０')
	}
	return b.String()
}

func TestI2_TwoWithOneCodeAreOneTooMany(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		sessions := []admin.Session{h.half(annsPassword), h.half(annsPassword), h.half(annsPassword)}
		code, won := phone.code(0), make([]bool, 3)
		var all sync.WaitGroup
		for i, x := range sessions {
			all.Go(func() { _, err := h.svc.SecondFactor(h.Context(), x, code); won[i] = err == nil })
		}
		all.Wait()
		if n := len(slices.DeleteFunc(won, func(b bool) bool { return !b })); n != 1 {
			h.Errorf("%d signed in", n)
		}
	})
}

func TestI2_WrongCodesLockLikeWrongPasswords(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		phone, _, codes := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		for i := range 5 { // the right password before each of them is no way around
			if _, code := h.second(h.half(annsPassword), "000000"); code != problem.SecondFactorWrong {
				h.Errorf("try %d: %s", i, code)
			}
		}
		if _, code := h.signIn("ann.t", annsPassword); code != problem.SignInLocked {
			h.Errorf("with the password: %s", code)
		}
		*h.now = h.now.Add(time.Minute)
		x := h.half(annsPassword)
		if _, code := h.second(x, "wrong-code-aaaa-bbbb"); code != problem.SecondFactorWrong {
			h.Errorf("a sixth: %s", code)
		}
		if _, code := h.second(x, codes[0]); code != problem.SignInLocked {
			h.Errorf("locked: %s", code)
		}
		*h.now = h.now.Add(2 * time.Minute)
		if _, code := h.second(x, phone.code(0)); code != "" {
			h.Errorf("after the lock: %s", code)
		}
		h.half(annsPassword) // forgiven
	})
}

func TestI2_ARecoveryCodeIsGoodOnce(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		_, in, codes := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		typed := strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))
		if _, code := h.second(h.half(annsPassword), typed); code != "" {
			h.Errorf("a recovery code: %s", code)
		}
		if _, code := h.second(h.half(annsPassword), codes[3]); code != problem.SecondFactorWrong {
			h.Errorf("again: %s", code)
		}
		if p := h.profile(h.as("ann.t")); p.RecoveryCodes != 9 {
			h.Errorf("left: %d", p.RecoveryCodes)
		}
		_, err := h.svc.NewRecoveryCodes(h.Context(), h.session(in.Token), "wrong")
		h.refused(err, problem.PasswordWrong)
		fresh, err := h.svc.NewRecoveryCodes(h.Context(), h.session(in.Token), annsPassword)
		h.must(err)
		if _, code := h.second(h.half(annsPassword), codes[0]); code != problem.SecondFactorWrong {
			h.Errorf("an old one: %s", code)
		}
		if _, code := h.second(h.half(annsPassword), fresh[0]); code != "" {
			h.Errorf("a new one: %s", code)
		}
		h.eventsAre(id, store.RecoveryCodeUsed, store.RecoveryCodesMade, store.RecoveryCodeUsed, store.SecondFactorTurnedOn)
	})
}

// eventsAre insists on what became of what a member signs in with, newest first.
func (h *house) eventsAre(id int64, want ...string) []store.AccountEvent {
	h.Helper()
	events, _, err := h.svc.SignInEvents(h.Context(), h.owner, id)
	var got []string
	for _, e := range events {
		got = append(got, e.What)
	}
	if err != nil || !slices.Equal(got, want) {
		h.Errorf("events: %v, %v; want %v", got, err, want)
	}
	return events
}

func TestI2_TurningOffNeedsThePassword(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		_, in, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		x := h.session(in.Token)
		h.refused(h.svc.TurnOffTOTP(h.Context(), x, "wrong"), problem.PasswordWrong)
		h.half(annsPassword)
		h.must(h.svc.TurnOffTOTP(h.Context(), x, annsPassword))
		h.mustSignIn("ann.t", annsPassword)
		h.refused(h.svc.TurnOffTOTP(h.Context(), x, annsPassword), problem.SecondFactorOff)
		_, err := h.svc.NewRecoveryCodes(h.Context(), x, annsPassword)
		h.refused(err, problem.SecondFactorOff)
		if p := h.profile(h.as("ann.t")); p.TOTP || p.RecoveryCodes != 0 {
			h.Errorf("left: %+v", p)
		}
		h.eventsAre(id, store.SecondFactorTurnedOff, store.SecondFactorTurnedOn)
	})
}

func TestI2_ALinkToANewPasswordIsNoWayAroundTheSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		if got := h.byLink(h.resetToken("ann.t", server, post), newPassword); got != "" {
			h.Fatalf("by the link: %s", got)
		}
		if _, code := h.second(h.half(newPassword), phone.code(0)); code != "" {
			h.Errorf("second factor: %s", code)
		}
	})
}

func TestI2_AnAdministratorTakesASecondFactorOffWhoLostIt(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		h.apply("email,name,system_permission\nadm@x.example,Adm,admin\nadm2@x.example,Adm2,admin\n", plan.Options{Match: []string{"email"}})
		writer, adm := h.writer("w@x.example", nil, []string{"members"}), h.as("adm@x.example")
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), adm, id), problem.SecondFactorOff)
		_, in, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), h.as("ann.t"), id), problem.ActorForbidden)
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), adm, 99), problem.MemberUnknown)
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), adm, adm.MemberID), problem.SecondFactorOwn)
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), adm, 1), problem.OwnerOnly)
		h.refused(h.svc.TakeOffSecondFactor(h.Context(), writer, h.as("adm2@x.example").MemberID), problem.AttributeForbidden)
		h.must(h.svc.TakeOffSecondFactor(h.Context(), writer, id))
		if h.at(in.Token) != problem.SessionOver {
			h.Errorf("her session: %s", h.at(in.Token))
		}
		h.mustSignIn("ann.t", annsPassword)
		events := h.eventsAre(id, store.SecondFactorTakenOff, store.SecondFactorTurnedOn)
		if events[0].ActorID != writer.MemberID || events[1].ActorID != id || events[0].At != h.now.UnixMicro() {
			h.Errorf("events: %+v", events)
		}
		if _, _, err := h.svc.SignInEvents(h.Context(), writer, id); h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("without the right to the history: %v", err)
		}
		if _, names, err := h.svc.SignInEvents(h.Context(), h.as("ann.t"), id); err != nil || names[writer.MemberID] != "W" {
			h.Errorf("her own: %v, %v", names, err)
		}
	})
}

func TestM7_ErasingForgetsTheSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		h.must(h.svc.Erase(h.Context(), h.owner, id))
		a, err := h.roll().Account(h.Context(), h.owner.Org.ID, id)
		events, err2 := h.roll().AccountEvents(h.Context(), h.owner.Org.ID, id)
		if err != nil || err2 != nil || a.TOTP != nil || a.TOTPOn || a.Recovery != 0 || len(events) != 0 {
			h.Errorf("left: %+v, %v, %v %v", a, events, err, err2)
		}
	})
}

func TestI2_SecretsOfSecondFactorsAreSealed(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		phone, _, codes := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		a, err := h.roll().Account(h.Context(), h.owner.Org.ID, id)
		h.must(err)
		if len(a.TOTP) == 0 || bytes.Contains(a.TOTP, []byte(phone.secret)) {
			h.Errorf("at rest: %q", a.TOTP)
		}
		all := everything(h.T, h.url)
		for _, secret := range append(codes, phone.secret, strings.ReplaceAll(codes[0], "-", "")) {
			if strings.Contains(all, secret) {
				h.Errorf("%q is in the database", secret)
			}
		}
	})
}

func TestI2_TheSecondFactorIsAskedForWhileAPlanIsApplied(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		if store.IsPostgres(h.url) {
			return // writers do not wait for one another there
		}
		db, err := sql.Open("sqlite", h.url)
		h.must(err)
		defer db.Close()
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(h.Context(), `BEGIN IMMEDIATE`)
		h.must(err)
		if _, code := h.second(h.half(annsPassword), phone.code(0)); code != "" {
			h.Errorf("second factor: %s", code)
		}
		_, err = db.ExecContext(h.Context(), `ROLLBACK`)
		h.must(err)
	})
}

func TestI2_APasswordThatMustBeChangedIsAskedForAfterTheSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		h.change(id, member.Password, newPassword)
		rawly(h.T, h.url, `UPDATE member_secret SET must_change = TRUE`)
		in, code := h.second(h.half(newPassword), phone.code(0))
		if code != "" || in.Needs != admin.NeedsPassword {
			h.Errorf("second factor: %s, %+v", code, in)
		}
	})
}
