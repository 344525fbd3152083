package admin_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// operatorLimits are those of the operator's command line (SPEC F11).
var operatorLimits = sheet.Limits{FileBytes: 4 << 30, Rows: 20_000_000, Columns: 500, CellRunes: 32767}

// mostMemory is what a process may ever have in memory, the database's cache
// included (SPEC F11).
const mostMemory = 256 << 20

// TestF11_AMillionRowsWorkWithin256MB registers, plans again, changes a tenth
// and undoes. Each step is a process of its own, so that its memory can be
// measured. MEIBO_TEST_MILLION=1 makes the 300,000 rows a million.
func TestF11_AMillionRowsWorkWithin256MB(t *testing.T) {
	rows := int64(300_000)
	switch {
	case os.Getenv("MEIBO_TEST_MILLION") != "":
		rows = 1_000_000
	case testing.Short():
		rows = 30_000
	}
	files := t.TempDir()
	fresh, tenth := filepath.Join(files, "new.csv"), filepath.Join(files, "tenth.csv")
	roster(t, fresh, rows, 0)
	roster(t, tenth, rows, 10)
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.masters()
		h.million(errand{Database: url, Files: filepath.Join(t.TempDir(), "files")}, rows, fresh, tenth)
	})
}

func (h *house) million(e errand, rows int64, fresh, tenth string) {
	h.Helper()
	byEmail := plan.Options{Match: []string{"email"}}
	steps := []struct {
		name    string
		options plan.Options
		file    string // empty: undo the last import
		counts  plan.Counts
	}{
		{"new", plan.Options{}, fresh, plan.Counts{plan.Create: rows}},
		{"unchanged", byEmail, fresh, plan.Counts{plan.Keep: rows}},
		{"a tenth changed", byEmail, tenth, plan.Counts{plan.Update: rows / 10, plan.Keep: rows - rows/10}},
		{"undo", plan.Options{}, "", plan.Counts{plan.Update: rows / 10}},
	}
	var last store.Import
	for _, s := range steps {
		e.Do, e.File, e.Options, e.Import = "plan", s.file, s.options, last.ID
		if s.file == "" {
			e.Do = "undo"
		}
		planned := h.deliver(s.name, e)
		if planned.Outcome.Counts != s.counts {
			h.Fatalf("%s: counts = %v, want %v", s.name, planned.Outcome.Counts, s.counts)
		}
		e.Do, e.Import = "apply", planned.ID
		if last = h.deliver(s.name, e); last.State != store.Applied {
			h.Fatalf("%s: state = %s", s.name, last.State)
		}
	}
}

// deliver runs an errand, and looks at its memory.
func (h *house) deliver(name string, e errand) store.Import {
	h.Helper()
	if folder := os.Getenv("MEIBO_TEST_PROFILE"); folder != "" {
		e.Profile = filepath.Join(folder, fmt.Sprintf("%s-%s-%s.pprof", filepath.Base(h.Name()), name, e.Do))
	}
	d := e.deliver(h)
	h.Logf("%-16s %-6s %7.2f s, %7.2f s of processor, %4d MB", name, e.Do, float64(d.Millis)/1000, d.Processor.Seconds(), d.Most>>20)
	if d.Most > mostMemory {
		h.Errorf("%s: %s: %d MB of memory, more than %d", name, e.Do, d.Most>>20, mostMemory>>20)
	}
	return d.Import
}

// masters gives the organisation ten groups and six fields.
func (h *house) masters() {
	h.Helper()
	db := h.roll()
	err := db.Write(h.Context(), func(tx *store.Tx) error {
		for i := range 10 {
			if err := tx.SaveGroup(h.Context(), h.owner.Org.ID, &member.Group{Name: "組" + strconv.Itoa(i) + "番", Enabled: true}); err != nil {
				return err
			}
		}
		for _, f := range []member.Field{
			{Identifier: "dept", LabelEN: "Department", LabelJA: "部署", Type: member.Text},
			{Identifier: "phone", LabelEN: "Phone", LabelJA: "電話", Type: member.Text, Format: member.TelephoneFormat},
			{Identifier: "postal", LabelEN: "Postal code", LabelJA: "郵便番号", Type: member.Text, Format: member.PostalCodeFormat},
			{Identifier: "joined", LabelEN: "Joined", LabelJA: "入会日", Type: member.Date},
			{Identifier: "points", LabelEN: "Points", LabelJA: "点数", Type: member.Number},
			{Identifier: "size", LabelEN: "Size", LabelJA: "サイズ", Type: member.Select, Choices: []member.Choice{{Key: "s", Label: "S"}, {Key: "m", Label: "M"}, {Key: "l", Label: "L"}}},
		} {
			if err := tx.SaveField(h.Context(), h.owner.Org.ID, &f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

// roster writes a file of n members in no order, of 14 columns and one to two
// groups each. With changed > 0 every changed-th of them has another remark.
func roster(t testing.TB, path string, n int64, changed int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "login_id,email,name,login_allowed,login_until,groups,remarks,display_order,dept,phone,postal,joined,points,size\n")
	for i := range n {
		id := i * 1_000_003 % n // each number below n once: the factor is a prime that divides no n used here
		remark := "備考 " + strconv.FormatInt(id%97, 10)
		if changed > 0 && id%changed == 0 {
			remark = "changed"
		}
		groups := fmt.Sprintf("組%d番", id%10)
		if id%2 == 0 {
			groups += fmt.Sprintf("|組%d番", (id+3)%10)
		}
		fmt.Fprintf(w, "user.%d,user.%d@example.com,会員 %d号,1,2031-0%d-15,%s,%s,%d,dept %d,03-1234-%04d,100-%04d,2020-1%d-0%d,%d,%c\n",
			id, id, id, id%9+1, groups, remark, id%1000+1, id%50, id%10000, id%10000, id%3, id%9+1, id%500, "sml"[id%3])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
