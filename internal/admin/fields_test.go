package admin_test

import (
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (h *house) field(f member.Field) member.Field {
	h.Helper()
	f, err := h.svc.AddField(h.Context(), h.owner, f)
	h.must(err)
	return f
}

// fieldsJSON is what an export of definitions writes.
func (h *house) fieldsJSON() string {
	h.Helper()
	var b strings.Builder
	h.must(h.svc.ExportFields(h.Context(), h.owner, &b))
	return b.String()
}

func TestG3_LabelsThatAreLeftOutAreTheOtherOneOrTheIdentifier(t *testing.T) {
	each(t, func(h *house) {
		for _, tt := range []struct{ identifier, en, ja, wantEN, wantJA string }{
			{"a", "", "", "a", "a"},
			{"b", "Bee", "", "Bee", "Bee"},
			{"c", "", "しー", "しー", "しー"},
			{"d", " Dee ", "でぃー", "Dee", "でぃー"},
		} {
			f := h.field(member.Field{Identifier: tt.identifier, Type: member.Text, LabelEN: tt.en, LabelJA: tt.ja})
			if f.LabelEN != tt.wantEN || f.LabelJA != tt.wantJA {
				t.Errorf("%s: labels = %q, %q", tt.identifier, f.LabelEN, f.LabelJA)
			}
		}
		_, err := h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "a", Type: member.Text})
		h.refused(err, problem.FieldIdentifierTaken)
		_, err = h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "e", Type: member.Text, LabelEN: "BEE"})
		h.refused(err, problem.LabelTaken)
		_, err = h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "e", Type: "texts"})
		h.refused(err, problem.FieldTypeUnknown)
	})
}

func TestG3_TheTypeOfAFieldThatExistsStays(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "a", Type: member.Text})
		_, err := h.svc.EditField(t.Context(), h.owner, "a", func(f *member.Field) { f.Type = member.Number })
		h.refused(err, problem.FieldTypeFixed)
		_, err = h.svc.EditField(t.Context(), h.owner, "b", func(*member.Field) {})
		h.refused(err, problem.FieldUnknown)
		f, err := h.svc.EditField(t.Context(), h.owner, "a", func(f *member.Field) { f.Identifier, f.MaxLength = "b", 3 })
		h.must(err)
		if f.Identifier != "a" || f.MaxLength != 3 {
			t.Errorf("field = %+v", f)
		}
	})
}

func TestG3_DefinitionsExportAndImportAsJSON(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "branch", Type: member.Select, LabelJA: "支店", Required: true,
			Choices: []member.Choice{{Key: "t", Label: "東京"}, {Key: "o"}}})
		h.field(member.Field{Identifier: "no", Type: member.Text, Format: member.DigitsFormat, MaxLength: 6})
		file := h.fieldsJSON()
		done, err := h.svc.ImportFields(t.Context(), h.owner, strings.NewReader(file))
		h.must(err)
		if done.Unchanged != 2 || done.Added+done.Changed != 0 || h.fieldsJSON() != file {
			t.Errorf("import = %+v", done)
		}
		edited := strings.Replace(file, `"支店"`, `"支社"`, 1)
		edited = strings.Replace(edited, "[\n", `[{"identifier":"new","label_en":"New","label_ja":"新規","type":"date"},`, 1)
		done, err = h.svc.ImportFields(t.Context(), h.owner, strings.NewReader(edited))
		h.must(err)
		if done.Unchanged != 1 || done.Added != 1 || done.Changed != 1 {
			t.Errorf("import = %+v", done)
		}
		// The new one has no position in the file: it is the last.
		all, err := h.svc.Fields(t.Context(), h.owner)
		h.must(err)
		if len(all) != 3 || all[2].Identifier != "new" || all[0].LabelEN+all[0].LabelJA != "支社支店" {
			t.Errorf("fields = %+v", all)
		}
	})
}

func TestG3_AnImportOfDefinitionsWithAProblemDoesNothing(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "a", Type: member.Text})
		h.field(member.Field{Identifier: "b", Type: member.Text, LabelEN: "Bee"})
		before := h.fieldsJSON()
		for _, tt := range []struct {
			name, file string
			code       problem.Code
		}{
			{"no JSON", `name,type`, problem.FieldsMalformed},
			{"another type, after a field that could be added", `[{"identifier":"c","label_en":"C","label_ja":"C","type":"text"},
				{"identifier":"a","label_en":"a","label_ja":"a","type":"number"}]`, problem.FieldTypeFixed},
			{"a label that another field has", `[{"identifier":"c","label_en":"bee","label_ja":"C","type":"text"}]`, problem.LabelTaken},
			{"an unknown key", `[{"identifier":"c","label":"C","type":"text"}]`, problem.FieldsMalformed},
		} {
			_, err := h.svc.ImportFields(t.Context(), h.owner, strings.NewReader(tt.file))
			h.refused(err, tt.code)
			if after := h.fieldsJSON(); after != before {
				t.Errorf("%s: fields = %s", tt.name, after)
			}
		}
	})
}

func TestF7_ATighterRestrictionLetsMembersKeepWhatTheyHave(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "no", Type: member.Text})
		h.crowd(1, "no", "long value")
		_, err := h.svc.EditField(t.Context(), h.owner, "no", func(f *member.Field) { f.MaxLength, f.Required = 4, true })
		h.must(err)
		match := plan.Options{Match: []string{"login_id"}}
		if got := counts(h.plan("login_id,no,remarks\np0,long value,x\n", match)); got != [6]int64{0, 0, 1, 0, 0, 0} {
			t.Errorf("the value that is there: counts = %v", got)
		}
		if got := counts(h.plan("login_id,no\np0,other value\n", match)); got[5] != 1 {
			t.Errorf("another long value: counts = %v", got)
		}
	})
}

