package admin_test

import (
	"bytes"
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// addPasskey adds a passkey for who is signed in with a token.
func (h *house) addPasskey(token string, key *softKey, name string) admin.Passkey {
	h.Helper()
	c, err := h.svc.BeginPasskey(h.Context(), h.session(token), annsPassword)
	h.must(err)
	p, err := h.svc.FinishPasskey(h.Context(), h.session(token), c.Token, name, key.create(c.Options))
	h.must(err)
	return p
}

func (h *house) askForPasskey() admin.Challenge {
	h.Helper()
	c, err := h.svc.BeginPasskeySignIn(h.Context(), h.owner.Org)
	h.must(err)
	return c
}

func (h *house) answers(c admin.Challenge, answer []byte) (admin.SignedIn, problem.Code) {
	h.Helper()
	in, err := h.svc.FinishPasskeySignIn(h.Context(), h.owner.Org, c.Token, answer)
	return in, h.codeOf(err)
}

// byPasskey signs in by passkey.
func (h *house) byPasskey(key *softKey) (admin.SignedIn, problem.Code) {
	h.Helper()
	c := h.askForPasskey()
	return h.answers(c, key.get(c.Options))
}

func TestI2_APasskeySignsInWithoutAnythingElse(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		id := h.ann()
		_, in, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		key := newSoftKey(h)
		made := h.addPasskey(in.Token, key, " phone ")
		got, code := h.byPasskey(key)
		if code != "" || got.MemberID != id || got.Needs != admin.NeedsNothing {
			h.Fatalf("by passkey: %s, %+v", code, got)
		}
		x := h.session(got.Token)
		a, err := x.Actor()
		h.must(err)
		all, err := h.svc.Passkeys(h.Context(), a)
		if err != nil || len(all) != 1 || all[0].ID != made.ID || all[0].Name != "phone" || all[0].UsedAt != h.now.UnixMicro() || h.profile(a).Passkeys != 1 {
			h.Errorf("passkeys: %+v, %v", all, err)
		}
		if _, code := h.byPasskey(key); code != "" {
			h.Errorf("a second time: %s", code)
		}
		h.refused(h.svc.RenamePasskey(h.Context(), h.as("owner@acme.example"), made.ID, "mine"), problem.PasskeyUnknown)
		h.refused(h.svc.RenamePasskey(h.Context(), a, "?", "mine"), problem.PasskeyUnknown)
		h.refused(h.svc.RenamePasskey(h.Context(), a, made.ID, " "), problem.PasskeyName)
		h.must(h.svc.RenamePasskey(h.Context(), a, made.ID, " the other phone "))
		if all, err := h.svc.Passkeys(h.Context(), a); err != nil || len(all) != 1 || all[0].Name != "the other phone" {
			h.Errorf("renamed: %+v, %v", all, err)
		}
		h.refused(h.svc.RemovePasskey(h.Context(), h.as("owner@acme.example"), made.ID), problem.PasskeyUnknown)
		h.refused(h.svc.RemovePasskey(h.Context(), a, "?"), problem.PasskeyUnknown)
		h.must(h.svc.RemovePasskey(h.Context(), a, made.ID))
		if _, code := h.byPasskey(key); code != problem.PasskeyRefused {
			h.Errorf("removed: %s", code)
		}
		h.eventsAre(id, store.PasskeyRemoved, store.PasskeyAdded, store.SecondFactorTurnedOn)
	})
}

func TestI2_AddingAPasskeyNeedsThePasswordAndAName(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		_, err := h.svc.BeginPasskey(h.Context(), h.session(token), "wrong")
		h.refused(err, problem.PasswordWrong)
		c, err := h.svc.BeginPasskey(h.Context(), h.session(token), annsPassword)
		h.must(err)
		if !bytes.Contains(c.Options, []byte(`"residentKey":"required"`)) || !bytes.Contains(c.Options, []byte(`"userVerification":"required"`)) || !bytes.Contains(c.Options, []byte(`"id":"m.example"`)) {
			h.Errorf("options: %s", c.Options)
		}
		key := newSoftKey(h)
		for _, name := range []string{" ", "a\nb", strings.Repeat("長", 101)} {
			_, err := h.svc.FinishPasskey(h.Context(), h.session(token), c.Token, name, key.create(c.Options))
			h.refused(err, problem.PasskeyName)
		}
		_, err = h.svc.FinishPasskey(h.Context(), h.session(token), c.Token, strings.Repeat("長", 100), key.create(c.Options))
		h.must(err)
		again, err := h.svc.BeginPasskey(h.Context(), h.session(token), annsPassword)
		h.must(err)
		if !bytes.Contains(again.Options, []byte(b64(key.id))) {
			h.Errorf("the authenticator is not told that it has one: %s", again.Options)
		}
		_, err = h.svc.FinishPasskey(h.Context(), h.session(token), again.Token, "the same", key.create(again.Options))
		h.refused(err, problem.PasskeyRefused)
	})
}

