package main

import (
	"context"
	"io"
	"io/fs"

	"meibo/internal/admin"
	"meibo/internal/store"
)

var adminNobody = admin.Actor{}

// output writes to a file, or to standard output for "-" and "".
func (a *app) output(name string, write func(w io.Writer) error) error {
	return a.outputAs(name, 0o666, write)
}

// outputAs writes to a file that, if it is new, has a mode less the umask.
func (a *app) outputAs(name string, mode fs.FileMode, write func(w io.Writer) error) error {
	if isStdout(name) {
		return write(a.stdout)
	}
	return writeFile(name, mode, write)
}

// writePasswords writes the random passwords of an applied import, if that was
// asked for; else it says how to get them.
func (a *app) writePasswords(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, name string) error {
	switch {
	case !svc.HasPasswords(imp) && name != "":
		a.tell("%s", a.say.Say("passwords.none", "file", name))
		return nil
	case !svc.HasPasswords(imp):
		return nil
	case name == "":
		until := timeOf(imp.PasswordsUntil, actor)
		a.tell("%s", a.say.Say("next.passwords", "command", a.follow("passwords", number(imp.ID), "-o", "FILE"), "until", until))
		return nil
	}
	return a.passwords(ctx, svc, actor, imp.ID, name)
}

func (a *app) passwords(ctx context.Context, svc *admin.Service, actor admin.Actor, id int64, name string) error {
	n := int64(0)
	if err := a.outputAs(name, secretMode, func(w io.Writer) (err error) {
		n, err = svc.Passwords(ctx, actor, id, w)
		return err
	}); err != nil {
		return err
	}
	if err := svc.ForgetPasswords(ctx, actor, id); err != nil {
		return err
	}
	if name != "-" && name != "" {
		a.tell("%s", a.say.Say("passwords.written", "n", n, "file", name))
	}
	return nil
}
