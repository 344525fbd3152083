package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"meibo/internal/storetest"
)

// A desk is a database with an organisation, and a terminal before it.
type desk struct {
	*testing.T
	env []string
}

// eachDesk runs a test on both databases. The owner is member 1.
func eachDesk(t *testing.T, f func(d *desk)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, url string) {
		d := &desk{t, []string{"MEIBO_DB=" + url, "HOME=" + t.TempDir(), "MEIBO_FILES=" + t.TempDir()}}
		d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "O. Ito", "--base-url", "https://m.example")
		f(d)
	})
}

// do calls the program and insists on its exit code.
func (d *desk) do(code int, args ...string) call {
	d.Helper()
	return d.give("", code, args...)
}

// give is do with a standard input.
func (d *desk) give(stdin string, code int, args ...string) call {
	d.Helper()
	got := meibo(d.T, stdin, d.env, args...)
	if got.code != code {
		d.Fatalf("%v: code %d, want %d\n%s%s", args, got.code, code, got.out, got.errors)
	}
	return got
}

// json calls the program with --json and reads the object.
func (d *desk) json(code int, args ...string) map[string]any {
	d.Helper()
	got := d.do(code, append(args, "--json")...)
	var object map[string]any
	if err := json.Unmarshal([]byte(got.out), &object); err != nil {
		d.Fatalf("%v: %v: %s", args, err, got.out)
	}
	if got.errors != "" {
		d.Errorf("%v: --json says %q", args, got.errors)
	}
	return object
}

// said insists that texts are in what was printed or said, in any order.
func (d *desk) said(got call, texts ...string) {
	d.Helper()
	for _, text := range texts {
		if !strings.Contains(got.out+got.errors, text) {
			d.Errorf("no %q in:\n%s%s", text, got.out, got.errors)
		}
	}
}

func TestMembersAreAddedChangedDeletedAndBroughtBack(t *testing.T) {
	eachDesk(t, func(d *desk) {
		added := d.json(exitDone, "members", "add", "--name", "Ann", "--email", "Ann@x.example", "--set", "remarks=tea", "--set", "login_until=2027/1/2")
		m := added["member"].(map[string]any)
		if m["id"] != 2.0 || m["email"] != "Ann@x.example" || m["remarks"] != "tea" || m["login_until"] != "2027-01-02" || m["login_id"] != nil || added["state"] != "applied" {
			d.Errorf("added %v", added)
		}
		d.said(d.do(exitFailed, "members", "add", "--name", "Eve", "--email", "ann@X.example"), "already the address of member 2")
		got := d.do(exitDone, "members", "edit", "ann@x.example", "--name", "アン", "--set", "remarks=", "--login-id", "ann")
		d.said(got, "アン", "ann", "Undo with: meibo undo 4")
		if strings.Contains(got.out, "tea") {
			d.Errorf("remarks are not cleared:\n%s", got.out)
		}
		d.said(d.do(exitDone, "members", "edit", "ann", "--name", "アン"), "Nothing")
		d.said(d.do(exitDone, "members", "list", "--search", "アン"), "ann", "Ann@x.example")
		d.said(d.do(exitDone, "members", "list", "--limit", "1"), "Shown are 1 of 2")
		waiting := d.do(exitNeedsYes, "members", "delete", "ann")
		d.said(waiting, "1 member to delete", "アン", "Nothing was applied")
		deletion := d.do(exitDone, "members", "delete", "2", "--yes")
		d.said(deletion, "1 member to delete", "1 deleted")
		_, undo, _ := strings.Cut(deletion.errors, "Undo with: meibo undo ")
		undo, _, _ = strings.Cut(undo, "\n")
		d.said(d.do(exitDone, "members", "show", "2"), "deleted 20")
		d.do(exitFailed, "members", "show", "ann")
		d.do(exitDone, "undo", undo, "--yes")
		if m := d.json(exitDone, "members", "show", "ann")["member"].(map[string]any); m["id"] != 2.0 || m["state"] != "active" {
			d.Errorf("back is %v", m)
		}
		d.do(exitDone, "verify")
	})
}

func TestM8_TheHistoryOfAMemberIsShown(t *testing.T) {
	eachDesk(t, func(d *desk) {
		file := filepath.Join(t.TempDir(), "new.csv")
		if err := os.WriteFile(file, []byte("login_id,name,remarks\nann,Ann,tea\n"), 0o600); err != nil {
			d.Fatal(err)
		}
		d.do(exitDone, "import", file, "--yes")
		d.do(exitDone, "members", "edit", "2", "--set", "remarks=coffee", "--as", "owner@acme.example")
		d.said(d.do(exitDone, "members", "history", "ann"), "O. Ito", "tea", "coffee", "2 new.csv line 2", "the operator")
		changes := d.json(exitDone, "members", "history", "2")["changes"].([]any)
		last := changes[0].(map[string]any)
		diff := last["changes"].([]any)[0].(map[string]any)
		if len(changes) != 2 || last["who_id"] != 1.0 || last["who"] != "O. Ito" || last["file"] != nil || last["line"] != nil ||
			diff["attribute"] != "remarks" || diff["before"] != "tea" || diff["after"] != "coffee" {
			d.Errorf("history = %v", changes)
		}
		first := changes[1].(map[string]any)
		if first["who"] != nil || first["file"] != "new.csv" || first["line"] != 2.0 || first["import"] != 2.0 {
			d.Errorf("history begins with %v", first)
		}
	})
}

