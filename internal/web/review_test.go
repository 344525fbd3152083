package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
)

// sent uploads a file, sends it with options and returns the path of its import.
func (b *browser) sent(name, content string, options ...string) string {
	b.Helper()
	a := b.post(b.uploaded(name, content)+"/plan", options...)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/imports/") {
		b.Fatalf("send: %d %s %s", a.status, a.location, a.text)
	}
	return a.location
}

// applied applies the plan at a path with the sum that its page shows.
func (b *browser) applied(path string, accept ...string) {
	b.Helper()
	b.post(path+"/apply", append([]string{"sum", b.get(path).sum(b.T)}, accept...)...).leadsTo(b.T, path)
}

// staff is a file of many new members.
func staff(n int) string {
	var s strings.Builder
	s.WriteString("email,name\n")
	for i := range n {
		s.WriteString("p" + strings.Repeat("x", i/10) + string(rune('a'+i%10)) + "@x.example,P\n")
	}
	return s.String()
}

func TestP21_ABrakeWantsTheVeryNumberTypedIn(t *testing.T) {
	each(t, func(h *house) {
		h.bring(staff(30))
		b := h.as("owner")
		path := b.sent("leavers.csv", staff(12), "match", "email", "sync", "1", "sync_within", `name eq "P"`)
		page := b.get(path)
		sum := page.wants(h.T, http.StatusOK, "does more than usual", "18 members would be deleted", "Type the number 18").sum(h.T)
		for _, typed := range []string{"", "12", "19", "1,8", "1 8"} {
			b.post(path+"/apply", "sum", sum, "accept.deletes", typed).wants(h.T, http.StatusConflict, "Nothing was applied", "Type the number 18")
		}
		b.post(path+"/apply", "sum", sum, "accept.deletes", "１８ ").leadsTo(h.T, path) // as the number is written somewhere
		b.get(path).wants(h.T, http.StatusOK, "applied")
	})
}

func TestP21_ASecondPersonApproves(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.SecondApproval, "1"); err != nil {
			h.Fatal(err)
		}
		author, second := h.as("owner"), h.as("dave")
		path := author.sent("owners.csv", "email,name,system_role,system_permission\nnew@x.example,New,owner,admin\n")
		page := author.get(path).wants(h.T, http.StatusOK, "needs the approval of a second person")
		if strings.Contains(page.body, `name="sum"`) {
			h.Error("the author is offered to approve")
		}
		// The history leaves batches out otherwise.
		second.get("/imports").wants(h.T, http.StatusOK, "1 to approve", "owners.csv needs a second person's approval")
		if strings.Contains(author.get("/members").body, "to approve") {
			h.Error("the author is told to approve")
		}
		second.applied(path)
		second.get(path).wants(h.T, http.StatusOK, "Approved by Dave")
		h.bring(staff(30))
		author.post("/members/batch", "do", "delete", "all", "1", "filter", `name eq "P"`)
		second.get("/imports").wants(h.T, http.StatusOK, "1 to approve", "Delete 30 members needs a second person's approval")
		second.get("/members").wants(h.T, http.StatusOK, "1 to approve")
	})
}

func TestA1_WhatIsAppliedIsWhatWasShown(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\nhal@x.example,Hal\n")
		b.post(path+"/apply", "sum", strings.Repeat("0", 64)).wants(h.T, http.StatusConflict, "Apply 1 change")
		b.post(path+"/apply", "sum", "nonsense").wants(h.T, http.StatusUnprocessableEntity)
	})
}

func TestA3_AStalePlanSaysWhoChangedAndIsPlannedAgain(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\ngus@x.example,Gus Green\n", "match", "email")
		h.as("dave").applied(h.as("dave").sent("b.csv", "email,remarks\ngus@x.example,tall\n", "match", "email"))
		b.post(path+"/apply", "sum", b.get(path).sum(h.T)).wants(h.T, http.StatusConflict, "last by", "Dave", "Plan again")
		again := b.post(path + "/again")
		b.get(again.location).wants(h.T, http.StatusOK, "Gus Green", "Apply 1 change")
		b.applied(again.location)
	})
}

