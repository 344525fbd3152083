package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/store"
)

const (
	// progressPeriod is how often the progress of an import is looked at.
	progressPeriod = time.Second
	// progressLife is how long one stream of it lives; browsers come back by
	// themselves, and are asked anew who they are.
	progressLife = 5 * time.Minute
)

// isUnderWay reports whether an import is being planned or applied.
func isUnderWay(imp store.Import) bool {
	return imp.State == store.Planning || imp.State == store.Applying
}

func (q *request) completeStanding(ctx context.Context, v *importView) (err error) {
	if isUnderWay(v.Imp) {
		v.Standing, err = q.svc.Progress(ctx, q.actor, v.Imp.ID)
	}
	return err
}

// progress streams how far an import is as server-sent events (HTML Living Standard,
// 9.2): "progress" with a part of the page, and "ended" when there is another page to
// look at.
func (q *request) progress() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/event-stream")
	q.w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(q.r.Context(), progressLife)
	defer cancel()
	ticker := time.NewTicker(progressPeriod)
	defer ticker.Stop()
	for {
		goesOn, err := q.sendProgress(ctx, imp.ID)
		if err != nil && ctx.Err() == nil {
			q.log.Warn("progress broken off", "request", q.id, "import", imp.ID, "error", err.Error())
		}
		if err != nil || !goesOn {
			return errAnswered
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errAnswered
		case <-q.stop:
			return errAnswered
		}
	}
}

// sendProgress sends one event. goesOn is false after the last.
func (q *request) sendProgress(ctx context.Context, id int64) (goesOn bool, err error) {
	at, err := q.svc.Progress(ctx, q.actor, id)
	if err != nil {
		return false, err
	}
	goesOn = at.State == store.Planning || at.State == store.Applying
	event, data := "ended", "-"
	if goesOn {
		var b strings.Builder
		if err := progressPart(q, at).Render(ctx, &b); err != nil {
			return false, err
		}
		event, data = "progress", strings.ReplaceAll(b.String(), "\n", " ")
	}
	if _, err := fmt.Fprintf(q.w, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return false, err
	}
	return goesOn, http.NewResponseController(q.w).Flush()
}

func (q *request) cancelImport() error {
	imp, err := q.theImport()
	if err != nil {
		return err
	}
	_, err = q.svc.Cancel(q.r.Context(), q.actor, imp.ID)
	return q.after(importView{Imp: imp}, imp.ID, err)
}

// left says how long the step will go on; empty where nobody can tell.
func (q *request) left(at admin.Standing) string {
	left, ok := at.Left(q.svc.Now())
	switch {
	case !ok || left < time.Second/2:
		return ""
	case left < 90*time.Second:
		return q.say.Say("progress.left.seconds", "n", int64(left.Seconds()+0.5))
	}
	return q.say.Say("progress.left.minutes", "n", int64(left.Minutes()+0.5))
}

// step names what is done just now.
func (q *request) step(at admin.Standing) string {
	switch {
	case at.Cancelling:
		return q.say.Say("web.progress.stopping")
	case at.Queued:
		return q.say.Say("web.progress.queued")
	case at.Step == "" && at.State == store.Applying:
		return q.say.Say("progress.applying")
	case at.Step == "":
		return q.say.Say("progress.planning")
	}
	return q.say.Say("progress." + at.Step)
}

// pace says how many rows were read, how fast, and how long it will go on.
func (q *request) pace(at admin.Standing) string {
	var words []string
	if at.Rows > 0 {
		words = append(words, q.say.Say("progress.rows", "n", at.Rows))
	}
	if rate := int64(at.Rate()); rate > 0 && at.Step == "reading" {
		words = append(words, q.say.Say("progress.rate", "rate", rate))
	}
	if left := q.left(at); left != "" {
		words = append(words, left)
	}
	return strings.Join(words, " · ")
}