func TestM8_AFieldWithValuesGoesOnlyWithAPlanThatClearsThem(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "no", Type: member.Text, Required: true})
		h.field(member.Field{Identifier: "other", Type: member.Text})
		h.crowd(3, "no,other", "7,stays")
		_, err := h.svc.DeleteField(t.Context(), h.owner, "no", admin.FieldDeletion{})
		if values := h.refused(err, problem.InUse); values["members"] != "3" {
			t.Errorf("values = %v", values)
		}
		imp, err := h.svc.DeleteField(t.Context(), h.owner, "no", admin.FieldDeletion{ClearValues: true})
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 3, 0, 0, 0} || imp.State != store.Applied {
			t.Errorf("plan = %v %s", got, imp.State)
		}
		all, err := h.svc.Fields(t.Context(), h.owner)
		h.must(err)
		if len(all) != 1 || all[0].Identifier != "other" {
			t.Errorf("fields = %+v", all)
		}
		if n, err := h.svc.Matches(t.Context(), h.owner, `other eq "stays"`); err != nil || n != 3 {
			t.Errorf("%d members have the other value (%v), want 3", n, err)
		}
		// A field that nobody has a value of goes without a plan.
		h.field(member.Field{Identifier: "empty", Type: member.Text})
		if imp, err := h.svc.DeleteField(t.Context(), h.owner, "empty", admin.FieldDeletion{ClearValues: true}); err != nil || imp.ID != 0 {
			t.Errorf("import = %d, %v", imp.ID, err)
		}
	})
}

func TestA3_APlanThatUsesADeletedFieldIsStale(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "no", Type: member.Text})
		imp := h.plan("login_id,name,no\nann,Ann,7\n", plan.Options{})
		_, err := h.svc.DeleteField(t.Context(), h.owner, "no", admin.FieldDeletion{})
		h.must(err)
		_, err = h.svc.Apply(t.Context(), h.owner, imp.ID, accepted(imp))
		if values := h.refused(err, problem.PlanStale); values["what"] != "field" {
			t.Errorf("values = %v", values)
		}
	})
}

func TestP21_ClearingManyValuesOfAFieldNeedsTheNumber(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "no", Type: member.Text})
		h.crowd(21, "no", "7")
		remove := func(accept map[string]int64) (store.Import, error) {
			return h.svc.DeleteField(t.Context(), h.owner, "no", admin.FieldDeletion{ClearValues: true, Accept: accept})
		}
		imp, err := remove(map[string]int64{plan.ClearedBrake: 20})
		if values := h.refused(err, problem.BrakesNotAccepted); values["accept"] != "cleared=21" {
			t.Errorf("values = %v", values)
		}
		_, err = h.svc.Apply(t.Context(), h.owner, imp.ID, admin.ApplyOptions{Accept: map[string]int64{plan.ClearedBrake: 21}})
		h.refused(err, problem.PlanDiscarded)
		imp, err = remove(map[string]int64{plan.ClearedBrake: 21})
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 21, 0, 0, 0} || imp.State != store.Applied {
			t.Errorf("plan = %v %s", got, imp.State)
		}
	})
}

func TestG3_FieldsAreMovedUpAndDownTheirList(t *testing.T) {
	each(t, func(h *house) {
		for _, identifier := range []string{"a", "b", "c"} {
			h.field(member.Field{Identifier: identifier, Type: member.Text, Position: 7}) // all alike: as the IDs have it
		}
		for _, tt := range []struct {
			identifier string
			by         int
			want       string
		}{{"c", -1, "acb"}, {"a", 1, "cab"}, {"c", -1, "cab"}, {"b", 9, "cab"}, {"c", 2, "abc"}} {
			h.must(h.svc.MoveField(t.Context(), h.owner, tt.identifier, tt.by))
			all, err := h.svc.Fields(t.Context(), h.owner)
			h.must(err)
			var got string
			for _, f := range all {
				got += f.Identifier
			}
			if got != tt.want {
				t.Errorf("%s by %d: %s, want %s", tt.identifier, tt.by, got, tt.want)
			}
		}
		h.refused(h.svc.MoveField(t.Context(), h.owner, "d", 1), problem.FieldUnknown)
		h.refused(h.svc.MoveField(t.Context(), h.writer("w@x.example", []string{"fields"}, nil), "a", 1), problem.ActorForbidden)
	})
}

func TestM8_BeforeAFieldGoesItIsToldHowManyHaveAValue(t *testing.T) {
	each(t, func(h *house) {
		h.field(member.Field{Identifier: "branch", Type: member.Text})
		h.crowd(3, "branch", "Tokyo")
		h.crowd(1, "branch", "{clear}")
		n, err := h.svc.FieldValues(t.Context(), h.owner, "branch")
		h.must(err)
		if n != 2 {
			t.Errorf("%d members have a value, want 2", n)
		}
		_, err = h.svc.FieldValues(t.Context(), h.owner, "other")
		h.refused(err, problem.FieldUnknown)
		_, err = h.svc.FieldValues(t.Context(), h.writer("w@x.example", []string{"members"}, nil), "branch")
		h.refused(err, problem.ActorForbidden)
	})
}