func TestA3_PasswordsAreNotKeptSoSuchAFileIsBroughtAgain(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name,password\nhal@x.example,Hal,"+password+"\n")
		b.post(path+"/discard").leadsTo(h.T, path)
		b.post(path+"/again").wants(h.T, http.StatusConflict, "its passwords were not kept")
	})
}

func TestP9_ConflictsAreShownSideBySideAndTheFileMayWin(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		exported := b.post("/batch/download", "all_columns", "1", "filter", `email eq "gus@x.example"`, "header", "identifier").wants(h.T, http.StatusOK).body
		b.applied(b.sent("b.csv", "email,remarks\ngus@x.example,here\n", "match", "email"))
		head, row, _ := strings.Cut(strings.TrimPrefix(exported, "\ufeff"), "\r\n")
		columns, cells := strings.Split(head, ","), strings.Split(strings.TrimSpace(row), ",")
		for i, c := range columns {
			if c == "remarks" {
				cells[i] = "mine"
			}
		}
		path := b.sent("mine.csv", head+"\r\n"+strings.Join(cells, ",")+"\r\n")
		b.get(path).wants(h.T, http.StatusOK, "1 conflict", "When exported", "here", "mine")
		again := b.post(path+"/again", "conflicts", "file")
		b.get(again.location).wants(h.T, http.StatusOK, "Apply 1 change", "mine")
	})
}

func TestP20_ALikelyRenameIsPointedOut(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\neve@new.example,Eve\n")
		b.get(path).wants(h.T, http.StatusOK, "1 new row may be somebody who is here already", "eve@new.example", "Eve #3")
	})
}

func TestA5_TheListOfChangesIsFilteredSearchedAndPaged(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", staff(120)+"dave@x.example,\ngus@x.example,Gustav\nbad,Bad\n", "match", "email")
		first := b.get(path).wants(h.T, http.StatusOK, "New 120", "Changed 1", "Unchanged 1", "Problems 1", "1 to 50 of 123")
		if strings.Contains(first.text, "Gustav") || strings.Contains(first.text, "Previous") {
			h.Errorf("the first page is more than the first page: %s", first.text)
		}
		b.get(path+"?after=50").wants(h.T, http.StatusOK, "51 to 100 of 123", "First", "Previous")
		b.get(path+"?page=last").wants(h.T, http.StatusOK, "74 to 123 of 123", "Gustav")
		b.get(path+"?before=74").wants(h.T, http.StatusOK, "24 to 73 of 123")
		for _, search := range []string{"GUS@", "gustav", "123"} {
			b.get(path+"?search="+search).wants(h.T, http.StatusOK, "Gus → Gustav")
		}
		b.get(path+"?search=nobody").wants(h.T, http.StatusOK, "There is no such row")
		b.get(path+"?action=update").wants(h.T, http.StatusOK, "Gus → Gustav")
		b.get(path+"?action=reject").wants(h.T, http.StatusOK, "“bad” is not an e-mail address")
	})
}

func TestA5_TheReportIsTheOwnFileOrATable(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("staff.csv", "email,name\nhal@x.example,Hal\nbad,Bad\n")
		own := b.get(path + "/report?form=own")
		if own.header.Get("Content-Disposition") != "attachment; filename=staff-result.csv" || !strings.Contains(own.body, "email,name,result,reason") ||
			!strings.Contains(own.body, "hal@x.example,Hal,to be added") {
			h.Errorf("own file: %v %s", own.header, own.body)
		}
		if table := b.get(path + "/report?form=csv"); !strings.Contains(table.body, "email-malformed") {
			h.Errorf("table: %s", table.body)
		}
		var object struct {
			State   string
			Changes []struct{ Action string }
		}
		whole := b.get(path + "/report?form=json")
		if err := json.Unmarshal([]byte(whole.body), &object); err != nil || object.State != "planned" || len(object.Changes) != 2 || object.Changes[1].Action != "reject" {
			h.Errorf("JSON: %v %s", err, whole.body)
		}
		if book := b.get(path + "/report?form=xlsx"); !strings.HasPrefix(book.body, "PK") {
			h.Errorf("workbook: %.20q", book.body)
		}
	})
}

