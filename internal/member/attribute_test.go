package member

import "testing"

func TestM1_HeadersAreRecognised(t *testing.T) {
	tests := []struct {
		name, header string
		want         Attribute
	}{
		{"by identifier", "login_until", LoginUntil},
		{"by English label", "Login Allowed Until", LoginUntil},
		{"by Japanese label", "ログイン許可の有効期限", LoginUntil},
		{"by the invitation workbook's label", "User Name", Name},
		{"by the invitation workbook's Japanese label", "ユーザー名", Name},
		{"in any case", "E-MAIL", Email},
		{"trimmed", "\u3000Email\u00a0", Email},
		{"full-width folded", "ＥＭＡＩＬ", Email},
		{"a full-width space inside folded", "Member　ID", MemberID},
		{"the shorter label of delete", "削除", Delete},
		{"the version column", "_base", Base},
		{"an unknown header is none", "Branch", NoAttribute},
	}
	known := map[string]Attribute{}
	for a := MemberID; a < attributes; a++ {
		for _, h := range a.Headers() {
			if other, taken := known[FoldHeader(h)]; taken && other != a {
				t.Errorf("header %q means %s and %s", h, other, a)
			}
			known[FoldHeader(h)] = a
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := known[FoldHeader(tt.header)]; got != tt.want {
				t.Errorf("header %q is %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

func TestM1_EveryAttributeHasItsNames(t *testing.T) {
	for a := MemberID; a < Fields; a++ {
		if named, ok := AttributeNamed(a.String()); !ok || named != a {
			t.Errorf("attribute %d is not found by its identifier %q", a, a)
		}
		if a != Base && (len(a.English()) == 0 || len(a.Japanese()) == 0) {
			t.Errorf("%s lacks a label", a)
		}
	}
	for _, identifier := range []string{"", "branch", "Email"} {
		if a, ok := AttributeNamed(identifier); ok {
			t.Errorf("%q is the identifier of %s", identifier, a)
		}
	}
}

func TestM8_MaskIsASetOfAttributes(t *testing.T) {
	m := MaskOf(Email, Fields).With(Name).Without(Email)
	for a := NoAttribute; a < attributes; a++ {
		if want := a == Name || a == Fields; m.Has(a) != want {
			t.Errorf("Has(%d) = %t, want %t", a, !want, want)
		}
	}
}

func TestP12_CodeWordsAreExact(t *testing.T) {
	for word, want := range map[string]RoleType{"primary_owner": PrimaryOwner, "owner": Owner, "member": Regular} {
		if got, ok := ParseRoleType(word); !ok || got != want || got.String() != word {
			t.Errorf("ParseRoleType(%q) = %d, %t, written %q", word, got, ok, got)
		}
	}
	for word, want := range map[string]Permission{"admin": Admin, "write": Write} {
		if got, ok := ParsePermission(word); !ok || got != want || got.String() != word {
			t.Errorf("ParsePermission(%q) = %d, %t, written %q", word, got, ok, got)
		}
	}
	for _, word := range []string{"", "Owner", "オーナー", "read", " write"} {
		_, role := ParseRoleType(word)
		if _, permission := ParsePermission(word); role || permission {
			t.Errorf("%q is taken for a code word", word)
		}
	}
}

func TestM1_AddressesAreComparedCaseInsensitively(t *testing.T) {
	a := Member{Email: "Ann@ACME.example", LoginID: "Ann.S"}
	b := Member{Email: "ann@acme.EXAMPLE", LoginID: "aNN.s"}
	if a.EmailKey() != b.EmailKey() || a.LoginKey() != b.LoginKey() {
		t.Errorf("keys differ: %q %q, %q %q", a.EmailKey(), b.EmailKey(), a.LoginKey(), b.LoginKey())
	}
	if a.EmailKey() == a.LoginKey() || new(Member).EmailKey() != "" {
		t.Error("keys of different texts are equal, or none has a key")
	}
}
