package web_test

import (
	"net/http"
	"strings"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// fieldNow is the definition of a field.
func (h *house) fieldNow(identifier string) member.Field {
	h.Helper()
	f, err := h.svc.Field(h.Context(), h.owner, identifier)
	if err != nil {
		h.Fatal(err)
	}
	return f
}

func TestG3_FieldsOfEveryTypeAreAddedWithWhatRestrictsThem(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/fields").wants(h.T, http.StatusOK, "There are no fields yet")
		for _, kind := range member.FieldTypes() {
			b.post("/fields", "identifier", "f_"+string(kind), "type", string(kind), "label_ja", "項目"+string(kind), "required", "1",
				"choices", "tokyo = 東京\nosaka\n\n", "min_length", "2", "max_length", "9", "format", "pattern", "pattern", "[a-z]+",
				"extensions", "PNG, .jpg", "max_size", "2000000").leadsTo(h.T, "/fields?said=added")
		}
		b.get("/fields?said=added").wants(h.T, http.StatusOK, "Added.", "f_select One of a list Yes 東京 osaka",
			"f_text Text Yes A regular expression · [a-z]+ · from 2 characters · up to 9 characters", "f_file File Yes png jpg · up to 2 MB", "f_number Number Yes")
		if f := h.fieldNow("f_checkbox"); len(f.Choices) != 2 || f.Choices[0] != (member.Choice{Key: "tokyo", Label: "東京"}) || !f.Required || f.LabelEN != "項目checkbox" {
			h.Errorf("field = %+v", f)
		}
	})
}

func TestG3_AProblemOfADefinitionStandsAtTheFormWithWhatWasTyped(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		for _, tt := range []struct{ says, name, value string }{
			{"identifier", "identifier", "Not_This"},
			{"at least one choice", "type", "select"},
			{"“many” is no whole number", "min_length", "many"},
			{"The least length is above the greatest", "min_length", "12"},
		} {
			form := map[string]string{"identifier": "a", "type": "text", "max_length": "3", "label_en": "As typed"}
			form[tt.name] = tt.value
			a := b.post("/fields", "identifier", form["identifier"], "type", form["type"], "min_length", form["min_length"], "max_length", "3", "label_en", "As typed").
				wants(h.T, http.StatusUnprocessableEntity, tt.says)
			if !strings.Contains(a.body, `value="As typed"`) || tt.name == "min_length" && !strings.Contains(a.body, `value="`+tt.value+`"`) {
				h.Errorf("%s: what was typed is gone", tt.says)
			}
		}
	})
}

func TestG3_AFieldIsEditedInAllButItsIdentifierAndType(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/fields", "identifier", "size", "type", "select", "choices", "a=b=c\nd")
		b.get("/fields/size").wants(h.T, http.StatusOK, "One of a list", "a=b=c d=d")
		b.post("/fields/size", "type", "number", "identifier", "other", "label_en", "Size", "label_ja", "サイズ", "choices", "a=b=c\nd=d").
			leadsTo(h.T, "/fields?said=changed")
		if f := h.fieldNow("size"); f.Type != member.Select || f.LabelJA != "サイズ" || len(f.Choices) != 2 || f.Choices[1].Label != "" {
			h.Errorf("field = %+v", f)
		}
		b.post("/fields/size", "label_en", "Email", "choices", "d").wants(h.T, http.StatusUnprocessableEntity, "Email")
		b.get("/fields/none").wants(h.T, http.StatusNotFound)
	})
}

func TestG3_TheOrderOfFieldsIsChangedByKeysOnly(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		for _, identifier := range []string{"one", "two", "three"} {
			b.post("/fields", "identifier", identifier, "type", "text")
		}
		a := b.follow(b.post("/fields/three/move", "by", "up")).wants(h.T, http.StatusOK, "The order was changed.")
		if first, second := strings.Index(a.text, "three three"), strings.Index(a.text, "two two"); first < 0 || first > second {
			h.Errorf("the order is not changed: %s", a.text)
		}
		if !strings.Contains(a.body, `value="up" autofocus`) {
			h.Error("the button that was pressed has not the focus")
		}
		b.post("/fields/none/move", "by", "up").wants(h.T, http.StatusNotFound)
	})
}

func TestP21_DeletingAFieldSaysHowManyValuesItClearsAndAsksForTheNumber(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/fields", "identifier", "branch", "type", "text")
		h.bring("member_id,branch\n2,A\n3,B\n")
		b.get("/fields/branch/delete").wants(h.T, http.StatusOK, "2 members have a value in this field", "Delete “branch” Cancel")
		b.post("/fields/branch/delete", "values", "0").wants(h.T, http.StatusConflict, "in use by more people")
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BrakeCleared, "1"); err != nil {
			h.Fatal(err)
		}
		b.get("/fields/branch/delete").wants(h.T, http.StatusOK, "Type 2 to say that you mean it")
		b.post("/fields/branch/delete", "values", "2").wants(h.T, http.StatusConflict, "type the number that is asked for")
		b.post("/fields/branch/delete", "values", "2", "accept", "3").wants(h.T, http.StatusConflict, "type the number that is asked for")
		b.follow(b.post("/fields/branch/delete", "values", "2", "accept", "2")).wants(h.T, http.StatusOK, "Deleted. 2 members were changed first.")
		b.get("/fields/branch").wants(h.T, http.StatusNotFound)
	})
}

func TestG3_DefinitionsComeAndGoAsJSON(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.post("/fields", "identifier", "one", "type", "text")
		out := b.get("/fields/fields.json").wants(h.T, http.StatusOK)
		b.bringFile("/fields/fields.json", "f.json", out.body).wants(h.T, http.StatusOK, "Unchanged: 1.")
		b.bringFile("/fields/fields.json", "f.json", strings.ReplaceAll(out.body, "one", "two")).wants(h.T, http.StatusOK, "Added: 1.")
		b.bringFile("/fields/fields.json", "f.json", "{").wants(h.T, http.StatusUnprocessableEntity)
		b.bringFile("/fields/fields.json", "f.json", strings.ReplaceAll(out.body, `"text"`, `"number"`)).wants(h.T, http.StatusConflict, "one:")
		h.as("gus").bringFile("/fields/fields.json", "f.json", out.body).wants(h.T, http.StatusForbidden)
	})
}
