package plan

import (
	"meibo/internal/member"
	"meibo/internal/problem"
)

// password reads the two password cells of a row (P6). A typed one is only
// checked here; hashing takes long, so the caller does it for many rows at
// once ([Change.TakePassword]). m is nil for somebody new.
func (e *Env) password(c *Change, d *Draft, m *member.Member) {
	typed, hashed := d.Set.Has(member.Password), d.Set.Has(member.PasswordHash)
	switch {
	case !typed && !hashed:
		return
	case typed && hashed:
		e.refuse(c, d, member.PasswordHash, problem.PasswordAndHash)
		return
	case m != nil && !e.Options.ResetPasswords:
		a := member.Password
		if hashed {
			a = member.PasswordHash
		}
		c.note(problem.New(problem.PasswordIgnored).At(e.Mapping.Place(d.Line, a)))
		return
	case hashed:
		e.passwordHash(c, d)
		return
	case d.dates.Has(member.Password): // not what was typed; its text is not told
		e.refuse(c, d, member.Password, problem.DamagedDate, "value", "…")
		return
	}
	clear := d.Text[member.Password]
	who := []string{d.Text[member.Email], d.Text[member.LoginID], d.Text[member.Name]}
	if m != nil {
		who = append(who, m.Email, m.LoginID, m.Name)
	}
	for _, p := range e.Settings.PasswordPolicy().Check(clear, who...) {
		c.Problems = append(c.Problems, p.At(e.Mapping.Place(d.Line, member.Password)))
	}
	c.password = clear
	c.Mask = c.Mask.With(member.Password)
	e.typed++
}

// TypedPasswords returns how many passwords were typed in the file so far.
func (e *Env) TypedPasswords() int { return e.typed }

func (e *Env) passwordHash(c *Change, d *Draft) {
	text := d.Text[member.PasswordHash]
	if _, err := member.ParseVerifier(text); err != nil {
		c.Problems = append(c.Problems, e.at(d, member.PasswordHash, err))
		return
	}
	c.Secret = text
	c.Mask = c.Mask.With(member.Password)
}