func TestP6_APasswordIsReadFromStandardInputAndShownNowhere(t *testing.T) {
	eachDesk(t, func(d *desk) {
		got := d.give("c0rrect horse\n", exitDone, "members", "edit", "1", "--password-stdin")
		if strings.Contains(got.out+got.errors, "c0rrect") {
			d.Errorf("shown: %s%s", got.out, got.errors)
		}
		if history := d.do(exitDone, "members", "history", "1"); strings.Contains(history.out, "c0rrect") || !strings.Contains(history.out, "Password") {
			d.Errorf("history:\n%s", history.out)
		}
		d.said(d.give("short\n", exitFailed, "members", "edit", "1", "--password-stdin"), "8")
	})
}

func TestM8_ErasingAMemberNeedsAYes(t *testing.T) {
	eachDesk(t, func(d *desk) {
		d.do(exitDone, "members", "add", "--name", "Ann", "--login-id", "ann")
		d.said(d.do(exitNeedsYes, "members", "erase", "ann"), "Member 2 would be erased")
		d.said(d.do(exitDone, "members", "show", "2"), "Ann")
		if got := d.json(exitDone, "members", "erase", "ann", "--yes"); got["erased"] != true || got["member"] != 2.0 {
			d.Errorf("erased %v", got)
		}
		d.do(exitFailed, "members", "show", "2")
		d.do(exitDone, "verify")
	})
}

func TestP21_DeletingManyAsksForTheNumber(t *testing.T) {
	eachDesk(t, func(d *desk) {
		lines, ids := []string{"login_id,name"}, []string{"members", "delete"}
		for i := range 11 {
			lines = append(lines, "m"+strconv.Itoa(i)+",M")
			ids = append(ids, "m"+strconv.Itoa(i))
		}
		d.give(strings.Join(lines, "\n"), exitDone, "import", "-", "--yes")
		plan := d.json(exitNeedsYes, append(slices.Clone(ids), "--yes")...)
		if plan["state"] != "needs_acceptance" {
			d.Errorf("plan = %v", plan)
		}
		if done := d.json(exitDone, append(ids, "--yes", "--accept", "deletes=11")...); done["state"] != "applied" {
			d.Errorf("done = %v", done)
		}
	})
}

func TestI1_InvitationsOnTheCommandLine(t *testing.T) {
	eachDesk(t, func(d *desk) {
		d.said(d.do(exitDone, "invitations", "add", "ann@x.example"), "1 person to invite", "1 invited")
		d.give("\n bob@x.example \ncy@x.example\n", exitDone, "invitations", "add", "-", "--system-permission", "admin", "--hold-mails")
		d.said(d.give("dan@x.example\nno address\n", exitProblems, "invitations", "add", "-"), "line 2", "no address")
		list := d.json(exitDone, "invitations", "list", "--state", "open")
		first := list["invitations"].([]any)[0].(map[string]any)
		if list["total"] != 3.0 || first["email"] != "cy@x.example" || first["system_permission"] != "admin" || first["role"] != nil {
			d.Errorf("invitations = %v", list)
		}
		link := d.do(exitDone, "invitations", "link", "ann@x.example").out
		if !strings.HasPrefix(link, "https://m.example/invitation#") || strings.Count(link, "\n") != 1 {
			d.Errorf("link = %q", link)
		}
		d.said(d.do(exitDone, "invitations", "resend", "ann@x.example"), "1 invitation is mailed anew with a new link")
		if d.do(exitDone, "invitations", "link", "ann@x.example").out == link {
			d.Error("the link is the old one")
		}
		if got := d.json(exitDone, "mails", "release"); got["released"] != 2.0 || got["left"] != 0.0 {
			d.Errorf("released %v", got)
		}
		d.said(d.do(exitDone, "mails", "list", "--state", "pending"), "ann@x.example", "bob@x.example", "invitation")
		if got := d.json(exitDone, "mails", "list", "--import", "2"); got["total"] != 1.0 {
			d.Errorf("mails of import 2: %v", got)
		}
		d.said(d.do(exitDone, "mails", "retry"), "0 mails will be tried again")
		d.do(exitDone, "invitations", "cancel", "ann@x.example", "cy@x.example")
		d.said(d.do(exitFailed, "invitations", "link", "ann@x.example"), "no longer open")
		d.said(d.do(exitDone, "invitations", "list", "--search", "cy@", "--lang", "ja"), "取り消")
	})
}

func TestVerifySaysWhatIsWrongAndExits1(t *testing.T) {
	eachDesk(t, func(d *desk) {
		if got := d.json(exitDone, "verify"); got["ok"] != true || len(got["findings"].([]any)) != 0 || got["members"] != 1.0 {
			d.Errorf("verified: %v", got)
		}
		spoil(d, `UPDATE member SET system_permission = 2 WHERE id = 1`)
		d.said(d.do(exitFailed, "verify"), "1 thing is wrong", "1 owner is not admin", "(M4): 1")
		got := d.json(exitFailed, "verify")
		finding := got["findings"].([]any)[0].(map[string]any)
		if got["ok"] != false || finding["kind"] != "owner_rights" || finding["rule"] != "M4" || finding["ids"].([]any)[0] != 1.0 {
			d.Errorf("verified: %v", got)
		}
		spoil(d, `UPDATE change SET name = 'Eve'`)
		d.said(d.do(exitFailed, "verify", "--lang", "ja"), "インポート1", "検証できません")
	})
}
