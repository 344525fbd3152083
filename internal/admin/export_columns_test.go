package admin_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
)

func TestL2_ARegisterCSVHasAllAttributesButPasswordAndDeleteAndAllFields(t *testing.T) {
	each(t, func(h *house) {
		var want []string
		for a := member.MemberID; a < member.Delete; a++ { // those of M1
			if a != member.Password {
				want = append(want, a.String())
			}
		}
		for _, identifier := range []string{"rank", "shoe_size"} {
			_, err := h.svc.AddField(h.Context(), h.owner, member.Field{Identifier: identifier, LabelEN: identifier, LabelJA: identifier, Type: member.Number})
			h.must(err)
			want = append(want, identifier)
		}
		var out bytes.Buffer
		_, err := h.svc.Export(h.Context(), h.owner, admin.Export{}, &out, nil, nil)
		h.must(err)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		h.must(err)
		slices.Sort(want)
		got := slices.DeleteFunc(rows[0], func(header string) bool { return header == member.Base.String() })
		if len(got) != len(rows[0])-1 {
			h.Errorf("without _base: %v", rows[0])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			h.Errorf("columns = %v\n   want %v", got, want)
		}
	})
}
