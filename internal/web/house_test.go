package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
	"meibo/internal/storetest"
	"meibo/internal/web"
)

// A house is a server with an organisation, as a test needs it.
//
// Members: 1 the primary owner, 2 the owner dave, 3 the admin eve, 4 fay with the
// role R1 (writes members and imports, reads groups), 5 gus without any right.
// All have the same password.
type house struct {
	*testing.T
	svc   *admin.Service
	owner admin.Actor
	url   string // of the pages
	log   *bytes.Buffer

	database, files string
}

// cheap is what passwords cost here: what they do cost is tested in package member.
var cheap = member.PasswordCost{Memory: 64, Passes: 1}

const password = "correct horse 9"

var people = "email,name,system_role,system_permission,role,password\n" +
	"dave@x.example,Dave,owner,admin,," + password + "\n" +
	"eve@x.example,Eve,member,admin,," + password + "\n" +
	"fay@x.example,Fay,member,write,R1," + password + "\n" +
	"gus@x.example,Gus,member,write,," + password + "\n"

// furnished is a database with the organisation and the members of a house.
var furnished = storetest.NewTemplate(func(t *testing.T, database string) {
	h := &house{T: t, database: database, files: filepath.Join(t.TempDir(), "files")}
	h.openService()
	h.furnish()
	if err := h.svc.Close(); err != nil {
		t.Fatal(err)
	}
})

// each runs a test in a fresh house on both databases.
func each(t *testing.T, f func(h *house)) {
	t.Helper()
	furnished.Each(t, func(t *testing.T, database string) { f(enter(t, database)) })
}

// once runs a test in a fresh house on one database: for what the browser's side is
// of something that others test on both.
func once(t *testing.T, f func(h *house)) {
	t.Helper()
	f(enter(t, furnished.SQLite(t)))
}

// enter serves the pages of a copy of furnished.
func enter(t *testing.T, database string) *house {
	t.Helper()
	h := start(t, database)
	var err error
	if h.owner, err = h.svc.Operator(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	return h
}

// start serves the pages of a database.
func start(t *testing.T, database string) *house {
	t.Helper()
	h := &house{T: t, log: &bytes.Buffer{}, database: database, files: filepath.Join(t.TempDir(), "files")}
	h.openService()
	t.Cleanup(func() {
		if err := h.svc.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.NewTextHandler(&locked{w: h.log}, nil))
	server := httptest.NewServer(web.New(web.Config{Service: h.svc, Log: log}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// openService opens the database of the house.
func (h *house) openService() {
	h.Helper()
	var err error
	h.svc, err = admin.Open(h.Context(), admin.Config{Database: h.database, Files: h.files, PasswordCost: &cheap,
		Key: func(bool) ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil }})
	if err != nil {
		h.Fatal(err)
	}
}

// furnish sets up the organisation and its members.
func (h *house) furnish() {
	h.Helper()
	ctx := context.WithoutCancel(h.Context())
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		h.Fatal(err)
	}
	h.owner, _, err = h.svc.SetUp(ctx, admin.NewOrganisation{Name: "Acme", OwnerEmail: "owner@x.example", OwnerName: "O. Ito", OwnerPassword: password, Zone: zone})
	if err != nil {
		h.Fatal(err)
	}
	access, err := member.ParseAccess([]string{"groups"}, []string{"members", "imports"})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.svc.AddRole(ctx, h.owner, member.CodedRole{Code: "R1", Name: "Editors", Access: access}); err != nil {
		h.Fatal(err)
	}
	h.bring(people)
}

// bring plans and applies a CSV, accepting every brake.
func (h *house) bring(file string) store.Import {
	h.Helper()
	imp := h.plan(file)
	accept := map[string]int64{}
	for _, kind := range plan.BrakeKinds {
		accept[kind] = 1 << 40
	}
	imp, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: accept})
	if err != nil {
		h.Fatal(err)
	}
	return imp
}

func (h *house) plan(file string) store.Import {
	h.Helper()
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "members.csv", Content: strings.NewReader(file), Size: int64(len(file))}, plan.Options{}, nil)
	if err != nil {
		h.Fatal(err)
	}
	return imp
}

// A browser is somebody with cookies, who follows no redirection.
type browser struct {
	*house
	client *http.Client
}

func (h *house) browser() *browser {
	h.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is a browser in which somebody is signed in: owner, dave, eve, fay or gus.
func (h *house) as(name string) *browser {
	h.Helper()
	b := h.browser()
	if a := b.post("/sign-in", "name", name+"@x.example", "password", password); a.status != http.StatusSeeOther || a.location != "/" {
		h.Fatalf("sign in %s: %d %s", name, a.status, a.text)
	}
	return b
}

// An answer is a page, read.
type answer struct {
	status   int
	location string // of a redirection, as a path of ours
	header   http.Header
	body     string
	text     string // what a reader sees, white space folded
}

func (b *browser) get(path string) answer {
	b.Helper()
	return b.send(http.MethodGet, path, nil, "")
}

// post sends a form of pairs of name and value.
func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

func (b *browser) send(method, path string, body io.Reader, contentType string) answer {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.house.url+path, body)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept-Language", "en")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	if bytes.HasPrefix(raw, []byte("<!")) {
		valid(b.T, method+" "+path, string(raw))
	}
	return answer{response.StatusCode, strings.TrimPrefix(response.Header.Get("Location"), b.house.url), response.Header, string(raw), visible(b.T, raw)}
}

// visible is the text of a page outside of its head.
func visible(t *testing.T, page []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent != nil && n.Parent.Data != "title" && n.Parent.Data != "script" {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// wants insists on a status and on texts that a reader sees.
func (a answer) wants(t *testing.T, status int, texts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status = %d, want %d: %s %s", a.status, status, a.location, a.text)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			t.Errorf("the page does not say %q:\n%s", text, a.text)
		}
	}
	return a
}

// leadsTo insists on a redirection.
func (a answer) leadsTo(t *testing.T, path string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.location != path {
		t.Fatalf("status %d, to %q, want 303 to %q: %s", a.status, a.location, path, a.text)
	}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