func TestI2_AChallengeIsAnsweredOnceInTimeByWhoAsked(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		token, other := h.mustSignIn("ann.t", annsPassword), h.mustSignIn("ann.t", annsPassword)
		key := newSoftKey(h)
		begin := func() admin.Challenge {
			c, err := h.svc.BeginPasskey(h.Context(), h.session(token), annsPassword)
			h.must(err)
			return c
		}
		finish := func(session string, c admin.Challenge, answer []byte) problem.Code {
			h.Helper()
			_, err := h.svc.FinishPasskey(h.Context(), h.session(session), c.Token, "phone", answer)
			return h.codeOf(err)
		}
		c := begin()
		if got := finish(other, c, key.create(c.Options)); got != problem.PasskeyRefused {
			h.Errorf("another session: %s", got)
		}
		if got := finish(token, c, key.create(c.Options)); got != problem.PasskeyRefused {
			h.Errorf("after it was answered: %s", got)
		}
		c = begin()
		*h.now = h.now.Add(5 * time.Minute)
		if got := finish(token, c, key.create(c.Options)); got != problem.PasskeyRefused {
			h.Errorf("too late: %s", got)
		}
		c, d := begin(), begin()
		if got := finish(token, c, key.create(d.Options)); got != problem.PasskeyRefused {
			h.Errorf("the answer to another challenge: %s", got)
		}
		if got := finish(token, d, key.create(d.Options)); got != "" {
			h.Errorf("in time: %s", got)
		}
		e := h.askForPasskey()
		if got := finish(token, e, key.create(begin().Options)); got != problem.PasskeyRefused {
			h.Errorf("a challenge to sign in: %s", got)
		}
		c = begin()
		if _, got := h.answers(c, key.get(h.askForPasskey().Options)); got != problem.PasskeyRefused {
			h.Errorf("a challenge to add: %s", got)
		}
		e = h.askForPasskey()
		answer := key.get(e.Options)
		if _, got := h.answers(e, answer); got != "" {
			h.Errorf("sign in: %s", got)
		}
		if _, got := h.answers(e, answer); got != problem.PasskeyRefused {
			h.Errorf("the same answer again: %s", got)
		}
	})
}

func TestI2_AnAnswerThatDoesNotHoldIsRefused(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		h.apply("email,login_id,name,password\nbob@x.example,bob,Bob,"+annsPassword+"\n", plan.Options{Match: []string{"email"}})
		key, bobs := newSoftKey(h), newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		h.addPasskey(h.mustSignIn("bob", annsPassword), bobs, "phone")
		for _, tt := range []struct {
			why  string
			edit func(k *softKey)
		}{
			{"another page", func(k *softKey) { k.origin = "https://m.example.evil.example" }},
			{"another port", func(k *softKey) { k.origin = "https://m.example:444" }},
			{"in a frame of another page", func(k *softKey) { k.edit = func(c map[string]any) { c["crossOrigin"] = true } }},
			{"made to add a key", func(k *softKey) { k.edit = func(c map[string]any) { c["type"] = "webauthn.create" } }},
			{"a user who was not verified", func(k *softKey) { k.flags = userPresent }},
			{"a user who was not there", func(k *softKey) { k.flags = userVerified }},
			{"another key", func(k *softKey) { k.key = bobs.key }},
			{"somebody else's name", func(k *softKey) { k.handle = bobs.handle }},
			{"nobody's name", func(k *softKey) { k.handle = nil }},
			{"an unknown key", func(k *softKey) { k.id = append([]byte{1}, k.id...) }},
		} {
			forged := *key
			tt.edit(&forged)
			if in, code := h.byPasskey(&forged); code != problem.PasskeyRefused || in.Token != "" {
				h.Errorf("%s: %s", tt.why, code)
			}
		}
		for _, answer := range []string{"", "{}", "null", `{"id":"x","rawId":"x","type":"public-key","response":{}}`, strings.Repeat("x", 100_000)} {
			if _, code := h.answers(h.askForPasskey(), []byte(answer)); code != problem.PasskeyRefused {
				h.Errorf("%.20q: %s", answer, code)
			}
		}
		key.count += 10
		if _, code := h.byPasskey(key); code != "" {
			h.Errorf("an honest one: %s", code)
		}
	})
}

