package admin_test

import (
	"maps"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

func TestF4_AMappingIsReadAsEditorsSaveIt(t *testing.T) {
	want := map[string]string{"社員番号": "login_id", "氏名": "name"}
	for _, tt := range []struct {
		name, text string
		code       problem.Code // empty: it is read
	}{
		{"one object", `{"社員番号":"login_id","氏名":"name"}`, ""},
		{"with a BOM and lines", "\ufeff{\r\n  \"社員番号\": \"login_id\",\r\n  \"氏名\": \"name\"\r\n}\r\n", ""},
		{"the same header twice is refused: one of them would count silently", `{"氏名":"name","氏名":"email"}`, problem.MappingHeaderTwice},
		{"so are two that files cannot tell apart", `{"E-Mail":"email","Ｅ-mail ":"login_id"}`, problem.MappingHeaderTwice},
		{"a header called as an attribute is none twice", `{"name":"email","email":"name"}`, ""},
		{"a list is none", `["name"]`, problem.MappingMalformed},
		{"nor is nothing", `null`, problem.MappingMalformed},
		{"nor are two objects", `{"a":"name"}{"b":"email"}`, problem.MappingMalformed},
		{"nor is a number", `{"a":1}`, problem.MappingMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &house{T: t}
			m, err := admin.ParseMapping([]byte(tt.text))
			if tt.code != "" {
				h.refused(err, tt.code)
				return
			}
			h.must(err)
			if len(m) != 2 || m["氏名"] != "" && !maps.Equal(m, want) {
				t.Errorf("mapping = %v", m)
			}
		})
	}
}

func TestF4_ASavedMappingIsFoundByItsNameWithSpacesAroundItToo(t *testing.T) {
	each(t, func(h *house) {
		h.must(h.svc.AddMapping(t.Context(), h.owner, " 人事 ", map[string]string{"氏名": "name"}))
		for _, name := range []string{"人事", " 人事", "\u3000人事 "} {
			if m, err := h.svc.Mapping(t.Context(), h.owner, name); err != nil || m["氏名"] != "name" {
				t.Errorf("%q = %v, %v", name, m, err)
			}
		}
		h.refused(h.svc.AddMapping(t.Context(), h.owner, "x", map[string]string{"氏名": "name", "氏名 ": "email"}), problem.MappingHeaderTwice)
		h.must(h.svc.DeleteMapping(t.Context(), h.owner, "人事 "))
		names, err := h.svc.Mappings(t.Context(), h.owner)
		if err != nil || len(names) != 0 {
			t.Errorf("mappings = %q, %v", names, err)
		}
	})
}

func TestF4_ASavedMappingThatLeadsToAFieldThatIsGoneStopsTheFile(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "shoe", Type: member.Text})
		h.must(err)
		h.must(h.svc.AddMapping(t.Context(), h.owner, "m", map[string]string{"靴": "shoe", "宛先": "email", "氏名": "name"}))
		_, err = h.svc.DeleteField(t.Context(), h.owner, "shoe", admin.FieldDeletion{})
		h.must(err)
		m, err := h.svc.Mapping(t.Context(), h.owner, "m")
		h.must(err)
		imp := h.plan("宛先,氏名,靴\nann@x.example,Ann,38\n", plan.Options{Map: m})
		p, err := plan.ParseProblems(imp.Outcome.Problems)
		if err != nil || len(p) != 1 || p[0].Code != problem.MappingAttributeUnknown || p[0].Values["attribute"] != "shoe" || p[0].Place.Header != "靴" {
			t.Errorf("problems = %v, %v", p, err)
		}
	})
}
