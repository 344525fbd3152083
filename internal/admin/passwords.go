package admin

import (
	"context"
	"io"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// HasPasswords reports whether the random passwords of an applied import can
// still be fetched.
func (s *Service) HasPasswords(imp store.Import) bool {
	return imp.State == store.Applied && imp.PasswordSecret != nil && s.micros() < imp.PasswordsUntil
}

// Passwords writes the random passwords of an import as a CSV
// member_id,login_id,email,name,password, and returns how many there were. They
// can be fetched once (P6): when what was written is safe, [Service.ForgetPasswords]
// must follow. Its problems are PasswordsNotYours and PasswordsGone.
func (s *Service) Passwords(ctx context.Context, a Actor, id int64, w io.Writer) (n int64, err error) {
	imp, err := s.Import(ctx, a, id)
	if err != nil {
		return 0, err
	}
	if err := s.mustHaveImported(ctx, a, imp); err != nil {
		return 0, err
	}
	if !s.HasPasswords(imp) {
		return 0, problem.Of(problem.NotFound, problem.PasswordsGone, "import", line(id))
	}
	secret, err := open(s.key, imp.PasswordSecret, passwordLabel(imp))
	if err != nil {
		return 0, wrap("passwords of import "+line(id), err)
	}
	out, err := sheet.NewWriter(w, sheet.WriterOptions{Charset: "utf-8", Delimiter: ','})
	if err != nil {
		return 0, err
	}
	err = out.Write([]string{"member_id", "login_id", "email", "name", "password"})
	if err != nil {
		return 0, err
	}
	for c, err := range s.db.Changes(ctx, imp.Org, imp.ID, store.ChangeQuery{Actions: []plan.Action{plan.Create}}) {
		if err != nil {
			return n, err
		}
		if !c.MustChange {
			continue
		}
		m := c.After
		row := []string{line(imp.FirstMember + c.Ordinal), m.LoginID, m.Email, m.Name}
		for i := range row {
			row[i] = plan.CellOf(sheet.CSV, row[i], i == 0)
		}
		if err := out.Write(append(row, member.RandomPassword(secret, c.Seq))); err != nil {
			return n, err
		}
		n++
	}
	return n, out.Flush()
}

// mustHaveImported refuses passwords to everybody but who imported (P6).
func (s *Service) mustHaveImported(ctx context.Context, a Actor, imp store.Import) error {
	if imp.ActorID == a.MemberID {
		return nil
	}
	who := ""
	if imp.ActorID != 0 {
		found, err := s.db.MembersByID(ctx, imp.Org, []int64{imp.ActorID})
		if err != nil {
			return err
		}
		who = "#" + line(imp.ActorID)
		if m := found[imp.ActorID]; m != nil && m.Name != "" {
			who = m.Name
		}
	}
	return problem.Of(problem.Forbidden, problem.PasswordsNotYours, "import", line(imp.ID), "who", who)
}

// ForgetPasswords destroys what the random passwords of an import are derived
// from. It comes after writing them, not with it: a disk that is full must not
// cost the only copy.
func (s *Service) ForgetPasswords(ctx context.Context, a Actor, id int64) error {
	imp, err := s.Import(ctx, a, id)
	if err != nil {
		return err
	}
	if err := s.mustHaveImported(ctx, a, imp); err != nil {
		return err
	}
	return s.db.ForgetPasswords(ctx, imp.Org, imp.ID)
}

// passwordLabel binds a sealed secret to its import.
func passwordLabel(imp store.Import) []byte {
	return []byte("passwords " + line(imp.Org) + " " + line(imp.ID))
}

// sealSecret keeps the secret of random passwords until they are fetched.
func (p *planner) sealSecret() {
	if p.secret == nil {
		return
	}
	days := p.a.Org.Settings.Count(plan.PasswordsDays)
	p.imp.PasswordSecret = seal(p.s.key, p.secret, passwordLabel(p.imp))
	p.imp.PasswordsUntil = p.now + days*dayMicros
}