func TestP6_RandomPasswordsAreDownloadedOnce(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("fay")
		path := b.sent("a.csv", "email,name\nhal@x.example,Hal\n", "random_passwords", "1")
		b.applied(path)
		b.get(path).wants(h.T, http.StatusOK, "Download the passwords")
		other := h.as("eve")
		if a := other.get(path); strings.Contains(a.text, "Download the passwords") {
			h.Error("the passwords are offered to somebody else")
		}
		other.post(path+"/passwords").wants(h.T, http.StatusForbidden)
		if a := b.post(path + "/passwords"); a.status != http.StatusOK || !strings.Contains(a.body, "hal@x.example,Hal,") {
			h.Errorf("passwords: %d %s", a.status, a.body)
		}
		b.post(path+"/passwords").wants(h.T, http.StatusNotFound)
	})
}

func TestA7_HeldMailsAreReleasedAtTheImport(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\nhal@x.example,Hal\n", "new", "invite", "match", "email")
		b.get(path).wants(h.T, http.StatusOK, "1 mail will be sent", "hal@x.example")
		b.applied(path, "hold_mails", "1")
		b.get(path).wants(h.T, http.StatusOK, "Mails held 1", "Send 1 held mail")
		b.post(path+"/release").leadsTo(h.T, path)
		b.get(path).wants(h.T, http.StatusOK, "Mails to be sent 1")
	})
}

func TestA8_TheHistoryOfImportsIsPaged(t *testing.T) {
	each(t, func(h *house) {
		for range 31 {
			h.plan("email,name\nhal@x.example,Hal\n")
		}
		b := h.as("fay")
		b.get("/imports").wants(h.T, http.StatusOK, "members.csv", "planned, not applied", "the operator", "New 1", "Next")
		b.get("/imports?before=4").wants(h.T, http.StatusOK, "applied", "New 4", "First")
	})
}

func TestG7_SomebodyElsesEditOrUploadIsNotToldOf(t *testing.T) {
	each(t, func(h *house) {
		upload := h.as("owner").uploaded("a.csv", "email,name\nhal@x.example,Hal\n")
		h.as("fay").get(upload).wants(h.T, http.StatusNotFound, "not here any more")
		h.as("fay").post(upload+"/plan").wants(h.T, http.StatusNotFound)
		h.as("gus").get("/imports/1").wants(h.T, http.StatusForbidden)
	})
}

func TestA6_AnUndoMayPutBackThoseWhoChangedSince(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name\ngus@x.example,Gustav\n", "match", "email")
		b.applied(path)
		b.applied(b.sent("b.csv", "email,remarks\ngus@x.example,tall\n", "match", "email"))
		undo := b.post(path + "/undo")
		b.get(undo.location).wants(h.T, http.StatusOK, "Put back those who changed since, too")
		again := b.post(undo.location+"/again", "changed_too", "1")
		b.get(again.location).wants(h.T, http.StatusOK, "Gustav → Gus", "Apply 1 change")
	})
}

func TestA4_LargeFilesGoToTheBackground(t *testing.T) {
	each(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BackgroundRows, "10"); err != nil {
			h.Fatal(err)
		}
		b := h.as("owner")
		path := b.sent("a.csv", staff(20))
		b.get(path).wants(h.T, http.StatusOK, "The plan is being made", "Waiting for its turn", "Stop")
		b.post(path+"/cancel").leadsTo(h.T, path)
		b.get(path).wants(h.T, http.StatusOK, "stopped, nothing applied", "Plan again")
		ended := h.work(admin.Workers{})
		path = b.sent("b.csv", staff(20))
		ended(path)
		stream := b.get(path + "/progress")
		if stream.header.Get("Content-Type") != "text/event-stream" || !strings.Contains(stream.body, "event: ended") {
			h.Errorf("stream: %v %s", stream.header, stream.body)
		}
		b.applied(path)
		ended(path)
		b.get(path).wants(h.T, http.StatusOK, "Undo", "Applied on")
		path = b.sent("c.csv", "email,name\nhal@x.example,Hal\n", "background", "1")
		ended(path)
		b.get(path).wants(h.T, http.StatusOK, "Apply 1 change")
	})
}
