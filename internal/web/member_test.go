package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// field adds a field.
func (h *house) field(f member.Field) {
	h.Helper()
	if _, err := h.svc.AddField(h.Context(), h.owner, f); err != nil {
		h.Fatal(err)
	}
}

// postFiles sends a form with files: pairs of name and value; a name that begins with
// "file." has a file's name and content with a newline between them.
func (b *browser) postFiles(path string, pairs ...string) answer {
	b.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		name, content, isFile := strings.Cut(pairs[i+1], "\n")
		if !isFile || !strings.HasPrefix(pairs[i], "file.") {
			if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
				b.Fatal(err)
			}
			continue
		}
		part, err := w.CreateFormFile(pairs[i], name)
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return b.send(http.MethodPost, path, &body, w.FormDataContentType())
}

const picture = "\x89PNG\r\n\x1a\n"

// types adds a field of each type.
func (h *house) types() {
	h.Helper()
	choices := []member.Choice{{Key: "a", Label: "Apple"}, {Key: "b", Label: "Berry"}}
	for _, f := range []member.Field{
		{Type: member.Text}, {Type: member.Textarea}, {Type: member.Number}, {Type: member.URL}, {Type: member.Select, Choices: choices},
		{Type: member.Radio, Choices: choices}, {Type: member.Checkbox, Choices: choices}, {Type: member.Boolean}, {Type: member.Date},
		{Type: member.DateTime}, {Type: member.FileType, Extensions: []string{"png"}},
	} {
		f.Identifier = "x_" + string(f.Type)
		f.LabelEN, f.LabelJA = "The "+string(f.Type), string(f.Type)+"です"
		h.field(f)
	}
}

func TestG3_AMembersPageTakesValuesOfEveryType(t *testing.T) {
	each(t, func(h *house) {
		h.types()
		b := h.as("eve")
		values := []string{"f.x_text", "tea", "f.x_textarea", "one\r\ntwo", "f.x_number", "007.50", "f.x_url", "https://x.example/", "f.x_select", "b", "f.x_radio", "a",
			"f.x_checkbox", "", "f.x_checkbox", "b", "f.x_checkbox", "a", "f.x_boolean", "0", "f.x_date", "2026-04-01", "f.x_datetime", "2026-04-01T09:30:15",
			"file.x_file", "me.png\n" + picture}
		b.postFiles("/members/5", values...).leadsTo(h.T, fmt.Sprintf("/members/5?done=%d", h.newest().ID))
		want := map[string]string{"x_text": "tea", "x_textarea": "one\ntwo", "x_number": "7.5", "x_url": "https://x.example/", "x_select": "b", "x_radio": "a",
			"x_checkbox": "a|b", "x_boolean": "0", "x_date": "2026-04-01", "x_datetime": "2026-04-01T00:30:15Z"}
		got := h.member("5").Fields
		for id, value := range want {
			if got[id] != value {
				h.Errorf("%s = %q, want %q", id, got[id], value)
			}
		}
		page := b.get("/members/5").wants(h.T, http.StatusOK, "me.png", "The text", "Apple")
		for _, part := range []string{`value="2026-04-01T09:30:15"`, `value="7.5"`, ">one\ntwo</textarea>", `<option value="b" selected`, `value="a" checked`} {
			if !strings.Contains(page.body, part) {
				h.Errorf("the page has no %s", part)
			}
		}
		file := b.get("/members/5/files/x_file").wants(h.T, http.StatusOK)
		if file.body != picture || file.header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(file.header.Get("Content-Disposition"), "me.png") {
			h.Errorf("file: %q, %v", file.body, file.header)
		}
		// Sent again as it is shown, nothing changes.
		b.postFiles("/members/5", values[:len(values)-2]...)
		if imp := h.newest(); imp.Outcome.Counts[plan.Keep] != 1 {
			h.Errorf("untouched: %v", imp.Outcome.Counts)
		}
		b.postFiles("/members/5", "remove.x_file", "1", "f.x_checkbox", "", "f.x_text", "")
		if got := h.member("5").Fields; got["x_file"]+got["x_checkbox"]+got["x_text"] != "" || got["x_select"] != "b" {
			h.Errorf("cleared: %v", got)
		}
		b.get("/members/5/files/x_file").wants(h.T, http.StatusNotFound)
	})
}

func TestAnAddressThatSomebodyHasIsToldWithWhatElseIsWrong(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		for _, path := range []string{"/members/5", "/members/new"} {
			a := b.postFiles(path, "name", "X", "email", "dave@x.example", "display_order", "many")
			a.wants(h.T, http.StatusUnprocessableEntity, "2 entries are not right yet", "“dave@x.example” is already the address of member 2", "many")
			if !strings.Contains(a.body, `id="e-email"`) || !strings.Contains(a.body, `id="e-display_order"`) {
				h.Errorf("%s: not both stand at their inputs: %s", path, a.text)
			}
		}
	})
}

