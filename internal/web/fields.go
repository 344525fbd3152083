package web

import (
	"io"
	"net/http"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Identifiers of fields have neither dot nor hyphen, so no field is called like
// the file.
var fieldRoutes = []route{
	{http.MethodGet, "/fields", reading(member.FieldsArea), (*request).fields},
	{http.MethodPost, "/fields", writing(member.FieldsArea), (*request).addField},
	{http.MethodGet, "/fields/fields.json", reading(member.FieldsArea), (*request).exportFields},
	{http.MethodPost, "/fields/fields.json", writing(member.FieldsArea).withFile(), (*request).importFields},
	{http.MethodGet, "/fields/{id}", reading(member.FieldsArea), (*request).field},
	{http.MethodPost, "/fields/{id}", writing(member.FieldsArea), (*request).editField},
	{http.MethodPost, "/fields/{id}/move", writing(member.FieldsArea), (*request).moveField},
	{http.MethodGet, "/fields/{id}/delete", reading(member.FieldsArea), (*request).askToDeleteField},
	{http.MethodPost, "/fields/{id}/delete", writing(member.FieldsArea), (*request).deleteField},
}

// A fieldsList is what the page of all fields shows.
type fieldsList struct {
	All       []member.Field
	Adding    fieldForm
	Done      done
	Imported  *admin.FieldsImported // what a file did just now; nil: there was none
	Importing trouble
}

func (q *request) fields() error {
	return q.showFields(http.StatusOK, fieldsList{Adding: fieldForm{Field: member.Field{Type: member.Text}}})
}

func (q *request) showFields(status int, l fieldsList) (err error) {
	if l.All, err = q.svc.Fields(q.r.Context(), q.actor); err != nil {
		return err
	}
	if l.Done, err = q.done(); err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.fields"), fieldsPage(q, l))
}

func (q *request) addField() error {
	f := q.typedField(member.Field{Identifier: q.value("identifier"), Type: member.FieldType(q.value("type"))})
	if f.Sentence == "" {
		_, err := q.svc.AddField(q.r.Context(), q.actor, f.Field)
		if err == nil {
			return q.redirect(after("/fields", "added", store.Import{}))
		}
		var ok bool
		if f.trouble, ok = q.trouble(err); !ok {
			return err
		}
	}
	return q.showFields(f.Status, fieldsList{Adding: f})
}

func (q *request) field() error {
	f, err := q.svc.Field(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.page(q.fieldLabel(f), fieldPage(q, f, formOf(f)))
}

func (q *request) editField() error {
	was, err := q.svc.Field(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	f := q.typedField(was)
	if f.Sentence == "" {
		_, err = q.svc.EditField(q.r.Context(), q.actor, was.Identifier, func(now *member.Field) {
			f.Field.Position = now.Position
			*now = f.Field
		})
		if err == nil {
			return q.redirect(after("/fields", "changed", store.Import{}))
		}
		var ok bool
		if f.trouble, ok = q.trouble(err); !ok {
			return err
		}
	}
	return q.pageAs(f.Status, q.fieldLabel(was), fieldPage(q, was, f))
}

// moveField moves a field up or down by one, and leads back to where it is now.
func (q *request) moveField() error {
	id, by := q.r.PathValue("id"), 1
	if q.value("by") == "up" {
		by = -1
	}
	if err := q.svc.MoveField(q.r.Context(), q.actor, id, by); err != nil {
		return err
	}
	return q.redirect(after("/fields", "moved", store.Import{}) + "&field=" + escape(id) + "&by=" + escape(q.value("by")))
}

// A fieldDeletion is what the page says before a field is deleted.
type fieldDeletion struct {
	Field  member.Field
	Values int64 // members who have one
	Brake  bool  // the number must be typed (P21)
	trouble
}

func (q *request) askToDeleteField() error { return q.showFieldDeletion(http.StatusOK, trouble{}) }

func (q *request) showFieldDeletion(status int, t trouble) (err error) {
	d := fieldDeletion{trouble: t}
	id := q.r.PathValue("id")
	if d.Field, err = q.svc.Field(q.r.Context(), q.actor, id); err != nil {
		return err
	}
	if d.Values, err = q.svc.FieldValues(q.r.Context(), q.actor, id); err != nil {
		return err
	}
	d.Brake = t.Reason == problem.BrakesNotAccepted || d.Values > q.actor.Org.Settings.Count(plan.BrakeCleared)
	return q.pageAs(status, q.fieldLabel(d.Field), fieldDeletionPage(q, d))
}

// deleteField clears values only if the page said that there are some.
func (q *request) deleteField() error {
	d := admin.FieldDeletion{ClearValues: q.number("values") > 0}
	if typed := q.number("accept"); typed == q.number("values") { // the very number that was shown (P21)
		d.Accept = map[string]int64{plan.ClearedBrake: typed}
	}
	imp, err := q.svc.DeleteField(q.r.Context(), q.actor, q.r.PathValue("id"), d)
	if t, ok := q.trouble(err); ok {
		return q.showFieldDeletion(t.Status, t)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/fields", "deleted", imp))
}

func (q *request) exportFields() error {
	var b strings.Builder
	if err := q.svc.ExportFields(q.r.Context(), q.actor, &b); err != nil {
		return err
	}
	return q.attach("fields.json", "application/json", b.String())
}

func (q *request) importFields() error {
	u, closeFile, err := q.formFile("file")
	var got admin.FieldsImported
	if err == nil {
		defer closeFile()
		got, err = q.svc.ImportFields(q.r.Context(), q.actor, io.NewSectionReader(u.Content, 0, u.Size))
	}
	if t, ok := q.trouble(err); ok {
		if p, _ := asProblem(err); p.Place.Attribute != "" {
			t.Sentence = p.Place.Attribute + ": " + t.Sentence
		}
		return q.showFields(t.Status, fieldsList{Importing: t})
	}
	if err != nil {
		return err
	}
	return q.showFields(http.StatusOK, fieldsList{Imported: &got})
}

// fieldLabel is what a field is called in the reader's language.
func (q *request) fieldLabel(f member.Field) string {
	if q.say.Lang() == "ja" {
		return f.LabelJA
	}
	return f.LabelEN
}

// formats are the formats of texts in the order of the form.
var formats = []string{"", member.EmailFormat, member.TelephoneFormat, member.PostalCodeFormat, member.URLFormat, member.DigitsFormat, member.PatternFormat}

// restriction says in a few words what values of a field may be like.
func (q *request) restriction(f member.Field) string {
	var parts []string
	if f.Format != "" {
		parts = append(parts, q.say.Say("web.field.format."+f.Format))
	}
	if f.Pattern != "" {
		parts = append(parts, f.Pattern)
	}
	if f.MinLength > 0 {
		parts = append(parts, q.say.Say("web.field.from", "n", f.MinLength))
	}
	if f.MaxLength > 0 {
		parts = append(parts, q.say.Say("web.field.to", "n", f.MaxLength))
	}
	if len(f.Extensions) > 0 {
		parts = append(parts, strings.Join(f.Extensions, " "))
	}
	if f.MaxSize > 0 {
		parts = append(parts, q.say.Say("web.field.size", "n", f.MaxSize))
	}
	return strings.Join(parts, " · ")
}
