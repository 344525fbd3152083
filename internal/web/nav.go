package web

import "strings"

// here reports whether the page that is shown belongs to a line of the sidebar.
func (q *request) here(path string) bool {
	return q.r.URL.Path == path || strings.HasPrefix(q.r.URL.Path, path+"/")
}

// pressed is the state of a button that stays down.
func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}
