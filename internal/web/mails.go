package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

var mailRoutes = []route{
	{http.MethodGet, "/mails", reading(member.ImportsArea), (*request).outbox},
	{http.MethodPost, "/mails/retry", writing(member.ImportsArea), (*request).retryMails},
	{http.MethodPost, "/mails/release", writing(member.ImportsArea), (*request).releaseHeld},
}

// shownRows is how many rows a page of a long list has.
const shownRows = 50

// A mailsList is a page of the outbox.
type mailsList struct {
	Query        store.MailQuery
	Mails        []store.Mail
	Total        int64
	Held, Failed int64 // that can still be sent: of all, or of the import that is asked for
	Now          int64
	Done         string
	Left         int64 // mails that stayed as they were
}

// next is the query of the page of older ones; empty if there is none.
func (l mailsList) next() string {
	if len(l.Mails) < shownRows {
		return ""
	}
	return mailsPath(l.Query) + "&before=" + number(l.Mails[len(l.Mails)-1].ID)
}

func mailsPath(of store.MailQuery) string {
	path := "/mails?state=" + string(of.State)
	if of.Import != 0 {
		path += "&import=" + number(of.Import)
	}
	return path
}

// mailTrouble says why no mail leaves; empty if they do.
func (q *request) mailTrouble() ([]string, error) {
	leave, err := q.mailServer()
	return q.sentences(admin.MailTrouble(q.actor.Org, leave)), err
}

// mailServer reports whether this process, or another one on the same database,
// sends mails.
func (q *request) mailServer() (bool, error) {
	if q.server.mails {
		return true, nil
	}
	return q.svc.MailsLeave(q.r.Context())
}

func (q *request) outbox() error {
	l := mailsList{Query: store.MailQuery{Import: q.number("import"), Before: q.number("before"), Limit: shownRows}}
	if state := store.MailState(q.value("state")); slices.Contains(store.MailStates, state) {
		l.Query.State = state
	}
	var err error
	if l.Mails, l.Total, err = q.svc.Mails(q.r.Context(), q.actor, l.Query); err != nil {
		return err
	}
	l.Now = q.svc.Now()
	if l.Held, err = q.openMails(l.Query.Import, store.MailHeld); err != nil {
		return err
	}
	if l.Failed, err = q.openMails(l.Query.Import, store.MailFailed); err != nil {
		return err
	}
	if key, ok := map[string]string{"released": "mails.released", "retried": "mails.retried"}[q.value("said")]; ok {
		l.Done, l.Left = q.say.Say(key, "n", q.number("n")), q.number("left")
	}
	return q.page(q.say.Say("web.nav.mails"), mailsPage(q, l))
}

// openMails counts mails that can still be sent.
func (q *request) openMails(imp int64, state store.MailState) (int64, error) {
	_, n, err := q.svc.Mails(q.r.Context(), q.actor, store.MailQuery{State: state, Import: imp, Open: q.svc.Now(), Limit: 1})
	return n, err
}

// retryMails lets one failed mail be sent again, or all of them.
func (q *request) retryMails() error {
	var ids []int64
	for _, text := range q.values("mail") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			id = 0 // of no mail: nothing is tried again then
		}
		ids = append(ids, id)
	}
	n, left, err := q.svc.RetryMails(q.r.Context(), q.actor, ids, q.number("import"))
	if err != nil {
		return err
	}
	return q.mailsDone("retried", n, left)
}

func (q *request) releaseHeld() error {
	n, left, err := q.svc.ReleaseMails(q.r.Context(), q.actor, q.number("import"))
	if err != nil {
		return err
	}
	return q.mailsDone("released", n, left)
}

func (q *request) mailsDone(what string, n, left int64) error {
	path := []string{"/mails?said=" + what, "n=" + number(n), "left=" + number(left)}
	if imp := q.number("import"); imp > 0 {
		path = append(path, "import="+number(imp))
	}
	return q.redirect(strings.Join(path, "&"))
}

// at shows a stored time in the organisation's zone; nothing for none.
func (q *request) at(micros int64) string {
	if micros == 0 {
		return ""
	}
	return q.say.Time(time.UnixMicro(micros).In(q.actor.Org.Zone))
}