func TestProblemsOfAFormStandAtTheirInputsAndNothingIsLost(t *testing.T) {
	each(t, func(h *house) {
		h.types()
		b := h.as("eve")
		a := b.postFiles("/members/5", "name", "Gustav", "email", "nonsense", "f.x_number", "many", "f.x_date", "2026-02-31", "file.x_file", "me.gif\nGIF89a")
		a.wants(h.T, http.StatusUnprocessableEntity, "4 entries are not right yet", "nonsense", "many")
		for _, part := range []string{`id="e-email"`, `id="e-x_number"`, `id="e-x_date"`, `id="e-x_file"`, `aria-describedby="e-email"`, `value="Gustav"`, `value="many"`} {
			if !strings.Contains(a.body, part) {
				h.Errorf("the page has no %s", part)
			}
		}
		if h.member("5").Name != "Gus" {
			h.Error("half of it was saved")
		}
	})
}

func TestP9_TwoWhoEditTheSameMemberAreTold(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		version := fmt.Sprint(h.member("5").Version)
		b.post("/members/5", "version", version, "name", "Gus", "remarks", "by another")
		b.post("/members/5", "version", version, "name", "Gustav", "remarks", "")
		if m := h.member("5"); m.Name != "Gustav" || m.Remarks != "by another" {
			h.Errorf("name %q, remarks %q", m.Name, m.Remarks)
		}
		b.post("/members/5", "version", version, "name", "Gus", "remarks", "mine").
			wants(h.T, http.StatusUnprocessableEntity, "Somebody else changed this meanwhile", "by another", "mine")
	})
}

func TestAMemberIsAddedOnAPage(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.get("/members/new").wants(h.T, http.StatusOK, "New member")
		b.post("/members/new", "name", "", "email", "hal@x.example").wants(h.T, http.StatusUnprocessableEntity, "1 entry is not right yet")
		a := b.post("/members/new", "name", "Hal", "email", "hal@x.example", "login_allowed", "0", "login_allowed", "1", "system_role", "member", "system_permission", "",
			"role", "R1", "password", " correct horse 9 ")
		b.get(a.location).wants(h.T, http.StatusOK, "Hal", "1 member added.", "Undo")
		if m := h.member("hal@x.example"); m.RoleID == 0 || !m.LoginAllowed {
			h.Errorf("%+v", m)
		}
		hal := h.browser() // spaces are part of a password
		if a := hal.post("/sign-in", "name", "hal@x.example", "password", " correct horse 9 "); a.status != http.StatusSeeOther {
			h.Errorf("sign in: %d %s", a.status, a.text)
		}
	})
}

func TestG7_AFormOffersOnlyTheRightsThatTheReaderMayGive(t *testing.T) {
	each(t, func(h *house) {
		owner, eve, fay := h.as("owner"), h.as("eve"), h.as("fay")
		owner.get("/members/2").wants(h.T, http.StatusOK, "Primary owner", "Save")
		eve.get("/members/2").wants(h.T, http.StatusOK, "Only owners can change owners.")
		eve.post("/members/2", "name", "X").wants(h.T, http.StatusUnprocessableEntity, "owner")
		if a := eve.get("/members/5"); strings.Contains(a.body, `value="owner"`) || !strings.Contains(a.body, `name="role"`) {
			h.Error("an administrator gives roles, and makes no owners")
		}
		fay.get("/members/3").wants(h.T, http.StatusOK, "Only administrators can change administrators.")
		if a := fay.get("/members/5").wants(h.T, http.StatusOK, "Administrators give roles"); strings.Contains(a.body, `name="system_role"`) {
			h.Error("who is no administrator gives roles")
		}
		fay.post("/members/5", "system_permission", "admin").wants(h.T, http.StatusUnprocessableEntity)
		if h.member("5").Permission == member.Admin {
			h.Error("a right was given by who may not")
		}
		owner.post("/members/5", "system_role", "owner", "system_permission", "write", "role", "", "brand_policy", "")
		if m := h.member("5"); m.Role != member.Owner || m.Permission != member.Admin {
			h.Errorf("made an owner: %s %s", m.Role, m.Permission)
		}
	})
}