func TestI2_ACopiedPasskeyIsNoticed(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		key := newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		copied := *key
		for range 3 {
			if _, code := h.byPasskey(key); code != "" {
				h.Fatalf("the first: %s", code)
			}
		}
		for range 3 {
			if in, code := h.byPasskey(&copied); code != problem.PasskeyCopied || in.Token != "" {
				h.Errorf("the copy: %s", code)
			}
		}
		asks := []admin.Challenge{h.askForPasskey(), h.askForPasskey(), h.askForPasskey()}
		key.count++
		var all sync.WaitGroup
		codes := make([]problem.Code, len(asks))
		answers := make([][]byte, len(asks))
		for i, c := range asks {
			answers[i] = key.sign(key.read(c.Options)) // one count, three times
		}
		for i, c := range asks {
			all.Go(func() {
				_, err := h.svc.FinishPasskeySignIn(h.Context(), h.owner.Org, c.Token, answers[i])
				codes[i] = h.codeOf(err)
			})
		}
		all.Wait()
		won := 0
		for _, code := range codes {
			if code == "" {
				won++
			} else if code != problem.PasskeyCopied {
				h.Errorf("at once: %s", code)
			}
		}
		if won != 1 {
			h.Errorf("%d signed in with one count", won)
		}
	})
}

func TestI2_PasskeysThatAreInACloudDoNotCount(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		key := newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		for range 3 {
			c := h.askForPasskey()
			if _, code := h.answers(c, key.sign(key.read(c.Options))); code != "" {
				h.Errorf("count %d: %s", key.count, code)
			}
		}
	})
}

func TestI2_PasskeysObeyThePermissionToSignIn(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		id := h.ann()
		key := newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		h.change(id, member.LoginAllowed, "0")
		if _, code := h.byPasskey(key); code != problem.SignInNotAllowed {
			h.Errorf("forbidden: %s", code)
		}
		h.change(id, member.LoginAllowed, "1")
		rawly(h.T, h.url, `UPDATE member_secret SET must_change = TRUE`)
		if in, code := h.byPasskey(key); code != "" || in.Needs != admin.NeedsPassword {
			h.Errorf("a password to change: %s, %+v", code, in)
		}
		_, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: id, Delete: true}})
		h.must(err)
		if _, code := h.byPasskey(key); code != problem.PasskeyRefused {
			h.Errorf("deleted: %s", code)
		}
		h.must(h.svc.Erase(h.Context(), h.owner, id))
		left, err := h.roll().Passkeys(h.Context(), h.owner.Org.ID, id)
		if err != nil || len(left) != 0 {
			h.Errorf("erased: %+v, %v", left, err)
		}
	})
}

func TestI2_LostPasskeysAreTakenOffByAnAdministrator(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		id := h.ann()
		key := newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		h.must(h.svc.TakeOffSecondFactor(h.Context(), h.owner, id))
		if _, code := h.byPasskey(key); code != problem.PasskeyRefused {
			h.Errorf("taken off: %s", code)
		}
		h.mustSignIn("ann.t", annsPassword)
	})
}

func TestI2_PasskeysNeedAnAddressThatBrowsersTake(t *testing.T) {
	each(t, func(h *house) {
		for base, want := range map[string]problem.Code{"": problem.BaseURLMissing, "https://10.0.0.1": problem.PasskeyAddress, "http://m.example": problem.PasskeyAddress,
			"https://[::1]:8080": problem.PasskeyAddress, "http://localhost:8080": "", "https://m.example:8443/meibo/": ""} {
			h.setting(plan.BaseURL, base)
			_, err := h.svc.BeginPasskeySignIn(h.Context(), h.owner.Org)
			if got := h.codeOf(err); got != want {
				h.Errorf("%q: %s, want %s", base, got, want)
			}
		}
	})
}

func TestI2_SomeTwentyPasskeysAreEnough(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		id := h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		h.write(h.roll(), func(tx *store.Tx) error {
			for i := range 19 {
				if _, err := tx.AddPasskey(h.Context(), h.owner.Org.ID, store.Passkey{ID: []byte{byte(i)}, MemberID: id, Name: strconv.Itoa(i), Credential: "{}"}); err != nil {
					return err
				}
			}
			return nil
		})
		h.addPasskey(token, newSoftKey(h), "the last")
		_, err := h.svc.BeginPasskey(h.Context(), h.session(token), annsPassword)
		h.refused(err, problem.PasskeysTooMany)
	})
}

func TestI2_PasskeysSignInWhileAPlanIsApplied(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.ann()
		key := newSoftKey(h)
		h.addPasskey(h.mustSignIn("ann.t", annsPassword), key, "phone")
		if store.IsPostgres(h.url) {
			return // writers do not wait for one another there
		}
		db, err := sql.Open("sqlite", h.url)
		h.must(err)
		defer db.Close()
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(h.Context(), `BEGIN IMMEDIATE`)
		h.must(err)
		if _, code := h.byPasskey(key); code != "" {
			h.Errorf("by passkey: %s", code)
		}
		_, err = db.ExecContext(h.Context(), `ROLLBACK`)
		h.must(err)
	})
}
