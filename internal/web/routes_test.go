package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/web"
)

// Every page and form, as everybody: who may not use it is told so, and is told
// nothing else; who may gets an answer that is no fault of ours. Addresses name
// things that are not there: what is there each page's own tests look at.
func TestG7_EveryRouteAnswersEverybodyAsItDeclares(t *testing.T) {
	each(t, func(h *house) {
		nobody := h.browser()
		all := map[string]*browser{"nobody": nobody}
		for _, name := range []string{"owner", "dave", "eve", "fay", "gus"} {
			all[name] = h.as(name)
		}
		for _, r := range web.Routes() {
			for name, b := range all {
				if r.Path == "/sign-out" || r.Path == "/profile/sign-out" || r.Path == "/sign-in" || r.Path == "/language" {
					continue // end or change the session they are asked in
				}
				a := b.send(r.Method, strings.NewReplacer("{$}", "", "{id}", "999999", "{file}", "none").Replace(r.Path), nil, "")
				if wrong := judge(r, name, a); wrong != "" {
					h.Errorf("%s %s as %s: %d %s: %s", r.Method, r.Path, name, a.status, a.location, wrong)
				}
			}
		}
		if strings.Contains(h.log.String(), "level=ERROR") {
			h.Errorf("the log has errors:\n%s", h.log)
		}
	})
}

// judge says what is wrong with an answer, or nothing.
func judge(r web.Route, name string, a answer) string {
	refused := a.status == http.StatusForbidden
	toSignIn := a.status == http.StatusSeeOther && strings.HasPrefix(a.location, "/sign-in")
	switch {
	case a.status >= 500:
		return "our fault: " + a.text
	case r.Public:
		return ""
	case name == "nobody" && !toSignIn:
		return "who is not signed in must be asked to"
	case name == "nobody":
		return ""
	case toSignIn:
		return "asked to sign in again"
	case !r.For(rights[name]) && !refused:
		return "it is not for them"
	case r.For(rights[name]) && refused:
		return "it is for them: " + a.text
	}
	return ""
}

// rights are what the people of the house may: "owner", or areas with levels.
var rights = map[string]string{
	"owner": "owner", "dave": "owner", "eve": "admin", "fay": "members=write imports=write groups=read", "gus": "",
}

func TestRoutesAreFoundByTheirPath(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range web.Routes() {
		key := fmt.Sprint(r.Method, " ", r.Path)
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
}