func TestM7_AMemberIsDeletedOnceConfirmedAndComesBackByUndo(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.get("/members/5").wants(h.T, http.StatusOK, "1 member, Gus, is deleted", "30 days", "Delete 1 member")
		a := b.post("/members/5/delete")
		imp := h.newest()
		a.leadsTo(h.T, fmt.Sprintf("/members?done=%d", imp.ID))
		b.get(a.location).wants(h.T, http.StatusOK, "1 member deleted.", "Undo")
		page := b.get("/members/5").wants(h.T, http.StatusOK, "Gus", "This member is deleted", fmt.Sprintf("Deleted by import %d", imp.ID), "Restore by undoing it")
		if !strings.Contains(page.body, fmt.Sprintf(`action="/imports/%d/undo"`, imp.ID)) || strings.Contains(page.body, `name="email"`) {
			h.Error("who is gone is restored, and not edited")
		}
		b.post("/members/3/delete").wants(h.T, http.StatusUnprocessableEntity, "Eve") // oneself
	})
}

func TestM8_ErasingTakesTheIDTypedIn(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.post("/members/5/erase", "typed", "Gus").wants(h.T, http.StatusUnprocessableEntity, "Nothing was erased")
		if h.member("5").Name != "Gus" {
			h.Fatal("erased without being confirmed")
		}
		a := b.post("/members/5/erase", "typed", "5")
		a.leadsTo(h.T, "/members?erased=5")
		b.get(a.location).wants(h.T, http.StatusOK, "Member 5 is erased")
		b.get("/members/5").wants(h.T, http.StatusNotFound)
	})
}

func TestM8_TheHistorySaysWhoWhenFromWhichLineAndWhat(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.post("/members/5", "remarks", "tea")
		b.post("/members/5", "remarks", "coffee", "login_allowed", "0")
		page := b.get("/members/5").wants(h.T, http.StatusOK, "History", "Eve", "members.csv", "line 5", "create", "update")
		for _, part := range []string{"<del>tea</del>", "<ins>coffee</ins>", "<ins>no</ins>", fmt.Sprintf(`href="/imports/%d"`, h.newest().ID)} {
			if !strings.Contains(page.body, part) {
				h.Errorf("the history has no %s", part)
			}
		}
		// fay may write members, and has no history open.
		if a := h.as("fay").get("/members/5").wants(h.T, http.StatusOK); strings.Contains(a.text, "coffee →") || strings.Contains(a.text, "History") {
			h.Error("the history is shown to who may not see it")
		}
	})
}

func TestI3_InputsThatAreTheMembersOwnSaySo(t *testing.T) {
	each(t, func(h *house) {
		h.bringInvitation("hal@x.example")
		for name, value := range map[string]string{plan.PeopleOwnProfile: "1", plan.BaseURL: "https://meibo.example"} {
			if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
				h.Fatal(err)
			}
		}
		operator, err := h.svc.Operator(h.Context(), "")
		if err != nil {
			h.Fatal(err)
		}
		link, err := h.svc.InvitationLink(h.Context(), operator, "hal@x.example")
		if err != nil {
			h.Fatal(err)
		}
		_, token, _ := strings.Cut(link, "#")
		if _, err := h.svc.Accept(h.Context(), token, admin.Acceptance{Name: "Hal", Password: password}); err != nil {
			h.Fatal(err)
		}
		b, path := h.as("eve"), fmt.Sprintf("/members/%d", h.member("hal@x.example").ID)
		page := b.get(path).wants(h.T, http.StatusOK, "The member’s own to change")
		if strings.Count(page.body, " readonly") != 2 {
			h.Errorf("%d inputs are closed, want name and address", strings.Count(page.body, " readonly"))
		}
		b.post(path, "name", "Henry", "remarks", "new")
		if m := h.member("hal@x.example"); m.Name != "Hal" || m.Remarks != "new" {
			h.Errorf("%q %q", m.Name, m.Remarks)
		}
		if a := b.get("/members/5"); strings.Contains(a.body, " readonly") {
			h.Error("closed for who accepted nothing")
		}
	})
}

// bringInvitation invites an address.
func (h *house) bringInvitation(address string) {
	h.Helper()
	file := "email,system_role,system_permission,brand_policy,role,delete\n" + address + ",member,write,,,\n"
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "i.csv", Content: strings.NewReader(file), Size: int64(len(file))},
		plan.Options{Layout: plan.InviteSheet}, nil)
	if err == nil {
		_, err = h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
	}
	if err != nil {
		h.Fatal(err)
	}
}

func TestF11_AFormThatIsTooLargeIsRefused(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		b.postFiles("/members/5", "remarks", strings.Repeat("x", 9<<20)).wants(h.T, http.StatusUnprocessableEntity, "larger than")
		if imp := h.newest(); imp.Kind == store.EditImport {
			h.Error("there is a plan of it")
		}
	})
}
