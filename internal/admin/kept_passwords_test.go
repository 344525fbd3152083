package admin_test

import (
	"bytes"
	"strings"
	"testing"

	"meibo/internal/plan"
)

func TestP6_NoKeptFileHoldsPasswordsWhateverTheirColumnMeans(t *testing.T) {
	tests := []struct {
		name, header string
		options      plan.Options
	}{
		{"a column that is a password", "password", plan.Options{}},
		{"an ignored column", "password", plan.Options{IgnoreColumns: []string{"password"}}},
		{"an ignored column of hashes", "password_hash", plan.Options{IgnoreColumns: []string{"password_hash"}}},
		{"an ignored column with a Japanese header, full-width blanks around", "　パスワード　", plan.Options{IgnoreColumns: []string{"パスワード"}}},
		{"a column that is chosen to mean something else", "Password", plan.Options{Map: map[string]string{"Password": "remarks"}}},
		{"a column that is chosen to mean a password", "codeword", plan.Options{Map: map[string]string{"codeword": "password"}}},
	}
	each(t, func(h *house) {
		for _, tt := range tests {
			imp := h.plan("email,name,"+tt.header+"\nann@x.example,Ann,S3cret-of-Ann\n,nobody,S3cret-of-Ann\n", tt.options)
			var file bytes.Buffer
			if err := h.svc.OwnFile(t.Context(), h.owner, imp, english, english, &file); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if text := file.String(); strings.Contains(text, "S3cret") || !strings.Contains(text, "ann@x.example") {
				t.Errorf("%s: the file is %q", tt.name, text)
			}
		}
	})
}
