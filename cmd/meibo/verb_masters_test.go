package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// callWith runs the program with a database of the test's own.
func callWith(t *testing.T, database string, args ...string) (code int, stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"MEIBO_DB": database, "MEIBO_LANG": "en", "HOME": filepath.Dir(database)}
	code = run(t.Context(), args, func(k string) string { return env[k] }, strings.NewReader(""), &out, &errs)
	if code != 0 && errs.Len() == 0 {
		t.Errorf("meibo %v ended with %d and said nothing", args, code)
	}
	return code, out.String()
}

// Keys of JSON and exit codes are what scripts depend on.
func TestMasterVerbsPrintOneObjectOfStableKeys(t *testing.T) {
	db := filepath.Join(t.TempDir(), "meibo.db")
	for _, tt := range []struct {
		call   string
		code   int
		stdout string
	}{
		{"setup --org Acme --owner-email a@acme.example --owner-name Ito --seats 15", 0, ""},
		{"groups add 東京 --default --json", 0, `{"group":{"id":1,"name":"東京","enabled":true,"default":true}}`},
		{"groups show 1 --json", 0, `{"group":{"id":1,"name":"東京","enabled":true,"default":true,"members":0}}`},
		{"groups edit 東京 --enabled=false --json", 0, `{"group":{"id":1,"name":"東京","enabled":false,"default":true}}`},
		{"groups delete 東京 --json", 0, `{"deleted":"東京","import":null}`},
		{"groups list --json", 0, `{"groups":[]}`},
		{"groups show 東京", 1, ""},
		{"groups add", 2, ""},
		{"defaults set --json --groups=", 0, `{"groups":[]}`},
		{"brands add n North --json", 0, `{"brand":{"id":1,"code":"n","name":"North","policies":[]}}`},
		{"policies add p P --brands n --json", 0,
			`{"policy":{"id":1,"code":"p","name":"P","description":"","brands":["n"],"members":0,"invitations":0}}`},
		{"roles add r R --read members,imports --write imports --json", 0,
			`{"role":{"id":1,"code":"r","name":"R","read":["members"],"write":["imports"]}}`},
		{"roles edit r --write= --json", 0, `{"role":{"id":1,"code":"r","name":"R","read":["members"],"write":[]}}`},
		{"roles default --json", 0, `{"default_access":{"read":[],"write":[]}}`},
		{"fields add f --type radio --choice a=A --choice b --json", 0,
			`{"field":{"identifier":"f","label_en":"f","label_ja":"f","type":"radio","required":false,"position":1,"choices":[{"key":"a","label":"A"},{"key":"b","label":""}]}}`},
		{"filters test login_allowed --json", 1, ""},
		{"seats set 16 --json", 0, `{"seats":{"used":1,"limit":16,"base":15,"add_on":1,"add_on_price":500,"add_on_total":500,"currency":"JPY"}}`},
		{"seats set 0", 1, ""},
		{"settings get invitation_days", 0, "7"},
		{"settings set invitation_days x", 1, ""},
		{"mappings list --json", 0, `{"mappings":[]}`},
		{"mappings add m no-such-file", 1, ""},
	} {
		code, stdout := callWith(t, db, strings.Fields(tt.call)...)
		if code != tt.code || strings.TrimSpace(stdout) != tt.stdout {
			t.Errorf("meibo %s: %d\n%swant %d\n%s", tt.call, code, stdout, tt.code, tt.stdout)
		}
	}
}
