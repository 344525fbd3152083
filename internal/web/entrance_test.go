package web_test

import (
	"bytes"
	"errors"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"meibo/internal/storetest"
	"meibo/internal/web"
)

// A page that says that something is wrong with the database comes with its looks.
func TestStaticFilesNeedNoDatabase(t *testing.T) {
	once(t, func(h *house) {
		b := h.as("eve")
		_, rest, _ := strings.Cut(b.get("/members").body, `rel="stylesheet" href="`)
		sheet, _, _ := strings.Cut(rest, `"`)
		h.try(h.svc.Close())
		if a := b.get("/members"); a.status != http.StatusInternalServerError {
			h.Errorf("members without a database: %d", a.status)
		}
		if a := b.get(sheet); a.status != http.StatusOK || !strings.Contains(a.body, "--accent") {
			h.Errorf("%s: %d", sheet, a.status)
		}
		h.openService() // is closed at the end
	})
}

func TestR0_TheFirstVisitSetsUpTheOrganisation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		h := start(t, database)
		b := h.browser()
		b.get("/").leadsTo(t, "/sign-in")
		b.get("/sign-in").leadsTo(t, "/setup")
		b.get("/setup").wants(t, http.StatusOK, "Set up your organisation", "Seats")
		b.post("/setup", "org", "Acme", "name", "伊藤", "email", "nowhere", "password", password, "zone", "Asia/Tokyo", "seats", "15").
			wants(t, http.StatusUnprocessableEntity, "is not an e-mail address")
		b.post("/setup", "org", "Acme", "name", "伊藤", "email", "ito@x.example", "password", password, "zone", "Asia/Tokyo", "seats", "15").leadsTo(t, "/")
		b.get("/members").wants(t, http.StatusOK, "伊藤", "ito@x.example", "1 member")
		h.browser().get("/setup").leadsTo(t, "/sign-in")
		h.browser().post("/setup", "org", "Other", "name", "X", "email", "x@x.example", "password", password, "zone", "UTC").leadsTo(t, "/sign-in")
	})
}

// Both kinds of organisation need the code that was printed, off loopback.
func TestR0_TheFirstVisitFromElsewhereNeedsTheCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		h := start(t, database)
		server := httptest.NewServer(web.New(web.Config{Service: h.svc, Log: slog.New(slog.DiscardHandler), SetupCode: "7-SEVEN"}))
		t.Cleanup(server.Close)
		h.url = server.URL
		b := h.browser()
		form := []string{"org", "Acme", "name", "Ito", "email", "ito@x.example", "password", password, "zone", "Asia/Tokyo", "what"}
		for _, what := range []string{"own", "demo"} {
			for _, code := range []string{"", "7-seven", "7-SEVEN-"} {
				b.post("/setup", append(form, what, "code", code)...).wants(t, http.StatusForbidden, "code")
			}
		}
		b.post("/setup", append(form, "demo", "code", "7-SEVEN")...).leadsTo(t, "/")
		b.get("/members").wants(t, http.StatusOK, "301 members", "Zoë")
		b.post("/setup", append(form, "demo", "code", "7-SEVEN")...).leadsTo(t, "/sign-in")
	})
}

func TestI2_SigningInLeadsBackAndOutEndsTheSession(t *testing.T) {
	each(t, func(h *house) {
		b := h.browser()
		b.get("/members?search=dave").leadsTo(h.T, "/sign-in?to=%2Fmembers%3Fsearch%3Ddave")
		b.post("/sign-in", "name", "owner@x.example", "password", "wrong", "to", "/members?search=dave").wants(h.T, http.StatusForbidden, "password")
		b.post("/sign-in", "name", "owner@x.example", "password", password, "to", "/members?search=dave").leadsTo(h.T, "/members?search=dave")
		b.get("/members?search=dave").wants(h.T, http.StatusOK, "Dave")
		b.post("/sign-out").leadsTo(h.T, "/sign-in?said=out")
		b.get("/members").leadsTo(h.T, "/sign-in?to=%2Fmembers")
		for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
			h.browser().post("/sign-in", "name", "owner@x.example", "password", password, "to", to).leadsTo(h.T, "/")
		}
		if strings.Contains(h.log.String(), "x.example") {
			h.Error("the log has an address in it")
		}
	})
}

func TestI3_TheLanguageIsKeptInTheProfileOfWhoIsSignedIn(t *testing.T) {
	each(t, func(h *house) {
		h.as("owner").post("/language", "language", "ja", "to", "/members").leadsTo(h.T, "/members")
		h.as("owner").get("/members").wants(h.T, http.StatusOK, "メンバー")
		h.browser().get("/sign-in").wants(h.T, http.StatusOK, "Sign in")
	})
}

func TestR0_PagesOfAnOrganisationLiveUnderItsPath(t *testing.T) {
	each(t, func(h *house) {
		b := h.browser()
		b.get("/o/acme/members").leadsTo(h.T, "/o/acme/sign-in?to=%2Fmembers")
		b.post("/o/acme/sign-in", "name", "owner@x.example", "password", password, "to", "/members").leadsTo(h.T, "/o/acme/members")
		b.get("/o/acme/members").wants(h.T, http.StatusOK, "Dave")
		b.get("/o/other/members").leadsTo(h.T, "/o/other/sign-in?to=%2Fmembers")
	})
}

func TestPagesLoadNothingFromElsewhereAndRunInNoFrame(t *testing.T) {
	each(t, func(h *house) {
		a := h.as("owner").get("/members")
		policy := a.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, part) {
				h.Errorf("the policy lacks %q: %s", part, policy)
			}
		}
		for _, bad := range []string{" style=", "<script>", "javascript:", " onclick=", "http://", "https://"} {
			if strings.Contains(a.body, bad) {
				h.Errorf("the page has %q in it", bad)
			}
		}
	})
}

func TestFormsFromOtherSitesAreRefused(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		request, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.url+"/sign-out", nil)
		if err != nil {
			h.Fatal(err)
		}
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		response, err := b.client.Do(request)
		if err != nil {
			h.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			h.Errorf("status = %d", response.StatusCode)
		}
		b.get("/members").wants(h.T, http.StatusOK)
	})
}

func TestI2_SigningInLeadsToNoOtherSite(t *testing.T) {
	each(t, func(h *house) {
		for _, to := range []string{"/\t/evil.example", "/ /evil.example", "/\n/evil.example", `/members\..//evil.example`, "members", "///evil.example"} {
			h.browser().post("/sign-in", "name", "owner@x.example", "password", password, "to", to).leadsTo(h.T, "/")
		}
	})
}

func TestF11_AFormThatBringsNoFileIsShort(t *testing.T) {
	each(t, func(h *house) {
		for _, path := range []string{"/language", "/o/acme/language"} {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			part, err := form.CreateFormFile("file", "large")
			if err == nil {
				_, err = part.Write(make([]byte, 40<<20))
			}
			if err = errors.Join(err, form.Close()); err != nil {
				h.Fatal(err)
			}
			temp := h.TempDir()
			h.Setenv("TMPDIR", temp)
			h.browser().send(http.MethodPost, path, &body, form.FormDataContentType())
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				h.Errorf("%s leaves %d files (%v)", path, len(left), err)
			}
		}
	})
}
