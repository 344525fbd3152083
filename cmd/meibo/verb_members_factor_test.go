package main

import (
	"strings"
	"testing"

	"meibo/internal/store"
)

func TestI2_TheOperatorTakesASecondFactorOffAndItIsInTheHistory(t *testing.T) {
	eachDesk(t, func(d *desk) {
		d.said(d.do(exitFailed, "members", "lost-factor", "1"), "No second factor is set up")
		id := `X'31'`
		if store.IsPostgres(strings.TrimPrefix(d.env[0], "MEIBO_DB=")) {
			id = `'\x31'`
		}
		spoil(d, `INSERT INTO account_event (org_id, member_id, id, what, actor_id, at) VALUES (1, 1, 0, 'passkey_added', 1, 1)`)
		spoil(d, `INSERT INTO passkey (org_id, id, member_id, name, credential, created_at) VALUES (1, `+id+`, 1, 'phone', '{}', 1)`)
		d.said(d.do(exitDone, "members", "lost-factor", "1"), "taken off member 1")
		d.said(d.do(exitDone, "members", "history", "1"), "the operator", "second factor and passkeys taken off", "passkey added", "add")
		events := d.json(exitDone, "members", "history", "1")["sign_in"].([]any)
		if len(events) != 2 {
			d.Fatalf("events: %v", events)
		}
		first := events[0].(map[string]any)
		if first["what"] != "second_factor_taken_off" || first["who"] != nil {
			d.Errorf("events: %v", events)
		}
	})
}
