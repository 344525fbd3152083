package web_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"meibo/internal/store"
)

// compound is the beginning of a file in the form of old Office, with its streams
// ([MS-CFB] 2.6.1), as Excel writes a workbook with a password.
func compound(streams ...string) string {
	b := make([]byte, 512+512)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	for i, name := range streams {
		entry := b[512+128*i:]
		for j := range name {
			entry[2*j] = name[j]
		}
		entry[64], entry[66] = byte(2*len(name)+2), 2
	}
	return string(b)
}

// What cannot be read whatever is chosen says so at once, and leaves neither an
// upload nor an import.
func TestF1_AFileThatCannotBeReadIsRefusedAtOnce(t *testing.T) {
	var plain bytes.Buffer
	z := zip.NewWriter(&plain)
	if _, err := z.Create("notes.txt"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string]struct{ content, says string }{
		"a PDF with another name":         {"%PDF-1.7\n1 0 obj\n", "PDF"},
		"a workbook with a password":      {compound("Root Entry", "EncryptionInfo", "EncryptedPackage"), "password"},
		"no bytes":                        {"", "empty"},
		"nothing but blank lines":         {"\n\n", "empty"},
		"a zip that is no workbook":       {plain.String(), "zip"},
		"a CSV, which can be read indeed": {"email,name\n", ""},
	}
	each(t, func(h *house) {
		b := h.as("owner")
		for name, file := range files {
			a := b.bringFile("/uploads", "members.xlsx", file.content)
			if file.says == "" {
				if a.status != http.StatusSeeOther {
					h.Errorf("%s: %d %s", name, a.status, a.text)
				}
				continue
			}
			if a.status == http.StatusSeeOther || !strings.Contains(strings.ToLower(a.text), strings.ToLower(file.says)) {
				h.Errorf("%s: %d %s %s", name, a.status, a.location, a.text)
			}
			if strings.Contains(a.text, "Send by batch processing") {
				h.Errorf("%s: can be sent", name)
			}
		}
		imports, err := h.svc.Imports(h.Context(), h.owner, store.ImportQuery{Kinds: []store.Kind{store.FileImport}})
		if err != nil || len(imports) != 1 { // of the people of the house
			h.Errorf("%d imports, %v", len(imports), err)
		}
	})
}

// A CSV with the headers of the invitation layout is read as such where it is put
// into the box for it, which can be changed.
func TestL1_AnInvitationCSVInTheBoxForInvitationsIsOne(t *testing.T) {
	const file = "User Name,Email,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Delete\n,hal@x.example,member,write,,,\n"
	each(t, func(h *house) {
		b := h.as("owner")
		page := b.get(b.bringFile("/uploads?box=invitation", "i.csv", file).location).
			wants(h.T, http.StatusOK, "Read with the layout “Invitation”.", "somebody new is invited by mail")
		if !strings.Contains(page.body, `<option value="invitation" selected>`) {
			h.Error("the layout is not chosen")
		}
		b.get(b.bringFile("/uploads", "i.csv", file).location).wants(h.T, http.StatusOK, "Read with the layout “Register”.", "choose “Invitation” as the layout")
		b.get(b.bringFile("/uploads?box=invitation", "r.csv", "email,name\nhal@x.example,Hal\n").location).
			wants(h.T, http.StatusOK, "Read with the layout “Register”.")
	})
}
