package admin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"

	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	recoveryMany = 10 // codes
	recoverySize = 10 // bytes of one: 16 letters and digits
)

// recoveryLetters are those of Crockford's base 32: none looks like another one.
// What looks like one of them is taken for it.
const recoveryLetters = "0123456789abcdefghjkmnpqrstvwxyz"

var (
	recoveryEncoding = base32.NewEncoding(recoveryLetters).WithPadding(base32.NoPadding)
	lookAlikes       = strings.NewReplacer("o", "0", "i", "1", "l", "1")
)

// recoveryCodes makes recovery codes of a member, as they are shown and as they
// are kept.
func (s *Service) recoveryCodes(a store.Account) (codes []string, hashes [][]byte) {
	for range recoveryMany {
		raw := make([]byte, recoverySize)
		rand.Read(raw) // never fails, see its documentation
		text := recoveryEncoding.EncodeToString(raw)
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, s.recoveryHash(a, text))
	}
	return codes, hashes
}

// recoveryHash is how a recovery code is kept. A code has 80 random bits: a fast
// hash is enough.
func (s *Service) recoveryHash(a store.Account, code string) []byte {
	mac := hmac.New(sha256.New, deriveKey(s.key, "recovery codes"))
	mac.Write(append(totpLabel(&a), lookAlikes.Replace(typedCode(code))...))
	return mac.Sum(nil)
}

// useRecoveryCode reports whether a code is one of a member's, which is then gone.
func (s *Service) useRecoveryCode(ctx context.Context, a store.Account, code string) (there bool, err error) {
	if len(code) > 4*recoverySize {
		return false, nil
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if there, err = tx.UseRecoveryCode(ctx, a.Org, a.MemberID, s.recoveryHash(a, code)); err != nil || !there {
			return err
		}
		return tx.NoteAccount(ctx, a.Org, a.MemberID, store.AccountEvent{What: store.RecoveryCodeUsed, ActorID: a.MemberID, At: s.micros()})
	})
	return there, err
}

// NewRecoveryCodes replaces the recovery codes of who is signed in. Problems are
// PasswordWrong, SignInLocked, and SecondFactorOff.
func (s *Service) NewRecoveryCodes(ctx context.Context, x Session, password string) ([]string, error) {
	a, err := s.provedActor(ctx, x, password)
	if err != nil {
		return nil, err
	}
	var codes []string
	err = s.changeAccount(ctx, a, func(account *store.Account, tx *store.Tx) error {
		if !account.TOTPOn {
			return problem.Of(problem.Conflict, problem.SecondFactorOff)
		}
		var hashes [][]byte
		codes, hashes = s.recoveryCodes(*account)
		return errors.Join(tx.SetRecoveryCodes(ctx, a.Org.ID, a.MemberID, hashes), s.noteOwn(ctx, tx, a, store.RecoveryCodesMade))
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
