package plan

import (
	"testing"
	"time"

	"meibo/internal/member"
	"meibo/internal/sheet"
)

// mostAllocations is how many allocations planning one row of sixteen cells may
// take: what it took when this was written, and room for two more. A row that needs
// more is slower whatever the machine.
var mostAllocations = map[Action]float64{Create: 12, Keep: 4, Update: 8}

// TestF11_APlannedRowTakesFewAllocations counts, where timing would tell nothing
// on a machine with other work.
func TestF11_APlannedRowTakesFewAllocations(t *testing.T) {
	fields := []member.Field{{ID: 1, Identifier: "dept", Type: member.Text}, {ID: 2, Identifier: "joined", Type: member.Date}, {ID: 3, Identifier: "points", Type: member.Number}}
	masters := &Masters{Fields: fields, Groups: []member.Group{{ID: 1, Name: "営業", Enabled: true}, {ID: 2, Name: "開発", Enabled: true}}}
	masters.Index()
	header := sheet.Row{Line: 1, Cells: []string{"login_id", "email", "name", "groups", "login_allowed", "login_until", "remarks", "display_order", "dept", "joined", "points"}}
	options := Options{Match: []string{"email"}}.ForLayout(Register)
	mapping, _, problems := MapHeader(sheet.CSV, header, options, masters)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	env := func() *Env {
		return &Env{Options: options, Mapping: mapping, Masters: masters, Actor: Actor{Owner: true, Administrator: true, Members: true}, Zone: time.UTC}
	}
	row := sheet.Row{Line: 2, Cells: []string{"u1", "sato.1@example.co.jp", "佐藤 太郎", "営業|開発", "1", "2030-01-02", "備考", "7", "部署07", "2020-04-01", "12"}}
	e := env()
	var d Draft
	e.Read(&d, row)
	created := e.Decide(&d, Found{})
	if created.Action != Create {
		t.Fatalf("action = %s, %v", created.Action, created.Problems)
	}
	same := created.After
	same.ID, same.Version, same.State, same.Groups = 1, 1, member.Active, []int64{1, 2}
	other := same
	other.Remarks, other.Fields = "früher", map[string]string{"dept": "部署08", "joined": "2020-04-01", "points": "12"}
	for _, tt := range []struct {
		action Action
		found  Found
	}{{Create, Found{}}, {Keep, Found{ByEmail: &same}}, {Update, Found{ByEmail: &other}}} {
		e := env()
		n := testing.AllocsPerRun(200, func() {
			e.Read(&d, row)
			if c := e.Decide(&d, tt.found); c.Action != tt.action {
				t.Fatalf("action = %s, want %s, %v", c.Action, tt.action, c.Problems)
			}
		})
		if n > mostAllocations[tt.action] {
			t.Errorf("%s: %.0f allocations, want at most %.0f", tt.action, n, mostAllocations[tt.action])
		}
	}
}
