package admin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Need is what somebody who signed in must do before anything else.
type Need string

// The needs.
const (
	NeedsNothing      Need = ""
	NeedsSecondFactor Need = "second_factor" // [Service.SecondFactor]
	NeedsPassword     Need = "password"      // the one they have must be changed: [Service.ChangePassword]
)

// A SignedIn is what signing in came to.
type SignedIn struct {
	Token    string // of the session, for the browser alone
	MemberID int64
	Needs    Need
}

// SignInOrganisation returns the organisation to sign in to, by its code or name;
// with one organisation it may be empty. It needs no right: who is not signed in
// has none. Its problems are those of [Service.Operator]; NotSetUp also of the only
// organisation while it has no owner ([Service.Unfinished]).
func (s *Service) SignInOrganisation(ctx context.Context, code string) (store.Organisation, error) {
	org, err := s.organisation(ctx, code)
	if err != nil || code != "" {
		return org, err
	}
	had, err := s.db.HadMembers(ctx, org.ID)
	if err == nil && !had {
		err = problem.Of(problem.NotFound, problem.NotSetUp)
	}
	return org, err
}

// SignIn signs a member in by e-mail address or login ID (I2). Its problems are
// SignInFailed, whatever was wrong; SignInLocked after too many of those, also of
// names that nobody has; and, with the right password, SignInNotAllowed.
func (s *Service) SignIn(ctx context.Context, org store.Organisation, name, password string) (SignedIn, error) {
	m, err := s.named(ctx, org.ID, name)
	if err != nil {
		return SignedIn{}, err
	}
	who := s.counterOf(org.ID, m, name)
	if err := s.countTry(ctx, org.ID, who, problem.SignInLocked); err != nil {
		return SignedIn{}, err
	}
	var account store.Account
	if m != nil {
		if account, err = s.db.Account(ctx, org.ID, m.ID); err != nil {
			return SignedIn{}, err
		}
	}
	right, err := s.verify(ctx, account.Verifier, password)
	switch {
	case err != nil:
		return SignedIn{}, err
	case !right:
		return SignedIn{}, problem.Of(problem.Forbidden, problem.SignInFailed)
	}
	if err := s.forgive(ctx, org.ID, who, !account.TOTPOn); err != nil {
		return SignedIn{}, err
	}
	if !m.MaySignIn(s.now(), org.Zone) {
		return SignedIn{}, problem.Of(problem.Forbidden, problem.SignInNotAllowed)
	}
	s.strengthen(ctx, account, password)
	return s.begin(ctx, account, !account.TOTPOn)
}

// named finds the active member with an e-mail address or login ID; nil if nobody
// has it.
func (s *Service) named(ctx context.Context, org int64, name string) (*member.Member, error) {
	key := member.FoldKey(member.Trim(name))
	for _, by := range []member.Attribute{member.Email, member.LoginID} {
		found, err := s.db.MembersByKey(ctx, org, by, []string{key})
		if err != nil {
			return nil, err
		}
		if m := found[key]; m != nil {
			return m, nil
		}
	}
	return nil, nil //nolint:nilnil // nobody is an answer, and not one that may be told
}

// longestPassword is the longest that anybody can have chosen, in bytes.
const longestPassword = 1024

// verify looks at a password. Whether there is one to look at, and how it is kept,
// cannot be told by the time it takes, but for passwords of other systems: those
// take longer, once. Only so many are looked at at once: each takes 19 MiB.
func (s *Service) verify(ctx context.Context, verifier, clear string) (bool, error) {
	if len(clear) > longestPassword {
		return false, nil
	}
	done, err := s.hashing(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if !s.cost.IsCurrent(verifier) {
		s.cost.Spend(clear)
	}
	if verifier == "" {
		return false, nil
	}
	return member.VerifyPassword(verifier, clear)
}

// hash makes the verifier of a password that somebody chose.
func (s *Service) hash(ctx context.Context, clear string) (string, error) {
	done, err := s.hashing(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return s.cost.Hash(clear)
}

// hashing waits until there is room for looking at one password; done gives the
// room back.
func (s *Service) hashing(ctx context.Context) (done func(), err error) {
	select {
	case s.hashes <- struct{}{}:
		return func() { <-s.hashes }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// strengthenWait is how long signing in waits to store a better verifier. Where
// an apply holds the database, the next time is as good.
const strengthenWait = time.Second

// strengthen replaces the verifier of another system by one of ours, now that the
// password is known (I2). That it cannot be stored just now is no reason to refuse.
func (s *Service) strengthen(ctx context.Context, a store.Account, clear string) {
	if s.cost.IsCurrent(a.Verifier) || member.IsRandom(a.Verifier) {
		return
	}
	verifier, err := s.hash(ctx, clear)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, strengthenWait)
	defer cancel()
	_ = s.db.Write(ctx, func(tx *store.Tx) error { return tx.StrengthenSecret(ctx, a.Org, a.MemberID, a.Verifier, verifier) })
}

const (
	freeFailures = 5 // so many cost nothing
	shortestLock = time.Minute
	longestLock  = time.Hour
	failureTime  = 24 * time.Hour // after which failures no longer count
	touchEvery   = time.Minute    // how exactly is known when a session was used
)

// counterOf names whose failures are counted: a member's, whichever name was
// typed, or those of a name that nobody has. A MAC, so that what people mistype is
// not stored.
func (s *Service) counterOf(org int64, m *member.Member, name string) []byte {
	mac := hmac.New(sha256.New, deriveKey(s.key, "sign-in failures"))
	if m != nil {
		mac.Write(invitationHead(org, m.ID))
	} else {
		mac.Write(append(invitationHead(org), "name "+member.FoldKey(member.Trim(name))...))
	}
	return mac.Sum(nil)
}

// mailCounterOf names whose mails to new addresses are counted.
func (s *Service) mailCounterOf(org, memberID int64) []byte {
	mac := hmac.New(sha256.New, deriveKey(s.key, "mails to new addresses"))
	mac.Write(invitationHead(org, memberID))
	return mac.Sum(nil)
}

// countTry counts a try as a failure before it is looked at, so that many at once
// are no way around the lock; forgive takes it back. Its problem is locked, with
// the minutes that are left.
func (s *Service) countTry(ctx context.Context, org int64, who []byte, locked problem.Code) error {
	now := s.now()
	until := int64(0)
	err := s.db.WriteSide(ctx, func(tx *store.Tx) error {
		return tx.CountFailure(ctx, org, who, func(f *store.Failures) {
			if f.LockedUntil > now.UnixMicro() {
				until = f.LockedUntil
				return
			}
			if f.LastAt < now.Add(-failureTime).UnixMicro() {
				f.Count = 0
			}
			f.Count, f.LastAt, f.LockedUntil = f.Count+1, now.UnixMicro(), 0
			if f.Count >= freeFailures {
				f.LockedUntil = now.Add(lockTime(f.Count - freeFailures)).UnixMicro()
			}
		})
	})
	if err != nil || until == 0 {
		return err
	}
	minutes := (time.UnixMicro(until).Sub(now) + time.Minute - 1) / time.Minute
	return problem.Of(problem.Forbidden, locked, "minutes", strconv.Itoa(int(minutes)))
}

// lockTime is how long the lock of a failure beyond the free ones is: twice as
// long each time.
func lockTime(more int64) time.Duration {
	if more > 6 {
		return longestLock
	}
	return min(shortestLock<<more, longestLock)
}

// forgive takes back what countTry counted, or, where somebody proved who they
// are, everything.
func (s *Service) forgive(ctx context.Context, org int64, who []byte, everything bool) error {
	return s.db.WriteSide(ctx, func(tx *store.Tx) error {
		return tx.CountFailure(ctx, org, who, func(f *store.Failures) {
			f.Count, f.LockedUntil = f.Count-1, 0
			if everything {
				f.Count = 0
			}
		})
	})
}
